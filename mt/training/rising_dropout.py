"""Dropout that begins at nothing: for a model that has learnt without.

Begun at once, dropout overthrows a trained model: what each layer is given is no longer what it was trained on, and in
a post-norm model the norms pass that on (docs/starter.md). Risen to step by step it can be followed. As the
probability is set by the step alone, a resumed run has the one it would have had.
"""

from __future__ import annotations

from torch import nn

from mt.config import TrainingConfig

__all__ = ["RisingDropout"]

# Where the families of ``mt.models.families`` keep probabilities as plain numbers; others have torch's modules.
_NUMBERS = ("dropout", "activation_dropout", "attention_dropout")


class RisingDropout:
    """Sets a model's dropout at each step, up to what it is when this is made.

    Args:
        model: to be set.
        training: ``dropout_steps`` is how many steps the rise takes, from step ``dropout_begin`` on.
    """

    def __init__(self, model: nn.Module, training: TrainingConfig) -> None:
        self._begin, self._steps = training.dropout_begin, training.dropout_steps
        self._places: list[tuple[nn.Module, str, float]] = []
        if not self._steps:
            return
        for module in model.modules():
            names = ("p",) if isinstance(module, nn.Dropout) else _NUMBERS
            for name in names:
                peak = getattr(module, name, None)
                if isinstance(peak, float) and peak > 0:
                    self._places.append((module, name, peak))

    def __call__(self, step: int) -> None:
        """Set what a step is to be taken with."""
        if not self._places:
            return
        share = min(max((step - self._begin) / self._steps, 0.0), 1.0)
        for module, name, peak in self._places:
            setattr(module, name, peak * share)
