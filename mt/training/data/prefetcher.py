"""Batches built ahead of the step that needs them."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor

import torch

from mt.training.data.batching import Batch, Epoch

__all__ = ["Feed", "feed_processes"]

# What the processes of a feed build from; set in each of them when it is forked.
_epoch: Epoch | None = None


def feed_processes(device: torch.device) -> int:
    """Return how many processes are to build batches: none for a CPU, whose steps last longer than that.

    A GPU's steps are so short that building in a thread holds up the launching of kernels.
    """
    return min(4, (os.cpu_count() or 1) // 3) if device.type == "cuda" else 0


class Feed:
    """An epoch's batches for one process, built in a thread or in processes while the steps before them run."""

    def __init__(self, epoch: Epoch, pad: int, first: int, stride: int, processes: int = 0) -> None:
        self._epoch, self._pad, self._stride = epoch, pad, stride
        self._depth = max(2, 3 * processes)
        self._processes = processes
        self._builders: Executor
        if processes:
            # Forked, so that they share the corpus's memory; they touch no GPU.
            context = multiprocessing.get_context("fork")
            self._builders = ProcessPoolExecutor(processes, context, _begin, (epoch,))
        else:
            self._builders = ThreadPoolExecutor(1, thread_name_prefix="batches")
        self._ahead: dict[int, Future[Batch]] = {}
        self._prefetch(first % len(epoch))

    def batch(self, number: int) -> Batch:
        """Return batch ``number`` and begin on the ones after it."""
        self._prefetch(number)
        batch = self._ahead.pop(number).result()
        for place in range(1, self._depth + 1):
            self._prefetch((number + place * self._stride) % len(self._epoch))
        return batch

    def _prefetch(self, number: int) -> None:
        if number not in self._ahead:
            self._ahead[number] = (
                self._builders.submit(_build, number, self._pad)
                if self._processes
                else self._builders.submit(self._epoch.batch, number, self._pad)
            )

    def close(self) -> None:
        """Stop building; what has not been begun is dropped."""
        self._builders.shutdown(cancel_futures=True)


def _begin(epoch: Epoch) -> None:
    global _epoch
    _epoch = epoch


def _build(number: int, pad: int) -> Batch:
    assert _epoch is not None
    return _epoch.batch(number, pad)
