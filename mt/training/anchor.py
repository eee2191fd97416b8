"""What holds a fine-tuned model near its base: a pull on the weights, a teacher for the outputs.

The pull is Barone et al. 2017 ("Regularization techniques for fine-tuning in neural machine
translation", MAP-L2): half the squared distance to the base's weights, times a factor, is added to
the loss. The teacher is the frozen base, whose distribution over the next token is followed
(Hinton et al. 2015; Kim & Rush 2016, word level) on data of the old kind, as "learning without
forgetting" (Li & Hoiem 2016) does; never on annotated sources, of which a base may know nothing.
"""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import nn

from mt.config import AdaptationConfig
from mt.training.data.batching import Batch
from mt.training.data.mixture import GENERAL_ORIGIN
from mt.training.hardware.processes import like, local
from mt.training.optim.ema import trainable

__all__ = ["Anchor"]


class Anchor:
    """The base as it was before training.

    Args:
        base: whole, with its own weights: made before a checkpoint's are loaded.
        adaptation: how strong the pull and the teacher are; with neither nothing is kept.

    Attributes:
        teacher: the frozen base, or None.
    """

    def __init__(self, base: nn.Module, adaptation: AdaptationConfig, device: torch.device) -> None:
        self._settings = adaptation
        pull = adaptation.l2_to_base
        self._weights = {name: value.detach().clone() for name, value in trainable(base)} if pull else {}
        self.teacher: nn.Module | None = None
        if adaptation.distillation:
            self.teacher = copy.deepcopy(base).to(device).eval().requires_grad_(False)

    def settle(self, trained: nn.Module) -> None:
        """Bring the base's weights to where those trained are, shared out as they are."""
        if self._weights:
            self._weights = {name: like(value, self._weights[name]) for name, value in trainable(trained)}

    def taught(self, batch: Batch) -> torch.Tensor | None:
        """Return the rows of a batch that the teacher speaks on (indices), or None for none."""
        if self.teacher is None:
            return None
        rows = batch.plain
        if self._settings.distill_on == "general":
            rows = rows & (batch.origins >= GENERAL_ORIGIN)
        return torch.from_numpy(np.flatnonzero(rows)) if rows.any() else None

    @torch.no_grad()
    def pull(self, trained: nn.Module) -> None:
        """Add the gradient of the penalty to the gradients of the loss."""
        if not self._weights:
            return
        for name, parameter in trainable(trained):
            if parameter.grad is not None:
                away = local(parameter) - local(self._weights[name])
                local(parameter.grad).add_(away, alpha=self._settings.l2_to_base)
