"""The optimiser: AdamW with weight decay for matrices alone."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from mt.config import TrainingConfig


def build_optimizers(model: nn.Module, training: TrainingConfig) -> list[torch.optim.Optimizer]:
    """Make the optimiser of a model's trainable parameters."""
    return [adamw((parameter for parameter in model.parameters() if parameter.requires_grad), training)]


def adamw(parameters: Iterable[nn.Parameter], training: TrainingConfig) -> torch.optim.AdamW:
    """Make AdamW for some parameters; biases and norms do not decay."""
    matrices: list[nn.Parameter] = []
    vectors: list[nn.Parameter] = []
    for parameter in parameters:
        (matrices if parameter.ndim >= 2 else vectors).append(parameter)
    groups = [
        {"params": group, "weight_decay": decay}
        for group, decay in ((matrices, training.weight_decay), (vectors, 0.0))
        if group
    ]
    return torch.optim.AdamW(groups, lr=training.learning_rate, betas=(0.9, 0.98), eps=1e-9, fused=True)
