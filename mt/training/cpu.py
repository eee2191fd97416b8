"""What makes training on a CPU faster than the libraries' defaults, which are made for inference and for GPUs."""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

__all__ = ["fast_on_cpu"]

# mallopt's names for its settings (malloc.h of glibc).
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4


@contextmanager
def fast_on_cpu(model: Any, device: torch.device) -> Iterator[None]:
    """Train ``model`` within; on another device nothing changes.

    Attention is computed as matrix products: the backward pass of torch's fused attention is some
    eight times slower than theirs on a CPU (torch 2.13, bfloat16, sentences of 12 to 100 tokens).
    """
    if device.type != "cpu":
        yield
        return
    _keep_freed_memory()
    before = model.config._attn_implementation
    model.set_attn_implementation("eager")
    try:
        yield
    finally:
        model.set_attn_implementation(before)


def _keep_freed_memory() -> None:
    """Tell glibc to reuse large freed blocks, for the rest of the process.

    By default each array of more than 32 MB is asked of the system anew, and its pages are cleared when
    first touched: a sixth of a step's time where the vocabulary is large.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_MMAP_MAX, 0)
        libc.mallopt(_TRIM_THRESHOLD, 2**31 - 1)
        libc.mallopt(_TOP_PAD, 2**28)
