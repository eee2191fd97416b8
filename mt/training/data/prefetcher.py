"""Batches built ahead of the step that needs them."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor

import torch

from mt.training.data.batching import Batch, Epoch

# What a worker process builds from, set when it is forked.
_epoch: Epoch | None = None


def prefetching_processes(device: torch.device) -> int:
    """Return how many processes should build batches: none for a CPU, whose steps take longer than that.

    A GPU's steps are so short that building batches in a thread delays the launching of kernels.
    """
    return min(4, (os.cpu_count() or 1) // 3) if device.type == "cuda" else 0


class Prefetcher:
    """Builds an epoch's batches for one process, in a thread or in worker processes, while earlier steps run.

    Args:
        epoch: to build batches of.
        pad: identifier of the padding token.
        first, stride: numbers of the first batch, and from one batch of this process to the next.
        processes: how many worker processes; 0 for a thread.
    """

    def __init__(self, epoch: Epoch, pad: int, first: int, stride: int, processes: int = 0) -> None:
        self._epoch, self._pad, self._stride = epoch, pad, stride
        self._depth = max(2, 3 * processes)
        self._processes = processes
        self._workers: Executor
        if processes:
            # Forked, so that they share the memory of the pairs; they do not touch the GPU.
            context = multiprocessing.get_context("fork")
            self._workers = ProcessPoolExecutor(processes, context, _initialise, (epoch,))
        else:
            self._workers = ThreadPoolExecutor(1, thread_name_prefix="batches")
        self._ahead: dict[int, Future[Batch]] = {}
        self._prefetch(first % len(epoch))

    def batch(self, number: int) -> Batch:
        """Return a batch, and start on those after it."""
        self._prefetch(number)
        batch = self._ahead.pop(number).result()
        for place in range(1, self._depth + 1):
            self._prefetch((number + place * self._stride) % len(self._epoch))
        return batch

    def _prefetch(self, number: int) -> None:
        if number not in self._ahead:
            build = _build if self._processes else self._epoch.batch
            self._ahead[number] = self._workers.submit(build, number, self._pad)

    def close(self) -> None:
        """Stop; batches not yet started are dropped."""
        self._workers.shutdown(cancel_futures=True)


def _initialise(epoch: Epoch) -> None:
    global _epoch
    _epoch = epoch


def _build(number: int, pad: int) -> Batch:
    assert _epoch is not None
    return _epoch.batch(number, pad)
