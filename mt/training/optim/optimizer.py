"""The optimisers: AdamW, or Muon for the layers' matrices with AdamW for the rest."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from mt.config import TrainingConfig
from mt.training.optim.ema import trainable

# Names of embeddings and output layers. They are look-up tables, not maps: orthogonal updates do not suit them.
_TABLES = ("shared", "embed", "lm_head")


def build_optimizers(model: nn.Module, config: TrainingConfig) -> list[torch.optim.Optimizer]:
    """Make the optimisers of a model's trainable parameters.

    Each parameter group keeps its peak learning rate under ``peak``, for ``set_learning_rates``.
    """
    parameters = dict(trainable(model))
    matrices: list[nn.Parameter] = []
    if config.optimizer == "muon":
        matrices = [
            parameter
            for name, parameter in parameters.items()
            if parameter.ndim == 2 and not any(table in name for table in _TABLES)
        ]
    taken = {id(parameter) for parameter in matrices}
    rest = [parameter for parameter in parameters.values() if id(parameter) not in taken]
    optimizers: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(
            _by_decay(rest, config.weight_decay), lr=config.learning_rate, betas=(0.9, 0.98), eps=1e-9, fused=True
        )
    ]
    if matrices:
        optimizers.append(
            torch.optim.Muon(
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
    """Weight decay for matrices; none for biases and norms."""
    parameters = list(parameters)
    groups = [
        {"params": [parameter for parameter in parameters if parameter.ndim >= 2], "weight_decay": decay},
        {"params": [parameter for parameter in parameters if parameter.ndim < 2], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]
