"""The optimiser, AdamW with weight decay for matrices alone, and its learning rate over a run."""

import math
from collections.abc import Iterable, Sequence

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


def lr_factor(training: TrainingConfig, step: int, done: float) -> float:
    """Return the factor on the peak learning rate.

    ``wsd`` (warm-up, stable, decay) is the trapezoid of Hägele et al. 2024: constant, then a linear decay to 0 over the
    last ``cooldown_share`` of the run.

    Args:
        training: schedule and warm-up.
        step: optimiser steps taken so far.
        done: share of the run that is done, 0 to 1, by whichever limit comes first.
    """
    warmup = min(1.0, (step + 1) / training.warmup_steps) if training.warmup_steps else 1.0
    done = min(max(done, 0.0), 1.0)
    if training.lr_scheduler_type == "linear":
        return warmup * (1.0 - done)
    if training.lr_scheduler_type == "cosine":
        return warmup * 0.5 * (1.0 + math.cos(math.pi * done))
    if training.lr_scheduler_type == "wsd":
        return warmup * min(1.0, (1.0 - done) / training.cooldown_share) if training.cooldown_share else warmup
    if training.lr_scheduler_type == "inverse_sqrt":
        return warmup * math.sqrt(max(training.warmup_steps, 1) / max(step + 1, training.warmup_steps, 1))
    return warmup


def set_learning_rates(optimizers: Sequence[torch.optim.Optimizer], factor: float) -> None:
    """Set every learning rate to the one its optimiser was made with times ``factor``."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group.setdefault("peak", group["lr"]) * factor
