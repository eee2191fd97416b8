"""When a run ends: at the first of its limits in steps, epochs and minutes."""

from __future__ import annotations

from mt.config import TrainingConfig
from mt.errors import UserError
from mt.training.saving.checkpoints import Progress


def check_end(training: TrainingConfig) -> None:
    """Raise ``UserError`` for a run without a limit: neither it nor its learning-rate schedule would end."""
    if not (training.max_steps or training.num_train_epochs or training.max_minutes):
        raise UserError(
            "the run has no end",
            field="training",
            hint="set training.max_steps, training.num_train_epochs or training.max_minutes",
        )


def share_done(training: TrainingConfig, progress: Progress, epoch_batches: int = 0) -> float:
    """Return the share of the run that is done, by the limit that is nearest.

    Args:
        training: its limits; 0 is none.
        progress: how far the run has come.
        epoch_batches: batches in the current epoch; 0 counts whole epochs alone.
    """
    shares = [0.0]
    if training.max_steps:
        shares.append(progress.step / training.max_steps)
    if training.num_train_epochs:
        part = progress.batch / epoch_batches if epoch_batches else 0.0
        shares.append((progress.epoch + part) / training.num_train_epochs)
    if training.max_minutes:
        shares.append(progress.seconds / (60 * training.max_minutes))
    return max(shares)
