"""Where a run ends: the first of its limits in steps, epochs and minutes."""

from __future__ import annotations

from mt.config import TrainingConfig
from mt.errors import UserError
from mt.training.checkpoints import Progress

__all__ = ["check_end", "share_done"]


def check_end(training: TrainingConfig) -> None:
    """Raise ``UserError`` for a run without a limit: it would never end, nor would its schedule."""
    if not (training.steps or training.epochs or training.minutes):
        raise UserError(
            "the run has no end",
            field="training",
            mend="give training.steps, training.epochs or training.minutes a value above 0",
        )


def share_done(training: TrainingConfig, progress: Progress, epoch_batches: int = 0) -> float:
    """Return the share of the run that is done: that of the limit which is nearest.

    Args:
        training: its limits; 0 is none.
        progress: how far the run has come.
        epoch_batches: batches in the current epoch; 0 counts whole epochs alone.
    """
    shares = [0.0]
    if training.steps:
        shares.append(progress.step / training.steps)
    if training.epochs:
        part = progress.batch / epoch_batches if epoch_batches else 0.0
        shares.append((progress.epoch + part) / training.epochs)
    if training.minutes:
        shares.append(progress.seconds / (60 * training.minutes))
    return max(shares)
