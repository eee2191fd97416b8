"""A run folder: made ready to begin or to resume, and ``model.json`` beside its finished model.

``model.json`` says which weights the model has and what decided them. It is the last file of a training: where it
exists, ``model/`` is whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mt.errors import ConfigError, DataError, UserError
from mt.io.files import remove_directory, remove_leftovers, sha256, write_json
from mt.training.fingerprint import difference
from mt.training.hardware.processes import Processes
from mt.training.run_log import rewind_metrics
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


def write_record(run: Path, fingerprint: Mapping[str, Any]) -> None:
    """Write ``run/model.json``."""
    weights = _weights(run / "model")
    write_json(run / "model.json", {"model": "model", "weights_sha256": weights, "fingerprint": dict(fingerprint)})


def is_trained(run: Path, fingerprint: Mapping[str, Any]) -> bool:
    """Whether ``run/model`` is the finished model of this fingerprint; False if there is none.

    Raises:
        ConfigError: it is the model of another fingerprint.
        DataError: its weights are not those that were trained.
    """
    path = run / "model.json"
    if not path.is_file():
        return False
    hint = "choose another run.dir, or give --overwrite"
    try:
        record = json.loads(path.read_text("utf-8"))
        before, weights = dict(record["fingerprint"]), dict(record["weights_sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError("cannot be read", path=path, hint=hint) from None
    different = difference(fingerprint, before)
    if different is not None:
        raise ConfigError(f"holds a model trained with another configuration: {different}", path=run, hint=hint)
    if _weights(run / "model") != weights:
        raise DataError("does not hold the weights that were trained", path=run / "model", hint=hint)
    return True


def remove_training(run: Path, *, everything: bool) -> None:
    """Delete an earlier model of a run folder and what was made with it, so that it is not taken for a new one.

    Args:
        run: the folder.
        everything: also what an unfinished training could be resumed from.
    """
    # The records first: killed in between, nothing is taken for whole.
    names = ["model.json", "manifest.json", "model", "report"]
    names += ["metrics.jsonl", "checkpoints", "candidates", "folds", "trackers"] if everything else []
    for path in (run / name for name in names):
        if path.is_dir():
            remove_directory(path)
        else:
            path.unlink(missing_ok=True)


def _weights(model: Path) -> dict[str, str]:
    """Return file → hash of the weights of a model folder; empty if there are none."""
    return {path.name: sha256(path) for path in sorted(model.glob("*.safetensors"))}
