"""A run folder: held by one training, made ready to begin or to resume, and ``model.json`` beside its finished model.

``model.json`` says which weights the model has and what decided them. It is the last file of a training: where it
exists, ``model/`` is whole.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mt.errors import ConfigError, DataError, UserError
from mt.io.files import check_directory, file_errors, remove_directory, remove_leftovers, sha256, try_lock, write_json
from mt.io.text import read_json
from mt.training.fingerprint import difference
from mt.training.hardware.processes import Processes, is_main
from mt.training.run_log import rewind_metrics
from mt.training.saving.checkpoints import find_checkpoints, latest_checkpoint


@contextmanager
def only_training(run: Path) -> Iterator[None]:
    """Hold a run folder; raises ``UserError`` where another training holds it. For the processes of one, the main."""
    if not is_main():
        yield
        return
    with file_errors(run, error=UserError, verb="written"):
        run.mkdir(parents=True, exist_ok=True)
        handle = os.open(run, os.O_RDONLY)
    try:
        if try_lock(handle) is False:
            hint = "wait for it, stop it, or choose another run.dir"
            raise UserError("another process is training in it", path=run, hint=hint)
        yield
    finally:
        os.close(handle)


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
        if fingerprint is not None:
            _check(found, fingerprint)
    if processes.main:
        # The run writes again what it wrote after the checkpoint.
        rewind_metrics(folder / "metrics.jsonl", -1 if found is None else int(found.name.removeprefix("step-")))
    return found


def _check(checkpoint: Path, fingerprint: Mapping[str, Any]) -> None:
    hint = "change it back, or give --overwrite to start again"
    before = _fingerprint(checkpoint / "state.json", hint="give --overwrite to start again")
    different = difference(fingerprint, before)
    if different is not None:
        raise ConfigError(f"cannot be resumed with another configuration: {different}", path=checkpoint, hint=hint)


def _fingerprint(path: Path, hint: str) -> Mapping[str, Any]:
    """Read what decided the weights that a file describes."""
    try:
        record = read_json(path)
    except DataError as error:
        raise DataError(f"cannot be read: {error.message}", path=path, hint=hint) from None
    found = record.get("fingerprint") if isinstance(record, dict) else None
    if not isinstance(found, dict):
        raise DataError("does not say what decided the weights", path=path, hint=hint)
    return found


def write_record(run: Path, fingerprint: Mapping[str, Any]) -> None:
    """Write ``run/model.json``."""
    weights = _weights(run / "model")
    write_json(run / "model.json", {"model": "model", "weights_sha256": weights, "fingerprint": dict(fingerprint)})


def is_trained(run: Path, fingerprint: Mapping[str, Any]) -> bool:
    """Whether ``run/model`` is the finished model of this fingerprint; False if there is none.

    Raises:
        ConfigError: it is the model of another fingerprint.
        DataError: its weights are not those that were trained, or ``model.json`` is damaged.
    """
    path = run / "model.json"
    if not path.exists():
        return False
    hint = "choose another run.dir, or give --overwrite"
    different = difference(fingerprint, _fingerprint(path, hint))
    if different is not None:
        raise ConfigError(f"holds a model trained with another configuration: {different}", path=run, hint=hint)
    recorded = read_json(path).get("weights_sha256")
    if not (run / "model" / "config.json").is_file() or _weights(run / "model") != recorded:
        raise DataError("does not hold the weights that were trained", path=run / "model", hint=hint)
    return True


def remove_training(run: Path, *, everything: bool) -> None:
    """Delete an earlier model of a run folder and what was made with it, so that it is not taken for a new one.

    Args:
        run: the folder.
        everything: also what an unfinished training could be resumed from.

    Raises:
        UserError: ``model/`` or ``report/`` hold something else; nothing is deleted.
    """
    folds = [path for path in (run / "folds").glob("*") if path.name.isdecimal()] if everything else []
    for folder in (run, *folds):
        check_directory(folder / "model", "model")
    check_directory(run / "report", "report")
    for folder in (run, *folds):
        # The records first: killed in between, nothing is taken for whole.
        for name in ("model.json", "manifest.json", *(["metrics.jsonl", "held_out.json"] if everything else [])):
            (folder / name).unlink(missing_ok=True)
        old = [folder / "model", folder / "report", *((folder / "trackers").glob("zhen-mt") if everything else ())]
        for path in filter(Path.is_dir, old):
            remove_directory(path)
        if everything:
            remove_resumable(folder)
    for folder in (*folds, run / "folds"):
        with suppress(OSError):  # not there, or something else is in it
            folder.rmdir()


def remove_resumable(folder: Path) -> None:
    """Delete what a training could be resumed from, and the weights it chose among."""
    for path in find_checkpoints(folder / "checkpoints").values():
        remove_directory(path)
    for path in (folder / "candidates").glob("step-*.safetensors"):
        path.unlink()
    for path in (folder / "checkpoints", folder / "candidates"):
        with suppress(OSError):  # not there, or something else is in it
            path.rmdir()


def _weights(model: Path) -> dict[str, str]:
    """Return file → hash of the weights of a model folder; empty if there are none."""
    return {path.name: sha256(path) for path in sorted(model.glob("*.safetensors"))}
