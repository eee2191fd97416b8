"""Muon for the layers' matrices, with all those of one shape at once on a GPU.

There, launching Muon's many small products takes longer than they do.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.distributed.tensor import DTensor

from mt.training.optim.optimizer import adamw, build_optimizers
from recipes.starter.config import StarterTraining

# Names of embeddings and output layers. They are look-up tables, not maps: orthogonal updates do not suit them.
_TABLES = ("shared", "embed", "lm_head")


def muon_optimizers(model: nn.Module, training: StarterTraining) -> list[torch.optim.Optimizer]:
    """Make the optimisers of a model: AdamW, and Muon for its matrices if it is chosen."""
    if training.optimizer == "adamw":
        return build_optimizers(model, training)
    named = [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]
    maps = [weight for name, weight in named if weight.ndim == 2 and not any(table in name for table in _TABLES)]
    taken = set(map(id, maps))
    whole = all(weight.is_cuda and not isinstance(weight, DTensor) for weight in maps)
    muon = GroupedMuon if whole else torch.optim.Muon
    return [
        adamw((weight for _, weight in named if id(weight) not in taken), training),
        muon(maps, lr=training.muon_learning_rate, weight_decay=training.weight_decay, adjust_lr_fn="match_rms_adamw"),
    ]


class GroupedMuon(torch.optim.Muon):
    """``torch.optim.Muon`` (Jordan 2024, with Moonshot's learning rate, ``match_rms_adamw``), batched by shape.

    The updates are the same up to rounding; settings and state are those of torch's, so a run may be resumed with
    either.
    """

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Take a step; a closure is not called."""
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            if not weights:
                continue
            gradients = [weight.grad for weight in weights]
            for weight in weights:
                if "momentum_buffer" not in self.state[weight]:
                    self.state[weight]["momentum_buffer"] = torch.zeros_like(weight)
            averages = [self.state[weight]["momentum_buffer"] for weight in weights]
            # average ← average + (1 - momentum) · (gradient - average); Nesterov looks one more such move ahead.
            torch._foreach_lerp_(averages, gradients, 1 - group["momentum"])
            updates = torch._foreach_lerp(gradients, averages, group["momentum"]) if group["nesterov"] else averages
            by_shape: dict[torch.Size, list[int]] = defaultdict(list)
            for number, weight in enumerate(weights):
                by_shape[weight.shape].append(number)
            if group["weight_decay"]:
                torch._foreach_mul_(weights, 1 - group["lr"] * group["weight_decay"])
            for shape, numbers in by_shape.items():
                # (matrices of the shape, rows, columns)
                orthogonal = _orthogonalised(torch.stack([updates[number] for number in numbers]), group)
                # An orthogonal m × n matrix has entries of RMS 1/√max(m, n); AdamW's updates have about 0.2.
                rate = group["lr"] * 0.2 * math.sqrt(max(shape))
                torch._foreach_add_(
                    [weights[number] for number in numbers], [part.float() for part in orthogonal.unbind()], alpha=-rate
                )


def _orthogonalised(stack: torch.Tensor, group: dict[str, Any]) -> torch.Tensor:
    """Move the singular values of (matrices, rows, columns) near 1 by a quintic Newton-Schulz iteration, in bfloat16.

    One iteration is X ← aX + (bXXᵀ + c(XXᵀ)²)X, which applies σ ← aσ + bσ³ + cσ⁵ to every singular value.
    """
    a, b, c = group["ns_coefficients"]
    tall = stack.shape[1] > stack.shape[2]
    x = stack.bfloat16()
    if tall:
        x = x.mT  # rows ≤ columns: XXᵀ is then the smaller of the two Gram matrices
    # The Frobenius norm bounds the largest singular value: all are at most 1 now.
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=group["eps"])
    for _ in range(group["ns_steps"]):
        gram = x @ x.mT  # (matrices, rows, rows)
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x
