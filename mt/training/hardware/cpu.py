"""What makes training on a CPU faster than the libraries' defaults, which are made for inference and for GPUs."""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from mt.training.hardware.pooled_dropout import pooled_dropout

__all__ = ["fast_on_cpu"]

# mallopt's names for its settings (malloc.h of glibc).
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
# Freed memory that is kept, as a share of the machine's: what batches of ever other shapes leave behind would grow on
# and on. To give it back and have it again costs most of a second.
_MOST_KEPT = 0.2


@contextmanager
def fast_on_cpu(model: Any, device: torch.device) -> Iterator[Callable[[], None]]:
    """Train ``model`` within; on another device nothing changes. Call what is given after every step.

    Attention is computed as matrix products: the backward pass of torch's fused attention is some
    eight times slower than theirs on a CPU (torch 2.13, bfloat16, sentences of 12 to 100 tokens). Dropout takes
    its masks from a pool.
    """
    if device.type != "cpu":
        yield lambda: None
        return
    before = model.config._attn_implementation
    model.set_attn_implementation("eager")
    memory: Callable[[], None] = _FreedMemory() if platform.libc_ver()[0] == "glibc" else lambda: None
    try:
        with pooled_dropout() as pool:

            def after_step() -> None:
                memory()
                pool.renew()

            yield after_step
    finally:
        model.set_attn_implementation(before)


class _FreedMemory:
    """Has glibc reuse large freed blocks, for the rest of the process; called, it bounds what is kept of them.

    By default each array of more than 32 MB is asked of the system anew, and its pages are cleared when
    first touched: a sixth of a step's time where the vocabulary is large.
    """

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None)
        self._libc.mallopt(_MMAP_MAX, 0)
        self._libc.mallopt(_TRIM_THRESHOLD, 2**31 - 1)
        self._libc.mallopt(_TOP_PAD, 2**28)
        self._most = int(_MOST_KEPT * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
        self._needed: int | None = None

    def __call__(self) -> None:
        held = _resident()
        if self._needed is None:
            self._needed = held
        if held > self._needed + self._most:
            self._libc.malloc_trim(0)
            self._needed = _resident()


def _resident() -> int:
    """Bytes of this process in main memory."""
    # glibc means Linux. resource.getrusage would give only the peak.
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
