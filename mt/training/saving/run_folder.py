"""A run folder made ready: to begin, or to resume from its newest checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mt.errors import ConfigError, UserError
from mt.io.files import remove_leftovers
from mt.training.fingerprint import difference
from mt.training.hardware.processes import Processes
from mt.training.logging.run_log import rewind_metrics
from mt.training.saving.checkpoints import latest_checkpoint


def open_run(
    folder: Path, processes: Processes, *, resume: bool, fingerprint: Mapping[str, Any] | None = None
) -> Path | None:
    """Return the checkpoint to resume from, or None to begin; all processes make the call.

    What killed writers left is deleted, and ``metrics.jsonl`` is cut back to the checkpoint.

    Args:
        fingerprint: what decides the weights; None to resume from the checkpoint of any configuration.

    Raises:
        UserError: the folder holds checkpoints, and ``resume`` is false.
        ConfigError: the checkpoint is of another configuration or other data.
    """
    checkpoints = folder / "checkpoints"
    if processes.main:
        folder.mkdir(parents=True, exist_ok=True)
        for part in (folder, folder / "candidates", checkpoints, *checkpoints.glob("step-*")):
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
        # The run writes again what it wrote after the checkpoint.
        rewind_metrics(folder / "metrics.jsonl", -1 if found is None else int(found.name.removeprefix("step-")))
    return found


def _check(checkpoint: Path, fingerprint: Mapping[str, Any] | None) -> None:
    try:
        before = json.loads((checkpoint / "state.json").read_text("utf-8"))["fingerprint"]
    except (OSError, ValueError, KeyError, TypeError):  # damaged: loading it reports that
        return
    different = None if fingerprint is None or before is None else difference(fingerprint, before)
    if different is not None:
        raise ConfigError(
            f"cannot be resumed with another configuration: {different}",
            path=checkpoint,
            hint="change it back, or give --overwrite to start again",
        )
