"""What a training run reports: the progress of a step, and the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mt.training.saving.checkpoints import Progress


@dataclass(frozen=True)
class TrainingEvent:
    """Progress after a step, for a progress bar or a log line."""

    step: int
    # Share of the run, 0 to 1.
    done: float
    # Mean over the step's target tokens, in nats.
    loss: float
    tokens_per_second: float
    # Of a validation at this step.
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainingResult:
    """How a run ended: ``metrics`` are the final weights', which are those of ``steps`` by the ``rule``."""

    progress: Progress
    loss: float
    interrupted: bool
    metrics: Mapping[str, float] = field(default_factory=dict)
    base_metrics: Mapping[str, float] = field(default_factory=dict)
    steps: Sequence[int] = ()
    rule: str = ""
