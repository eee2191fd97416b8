"""How far a run has come, when it ends, and what it reports."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mt.config import TrainingConfig
from mt.errors import UserError


@dataclass
class Progress:
    """How far a run has come, over all its sessions."""

    step: int = 0
    epoch: int = 0
    # Batches of the current epoch.
    batch: int = 0
    target_tokens: int = 0
    seconds: float = 0.0
    # Step and metrics of each validation.
    evaluations: list[dict[str, float]] = field(default_factory=list)

    @classmethod
    def read(cls, saved: Mapping[str, Any]) -> Progress:
        """Take what a checkpoint holds; raises ``ValueError`` or ``TypeError`` for other than that."""
        found = cls(**saved)
        counts = (found.step, found.epoch, found.batch, found.target_tokens)
        if not all(type(count) is int and count >= 0 for count in counts) or not math.isfinite(found.seconds):
            raise ValueError("its progress is no count of steps")
        if not all(isinstance(own["step"], int) for own in found.evaluations):
            raise ValueError("its evaluations are of no step")
        return found

    def share_done(self, training: TrainingConfig, epoch_batches: int = 0, next_batches: int = 0) -> float:
        """Return the share of the run that is done, by the limit that is nearest.

        Args:
            training: its limits.
            epoch_batches: batches in the current epoch; 0 counts whole epochs alone.
            next_batches: batches of a next step that is counted as done.
        """
        shares = [0.0]
        if training.max_steps:
            shares.append((self.step + bool(next_batches)) / training.max_steps)
        if training.num_train_epochs:
            part = (self.batch + next_batches) / epoch_batches if epoch_batches else 0.0
            shares.append((self.epoch + part) / training.num_train_epochs)
        if training.max_minutes:
            shares.append(self.seconds / (60 * training.max_minutes))
        return max(shares)


def check_end(training: TrainingConfig) -> None:
    """Raise ``UserError`` for a run without a limit: neither it nor its learning-rate schedule would end."""
    if not (training.max_steps or training.num_train_epochs or training.max_minutes):
        raise UserError(
            "the run has no end",
            field="training",
            hint="set training.max_steps, training.num_train_epochs or training.max_minutes",
        )


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
    """How a run ended: ``metrics`` are the last step's."""

    progress: Progress
    loss: float
    interrupted: bool
    metrics: Mapping[str, float] = field(default_factory=dict)
    base_metrics: Mapping[str, float] = field(default_factory=dict)
    # Of the checkpoints that may be published, the best first.
    best_steps: Sequence[int] = ()
