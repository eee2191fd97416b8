"""Exponential moving averages of the weights, kept beside the trained ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import nn

from mt.training.hardware.processes import local_part


def trainable(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """Yield the parameters that training changes, by name."""
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            yield name, parameter


@torch.no_grad()
def move_average(ema: Mapping[str, torch.Tensor], model: nn.Module, decay: float, step: int) -> None:
    """Move the averages towards the weights, faster in the first steps so that the start does not weigh on them."""
    decay = min(decay, (1 + step) / (10 + step))
    current = dict(trainable(model))
    torch._foreach_lerp_(
        [local_part(ema[name]) for name in current], [local_part(value) for value in current.values()], 1.0 - decay
    )


@torch.no_grad()
def exchange(model: nn.Module, other: Mapping[str, torch.Tensor]) -> None:
    """Swap the weights of ``model`` with others, in place."""
    for name, parameter in trainable(model):
        mine, theirs = local_part(parameter), local_part(other[name])
        kept = mine.clone()
        mine.copy_(theirs)
        theirs.copy_(kept)
