"""``train_run``: what ``zhen-mt train`` does: a fine-tuned model, and with folds one more for each."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import platform
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from transformers import PreTrainedConfig

from mt.config import Config, save_config
from mt.errors import ConfigError, DataError, Interrupted
from mt.io.files import remove_directory, sha256, write_json
from mt.models.load import longest_input, source_prefix, tag_ids
from mt.models.options import ModelOptions
from mt.training.hardware.precision import autocast
from mt.training.hardware.processes import Processes, is_main
from mt.training.logging.trackers import check_trackers
from mt.training.loop import Trained, TrainingEvent, train_loop
from mt.training.model import check_vocabulary, load_base
from mt.training.request_length import fit_request_length
from mt.training.saving.card import model_card
from mt.training.saving.manifest import model_manifest
from mt.training.saving.publish import save_model

__all__ = ["fold_model", "train_run", "write_manifest"]

_log = logging.getLogger(__name__)

# Makes a context manager, given the name of what is trained, that takes the events of its steps.
Watch = Callable[[str], AbstractContextManager[Callable[[TrainingEvent], None]]]


def fold_model(run: Path, fold: int) -> Path:
    """Return the folder of the model that never saw ``fold``."""
    return run / "folds" / str(fold) / "model"


def train_run(config: Config, *, resume: bool = False, overwrite: bool = False, watch: Watch) -> Path:
    """Train all the models of a run and return the folder of the final one.

    With folds, one model is trained for each fold on all the others, then the final one on everything.

    Raises:
        ConfigError: the run folder holds a finished run of another configuration.
        DataError: nothing is prepared.
        Interrupted: a signal stopped it; ``resume`` goes on.
    """
    check_trackers(config.training.report_to)
    run = Path(config.run.dir)
    model = run / "model"
    fingerprint = _fingerprint(config)
    finished = run / "model.json"
    if finished.is_file() and not overwrite:
        if json.loads(finished.read_text("utf-8"))["fingerprint"] == fingerprint:
            _log.info("%s is trained already (--overwrite trains it anew)", model)
            return model
        raise ConfigError(
            "holds a model trained with another configuration or other data",
            path=run,
            hint="choose another run.dir, or give --overwrite",
        )
    if is_main():
        finished.unlink(missing_ok=True)
        if overwrite:
            _remove_training(run)
        save_config(config, run / "config.yaml")
    _fine_tune(config, run, model, resume=resume, watch=watch)
    if is_main():
        write_json(finished, {"fingerprint": fingerprint, "model": str(model)})
    return model


def _remove_training(run: Path) -> None:
    """Take away what an earlier training of the run left, so that none of it is gone on with."""
    for name in ("checkpoints", "points", "folds"):
        if (run / name).is_dir():
            remove_directory(run / name)
    (run / "metrics.jsonl").unlink(missing_ok=True)


def _fine_tune(config: Config, run: Path, model: Path, *, resume: bool, watch: Watch) -> None:
    # Imported here: datasets takes seconds to import.
    from mt.data.dataset import load_prepared

    prepared = load_prepared(run / "data")
    train = list(prepared["train"])
    if config.data.folds != "none":
        folds = sorted({row["fold"] for row in train})
        if len(folds) < 2:
            raise DataError(
                f"cross-validation needs at least 2 folds, found {len(folds)}",
                path=run / "data",
                hint="add documents, or set data.folds: none",
            )
        for fold in folds:
            rows = [row for row in train if row["fold"] != fold]
            name = f"fold {fold + 1}/{len(folds)}"
            _fine_tune_one(config, rows, [], fold_model(run, fold), name, resume=resume, watch=watch)
    validation = list(prepared["validation"]) if "validation" in prepared else []
    _fine_tune_one(config, train, validation, model, "all documents", resume=resume, watch=watch)


def _as_the_base(config: Config, base: PreTrainedConfig) -> Config:
    """Settle what is to be the base's own, and note it for the next model."""
    options, training = ModelOptions.read(base), config.training
    if training.label_smoothing_factor is None:
        training = training.replace(label_smoothing_factor=options.label_smoothing_factor)
    options.replace(label_smoothing_factor=training.label_smoothing_factor).write(base)
    return config.replace(training=training)


def _fine_tune_one(
    config: Config,
    rows: list[dict[str, Any]],
    validation: list[dict[str, Any]],
    folder: Path,
    name: str,
    *,
    resume: bool,
    watch: Watch,
) -> None:
    from mt.training.data.fine_tuning_data import Material

    if resume and (folder / "config.json").is_file():
        _log.info("%s: trained already", name)
        return
    shape = config.model
    base, tokenizer = load_base(
        shape.base,
        dropout=shape.dropout,
        source_language=shape.source_language,
        target_language=shape.target_language,
        prefix=None if shape.source_prefix == "auto" else shape.source_prefix,
    )
    config = _as_the_base(config, base.config)
    check_vocabulary(tokenizer, [row["translation"]["zh"] for row in rows], shape.base)
    longest = longest_input(base, tokenizer)
    figures = ModelOptions.read(base.config).requests("numbers", config.decoding.numbers)
    material = Material(config, tokenizer, source_prefix(base.config), longest, figures=figures)
    _log.info("%s: %d segments to train on", name, len(rows))
    pairs, sets = material.pairs(rows), material.validation(validation)
    adapter = None
    if config.lora.rank:
        # Imported here: peft takes a second to import.
        from mt.training.lora import add_lora

        adapter = add_lora(base, config.lora, tag_ids(tokenizer), seed=config.run.seed)
    with watch(name) as report:
        trained = train_loop(
            base,
            pairs,
            sets,
            folder.parent,
            config.training,
            config.terms,
            tag_ids(tokenizer),
            seed=config.run.seed,
            adaptation=config.adaptation,
            resume=resume,
            report=report,
        )
    _stop_if_interrupted(trained, folder.parent)
    if shape.source_prefix == "auto":
        processes = Processes()
        scores = fit_request_length(base, sets, processes, autocast(config.training, processes.device))
        trained = dataclasses.replace(trained, figures={**trained.figures, **scores})
    if not is_main():
        return
    documents = sorted({row["document"] for row in rows})
    save_model(
        base,
        tokenizer,
        folder,
        card=model_card(
            config, trained, documents=documents, segments=len(rows), options=ModelOptions.read(base.config)
        ),
        manifest=model_manifest(config, trained, base.config, {"documents": documents, "segments": len(rows)}),
        adapter=adapter,
        keep_adapter=config.lora.keep_adapter,
    )


def write_manifest(config: Config) -> None:
    """Write ``manifest.json`` of a run that is done: what it was made of, with which versions.

    It is the last file of a run folder: where it stands, all the rest is whole.
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
            "versions": {name: version(name) for name in ("torch", "transformers", "datasets", "sacrebleu")},
            "python": platform.python_version(),
        },
    )


def _stop_if_interrupted(trained: Trained, run: Path) -> None:
    if trained.interrupted:
        raise Interrupted(
            f"interrupted after step {trained.progress.step}, all of it saved", path=run, hint="go on with --resume"
        )


def _fingerprint(config: Config) -> str:
    """Hash what decides the weights: configuration, prepared data, glossary."""
    parts: dict[str, Any] = {
        section: getattr(config, section).model_dump(mode="json")
        for section in ("model", "lora", "terms", "training", "adaptation")
    }
    parts["seed"] = config.run.seed
    manifest = Path(config.run.dir) / "data" / "manifest.json"
    for path in (manifest, Path(config.terms.glossary or "")):
        if path.is_file():
            parts[path.name] = sha256(path)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
