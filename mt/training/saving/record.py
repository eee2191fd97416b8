"""``model.json`` beside a finished model: which weights it has, and what decided them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mt.errors import ConfigError, DataError
from mt.io.files import remove_directory, sha256, write_json
from mt.training.fingerprint import difference


def write_record(run: Path, fingerprint: Mapping[str, Any]) -> None:
    """Write ``run/model.json``, the last file of a training: where it exists, ``run/model`` is whole."""
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
