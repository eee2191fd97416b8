"""The precision a run computes in: weights stay fp32, bfloat16 is autocast's."""

from __future__ import annotations

from collections.abc import Callable

import torch

from mt.config import TrainingConfig

__all__ = ["autocast", "in_bf16"]


def in_bf16(training: TrainingConfig) -> bool:
    """Whether to compute in bfloat16: as configured, or (``auto``) where the device is made for it."""
    if training.precision == "auto":
        # Without the instructions bfloat16 on a CPU is emulated, and slower than fp32.
        has_bf16 = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
        return torch.cuda.is_available() or bool(has_bf16())
    return training.precision == "bf16"


def autocast(training: TrainingConfig, device: torch.device) -> Callable[[], torch.autocast]:
    """Return what makes the context in which a run computes on a device."""
    bf16 = in_bf16(training)
    return lambda: torch.autocast(device.type, torch.bfloat16, enabled=bf16)
