"""The optimiser, AdamW with weight decay for matrices alone, and its learning rate over a run."""

import math
from collections.abc import Iterable, Sequence

import torch
from torch import nn

from mt.config import TrainingConfig
from mt.errors import ConfigError


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
    if training.learning_rate is None:
        raise ConfigError("is not set", field="training.learning_rate")
    return torch.optim.AdamW(groups, lr=training.learning_rate, betas=(0.9, 0.98), eps=1e-9, fused=True)


def lr_factor(training: TrainingConfig, before: float, after: float) -> float:
    """Return the factor on the peak learning rate of a step.

    ``wsd`` (warm-up, stable, decay) is the trapezoid of Hägele et al. 2024: constant, then a linear decay to 0 over the
    last ``cooldown_share`` of the run.

    Args:
        training: schedule and warm-up.
        before, after: share of the run that is done, 0 to 1, by whichever limit comes first, without and with the step.
    """
    warmup = min(1.0, after / training.warmup_ratio) if training.warmup_ratio else 1.0
    done = min(max(before, 0.0), 1.0)
    if training.lr_scheduler_type == "linear":
        return warmup * (1.0 - done)
    if training.lr_scheduler_type == "cosine":
        return warmup * 0.5 * (1.0 + math.cos(math.pi * done))
    if training.lr_scheduler_type == "wsd":
        return warmup * min(1.0, (1.0 - done) / training.cooldown_share) if training.cooldown_share else warmup
    return warmup


def set_learning_rates(optimizers: Sequence[torch.optim.Optimizer], factor: float) -> None:
    """Set every learning rate to the one its optimiser was made with times ``factor``."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group.setdefault("peak", group["lr"]) * factor
