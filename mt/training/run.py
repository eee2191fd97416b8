"""``train_run``: what ``zhen-mt train`` does, for one model or one per fold."""

from __future__ import annotations

import logging
import platform
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from mt.config import Config, save_config
from mt.data.dataset import content_hash, load_prepared
from mt.errors import ConfigError
from mt.io.files import remove_directory, sha256, write_json
from mt.io.text import read_json
from mt.training.candidates import compares
from mt.training.fine_tuning import Part, Watch, fine_tune
from mt.training.fingerprint import fingerprint
from mt.training.hardware.processes import is_main
from mt.training.run_log import check_trackers
from mt.training.saving.run_folder import is_trained, only_training, remove_training
from mt.training.strength import with_strength

if TYPE_CHECKING:
    from datasets import DatasetDict

_log = logging.getLogger(__name__)


def fold_model(run: Path, fold: int) -> Path:
    """Return the folder of the model that was not trained on ``fold``."""
    return run / "folds" / str(fold) / "model"


def check_flags(resume: bool, overwrite: bool) -> None:
    """Refuse to resume a training and to start it again at the same time."""
    if resume and overwrite:
        raise ConfigError("--resume and --overwrite exclude each other", hint="give one of them")


def train_run(config: Config, *, resume: bool = False, overwrite: bool = False, watch: Watch) -> Path:
    """Train the models of a run and return the folder of the final one.

    With folds, one model is trained for each fold on all the others, then the final one on everything.

    Args:
        config: of the run; its documents are prepared.
        resume: continue an interrupted training.
        overwrite: delete an earlier training of the run folder first.
        watch: shows the progress.

    Raises:
        ConfigError: the run folder holds a training of another configuration or of other data.
        DataError: nothing is prepared, or other documents are.
        Interrupted: a signal stopped it.
    """
    check_flags(resume, overwrite)
    check_trackers(config.training.report_to)
    run = Path(config.run.dir)
    dataset = load_prepared(run / "data", config)
    with only_training(run):
        config, strength = with_strength(config, len(dataset["train"]))
        parts = fingerprint(config, content_hash(dataset))
        if not overwrite and is_trained(run, parts):
            _log.info("%s is trained already (--overwrite trains it again)", run / "model")
            return run / "model"
        if is_main():
            save_config(config, run / "config.yaml")
            # An older model must not be taken for the one that is trained now.
            remove_training(run, everything=overwrite)
        for number, part in enumerate(_parts(config, run, dataset)):
            said = "" if number else strength
            fine_tune(config, replace(part, said=said), parts, resume=resume, watch=watch)
    return run / "model"


def _parts(config: Config, run: Path, dataset: DatasetDict) -> Iterator[Part]:
    """Yield the models to train: one per fold, then the final one."""
    rows = list(dataset["train"])
    folds = sorted({row["fold"] for row in rows if row["fold"] >= 0})
    for number, fold in enumerate(folds, 1):
        others, own = ([row for row in rows if (row["fold"] == fold) is held] for held in (False, True))
        yield Part(f"fold {number}/{len(folds)}", fold_model(run, fold).parent, others, fold=own)
    compared = [fold_model(run, fold).parent for fold in folds] if compares(config.training) else []
    validation = list(dataset["validation"]) if "validation" in dataset else []
    yield Part("all documents", run, rows, validation, folds=compared)


def finish_run(config: Config, gained: list[str]) -> None:
    """Write ``manifest.json`` of a finished run: what it was made of, with which versions, and what it gained.

    It is the last file of a run folder: where it exists, everything else is whole. Then the models of the folds, whose
    translations are in the report, are deleted, unless they are to be kept.
    """
    run = Path(config.run.dir)
    data = run / "data" / "manifest.json"
    glossary = Path(config.terms.glossary) if config.terms.glossary else None
    write_json(
        run / "manifest.json",
        {
            "kind": "zhen-mt run",
            "config": "config.yaml",
            "model": "model",
            "report": "report/report.html",
            "base": config.model.base,
            "data_manifest_sha256": sha256(data) if data.is_file() else None,
            "glossary_sha256": sha256(glossary) if glossary is not None else None,
            "weights_sha256": sha256(run / "model" / "model.safetensors"),
            "seed": config.run.seed,
            "gained": gained,
            "versions": {name: version(name) for name in ("torch", "transformers", "datasets", "sacrebleu")},
            "python": platform.python_version(),
        },
    )
    folds = [] if config.training.keep_fold_models else [*(run / "folds").glob("*/model")]
    for model in folds:
        (model.parent / "model.json").unlink(missing_ok=True)
        remove_directory(model)


def finished(config: Config) -> list[str] | None:
    """Return what a finished run gained, if the models of its folds were deleted and cannot be evaluated again."""
    run = Path(config.run.dir)
    folds = run / "folds"
    if not folds.is_dir() or not (run / "manifest.json").is_file() or [*folds.glob("*/model")]:
        return None
    return [str(line) for line in read_json(run / "manifest.json").get("gained", [])]
