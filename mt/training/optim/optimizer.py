"""Optimisers and learning-rate schedules."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import torch
from torch import nn

from mt.config import TrainingConfig
from mt.training.optim.muon import muon_for

__all__ = ["build_optimizers", "schedule", "set_rates"]


def build_optimizers(model: nn.Module, config: TrainingConfig) -> list[torch.optim.Optimizer]:
    """Make AdamW, or Muon (Jordan 2024) for the layers' matrices and AdamW for all the rest.

    Each parameter group keeps its peak learning rate under ``peak``, of which ``set_rates`` sets a part.
    """
    trainable = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    matrices: list[nn.Parameter] = []
    if config.optimizer == "muon":
        # Embeddings and output layers are look-up tables, not maps: orthogonal updates do not suit them.
        matrices = [
            parameter
            for name, parameter in trainable.items()
            if parameter.ndim == 2 and not any(part in name for part in ("shared", "embed", "lm_head"))
        ]
    chosen = {id(parameter) for parameter in matrices}
    rest = [parameter for parameter in trainable.values() if id(parameter) not in chosen]
    optimizers: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(
            _by_decay(rest, config.weight_decay),
            lr=config.learning_rate,
            betas=(0.9, 0.98),
            eps=1e-9,
            fused=True,
        )
    ]
    if matrices:
        optimizers.append(
            muon_for(
                matrices,
                lr=config.muon_learning_rate,
                weight_decay=config.weight_decay,
                adjust_lr_fn="match_rms_adamw",
            )
        )
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
    return optimizers


def _by_decay(parameters: Iterable[nn.Parameter], decay: float) -> list[dict[str, object]]:
    """Biases and norms are not decayed."""
    parameters = list(parameters)
    groups = [
        {"params": [parameter for parameter in parameters if parameter.ndim >= 2], "weight_decay": decay},
        {"params": [parameter for parameter in parameters if parameter.ndim < 2], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def schedule(config: TrainingConfig, step: int, progress: float) -> float:
    """Return the factor on the peak learning rate.

    ``wsd`` is the trapezoid of Hägele et al. 2024: constant, then a straight fall to 0, so that a run
    can be ended, or gone on with, at any time.

    Args:
        config: its schedule and warm-up.
        step: optimiser steps taken so far.
        progress: how much of the run is done, from 0 to 1, by whichever limit comes first.
    """
    warmup = min(1.0, (step + 1) / config.warmup_steps) if config.warmup_steps else 1.0
    progress = min(max(progress, 0.0), 1.0)
    if config.lr_scheduler_type == "linear":
        return warmup * (1.0 - progress)
    if config.lr_scheduler_type == "cosine":
        return warmup * 0.5 * (1.0 + math.cos(math.pi * progress))
    if config.lr_scheduler_type == "wsd":
        return warmup * min(1.0, (1.0 - progress) / config.cooldown_share) if config.cooldown_share else warmup
    if config.lr_scheduler_type == "inverse_sqrt":
        return warmup * math.sqrt(max(config.warmup_steps, 1) / max(step + 1, config.warmup_steps, 1))
    return warmup


def set_rates(optimizers: Sequence[torch.optim.Optimizer], factor: float) -> None:
    """Set every learning rate to its peak times ``factor``, which ``schedule`` gives."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * factor
