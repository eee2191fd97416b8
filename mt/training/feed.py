"""Batches built ahead of the step that needs them."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from mt.training.batching import Batch, Epoch

__all__ = ["Feed"]


class Feed:
    """An epoch's batches for one process, built in a thread while the step before them runs."""

    def __init__(self, epoch: Epoch, pad: int, first: int, stride: int) -> None:
        self._epoch, self._pad, self._stride = epoch, pad, stride
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="batches")
        self._ahead: dict[int, Future[Batch]] = {}
        self._prefetch(first % len(epoch))

    def batch(self, number: int) -> Batch:
        """Return batch ``number`` and begin on the ones after it."""
        self._prefetch(number)
        batch = self._ahead.pop(number).result()
        for place in range(1, 3):
            self._prefetch((number + place * self._stride) % len(self._epoch))
        return batch

    def _prefetch(self, number: int) -> None:
        if number not in self._ahead:
            self._ahead[number] = self._thread.submit(self._epoch.batch, number, self._pad)

    def close(self) -> None:
        """Stop the thread; what it has not begun is dropped."""
        self._thread.shutdown(cancel_futures=True)
