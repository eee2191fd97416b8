"""What makes work on a GPU faster than torch's defaults, where every batch has a shape of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["fast_on_gpu"]


@contextmanager
def fast_on_gpu(device: torch.device) -> Iterator[None]:
    """Compute within without cuDNN's attention; on another device nothing changes.

    It is the first choice of torch on Hopper GPUs, and makes a plan for every new shape: a tenth of a second each.
    """
    if device.type != "cuda":
        yield
        return
    before = torch.backends.cuda.cudnn_sdp_enabled()
    torch.backends.cuda.enable_cudnn_sdp(False)
    try:
        yield
    finally:
        torch.backends.cuda.enable_cudnn_sdp(before)
