"""What a training run reports: the progress of a step, and the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mt.training.saving.checkpoints import Progress

__all__ = ["TrainingEvent", "TrainingResult"]


@dataclass(frozen=True)
class TrainingEvent:
    """Progress after a step, for a progress bar or a log line.

    Attributes:
        step: steps taken so far.
        done: share of the run that is done, 0 to 1.
        loss: mean over the step's target tokens, in nats.
        tokens_per_second: target tokens.
        metrics: of the validation at this step; empty at steps without one.
    """

    step: int
    done: float
    loss: float
    tokens_per_second: float
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainingResult:
    """How a run ended.

    Attributes:
        progress: steps, epochs and tokens trained.
        loss: of the last step.
        interrupted: whether it was stopped before its end.
        metrics: of the validation of the final weights.
        base_metrics: of the base before training.
        steps: whose weights the final ones are: one, or those averaged.
        rule: why, in words.
    """

    progress: Progress
    loss: float
    interrupted: bool
    metrics: Mapping[str, float] = field(default_factory=dict)
    base_metrics: Mapping[str, float] = field(default_factory=dict)
    steps: Sequence[int] = ()
    rule: str = ""
