"""A run folder made ready: to begin, or to resume from its newest checkpoint."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mt.errors import ConfigError, UserError
from mt.io.files import remove_leftovers
from mt.training.fingerprint import difference
from mt.training.hardware.processes import Processes
from mt.training.logging.metrics_file import rewind_metrics
from mt.training.saving.checkpoints import checkpoint_steps, latest_checkpoint

__all__ = ["open_run"]


def open_run(
    folder: Path, processes: Processes, *, resume: bool, fingerprint: Mapping[str, Any] | None = None
) -> Path | None:
    """Return the checkpoint to resume from, or None to begin.

    What killed writers left is deleted, and ``metrics.jsonl`` is cut back to the checkpoint, so that no step is in it
    twice.

    Args:
        folder: of the run.
        processes: all of them make the call.
        resume: whether to resume from a checkpoint if there is one.
        fingerprint: what decides the weights; None to resume from the checkpoint of any configuration.

    Raises:
        UserError: the folder holds checkpoints, and ``resume`` is false.
        ConfigError: the checkpoint is of another configuration or other data.
    """
    checkpoints = folder / "checkpoints"
    if processes.main:
        folder.mkdir(parents=True, exist_ok=True)
        for part in (
            folder,
            folder / "candidates",
            checkpoints,
            *(checkpoints / f"step-{step:08d}" for step in checkpoint_steps(checkpoints)),
        ):
            remove_leftovers(part)
    processes.wait()
    found = latest_checkpoint(checkpoints)
    if found is not None:
        if not resume:
            raise UserError(
                f"holds an unfinished run, at {found.name}",
                path=folder,
                hint="give --resume to continue it, or --overwrite to start again",
            )
        _check(found, fingerprint)
    if processes.main:
        _rewind(folder / "metrics.jsonl", found)
    return found


def _state(checkpoint: Path) -> dict[str, Any]:
    """Read what a checkpoint states; empty if it is damaged, which loading it reports."""
    try:
        return dict(json.loads((checkpoint / "state.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _check(checkpoint: Path, fingerprint: Mapping[str, Any] | None) -> None:
    before = _state(checkpoint).get("fingerprint")
    if fingerprint is None or before is None:
        return
    different = difference(fingerprint, before)
    if different is not None:
        raise ConfigError(
            f"cannot be resumed with another configuration: {different}",
            path=checkpoint,
            hint="change it back, or give --overwrite to start again",
        )


def _rewind(metrics: Path, checkpoint: Path | None) -> None:
    """Remove what was written after the checkpoint: the run writes it again."""
    if checkpoint is None:
        metrics.unlink(missing_ok=True)
        return
    written = _state(checkpoint).get("progress", {}).get("metrics_bytes", -1)
    if written < 0 or not metrics.is_file() or metrics.stat().st_size < written:
        rewind_metrics(metrics, int(checkpoint.name.removeprefix("step-")))
    else:
        os.truncate(metrics, written)
