"""What a training run tells: the news of a step, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mt.training.saving.checkpoints import Progress

__all__ = ["Trained", "TrainingEvent"]


@dataclass(frozen=True)
class TrainingEvent:
    """A step's news for a progress bar or a log line; ``figures`` are those of a validation, at steps that have one."""

    step: int
    done: float
    loss: float
    tokens_per_second: float
    validation_loss: float | None = None
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Trained:
    """How a run ended.

    ``figures`` are the validation's of the final weights, ``base_figures`` those of the base before training,
    ``steps`` the points whose weights the final ones are (one, or those averaged), ``rule`` why.
    """

    progress: Progress
    loss: float
    validation_loss: float | None
    interrupted: bool
    figures: Mapping[str, float] = field(default_factory=dict)
    base_figures: Mapping[str, float] = field(default_factory=dict)
    steps: Sequence[int] = ()
    rule: str = ""
