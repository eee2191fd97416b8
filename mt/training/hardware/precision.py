"""The precision of a run: weights stay in fp32, bfloat16 is used by autocast."""

from __future__ import annotations

import torch

from mt.config import TrainingConfig


def uses_bf16(training: TrainingConfig) -> bool:
    """Whether to compute in bfloat16: as configured, or with ``auto`` where the device has instructions for it."""
    if training.precision == "auto":
        # Without those instructions bfloat16 on a CPU is emulated, and slower than fp32.
        has_bf16 = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
        return torch.cuda.is_available() or bool(has_bf16())
    return training.precision == "bf16"
