"""Fine-tuning one model of a run: the base on all the documents, or on those of all folds but one."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

from mt.config import Config
from mt.errors import Interrupted
from mt.io.files import write_json
from mt.io.text import read_json
from mt.models.load import longest_input, source_prefix, tag_ids
from mt.models.options import ModelOptions
from mt.training.candidates import (
    Loaded,
    Publication,
    Weights,
    choose,
    compares,
    cross_validated,
    fold_outputs,
    interpolated,
    load_untouched,
    not_compared,
)
from mt.training.data.fine_tuning_data import FineTuningData
from mt.training.data.packed_pairs import PairEncoder
from mt.training.hardware.processes import is_main
from mt.training.loop import TrainingTask, train_loop
from mt.training.model import check_vocabulary, load_base
from mt.training.progress import TrainingEvent
from mt.training.saving.card import model_card
from mt.training.saving.checkpoints import initial_weights
from mt.training.saving.publish import Provenance, model_manifest, save_model
from mt.training.saving.run_folder import is_trained, remove_resumable, write_record
from mt.training.saving.selection import candidate_path

_log = logging.getLogger(__name__)

# From the name of what is trained to a context manager that takes the events of its steps.
Watch = Callable[[str], AbstractContextManager[Callable[[TrainingEvent], None]]]


@dataclass(frozen=True)
class Part:
    """One model of a run: rows of the prepared dataset to train on, and those held out."""

    name: str
    # Gets the model as ``model/``, its record, checkpoints and metrics.
    folder: Path
    rows: Sequence[Mapping[str, Any]]
    validation: Sequence[Mapping[str, Any]] = ()
    # Rows of the fold that the model is not trained on, or the folders of all folds' models.
    fold: Sequence[Mapping[str, Any]] = ()
    folds: Sequence[Path] = ()
    # What there is to say of the run before it begins.
    said: str = ""


def fine_tune(config: Config, part: Part, fingerprint: Mapping[str, Any], *, resume: bool, watch: Watch) -> None:
    """Train and save one model; with ``resume``, skip one that is finished.

    Raises:
        ConfigError: what is to be resumed has another fingerprint.
        Interrupted: a signal stopped it.
    """
    if resume and is_trained(part.folder, fingerprint):
        _log.info("%s: trained already", part.name)
        _clear(config, part.folder)
        return
    shape = config.model
    base, tokenizer = load_base(
        shape.base,
        dropout=shape.dropout,
        source_language=shape.source_language,
        target_language=shape.target_language,
        prefix=None if shape.source_prefix == "auto" else shape.source_prefix,
    )
    config = _with_inherited(config, base.config)
    check_vocabulary(tokenizer, [row["translation"]["zh"] for row in part.rows], config.model.base)
    for said in filter(None, (part.said, f"{part.name}: {len(part.rows)} segments to train on")):
        _log.info("%s", said)
    data = _data(config, base, tokenizer)
    task = _task(config, part, (base, tokenizer), data, fingerprint)
    adapted = None
    if config.lora.rank:
        # Imported here: peft takes a second to import.
        from mt.training.lora import add_lora

        adapted = add_lora(base, config.lora, tag_ids(tokenizer), seed=config.run.seed)
    initial = initial_weights(base)
    with watch(part.name) as report:
        result = train_loop(task, part.folder, resume=resume, report=report)
    if result.interrupted:
        raise Interrupted(
            f"interrupted after step {result.progress.step}, everything is saved",
            path=part.folder,
            hint="continue with --resume",
        )
    if not is_main():
        return
    publication, model, tokenizer = _choose(config, part, data, (base, tokenizer), initial, result.best_steps)
    _log.info("%s: %s", part.name, publication.sentence)
    if adapted is not None and not publication.is_base:
        model = adapted.merge_and_unload()
    documents = sorted({row["document"] for row in part.rows})
    made = Provenance(config, result, publication, model.config, fingerprint, documents, len(part.rows))
    save_model(model, tokenizer, part.folder / "model", card=model_card(made), manifest=model_manifest(made))
    write_record(part.folder, fingerprint)
    _clear(config, part.folder)


def _choose(
    config: Config, part: Part, data: FineTuningData, trained: Loaded, initial: Weights, steps: Sequence[int]
) -> tuple[Publication, PreTrainedModel, PreTrainedTokenizerBase]:
    """Return what is published: by comparison on held-out documents or folds, or else the last step's weights."""
    model = trained[0]
    if steps:
        paths = {f"step {step}": candidate_path(part.folder, step) for step in steps}
        return choose(data.held_out(part.validation), trained, initial, paths)
    if part.folds:
        folds = [read_json(folder / "held_out.json") for folder in part.folds]
        share, publication = cross_validated(folds, config.training.metric_for_best_model)
        last = {name: model.state_dict()[name] for name in initial}
        model.load_state_dict(interpolated(initial, last, share), strict=False)
        return publication, *(load_untouched(config, model.device) if publication.is_base else trained)
    if part.fold and compares(config.training):
        write_json(part.folder / "held_out.json", fold_outputs(data.held_out(part.fold), trained, initial))
        return Publication(f"{part.name} of a cross-validation: all of the trained weights."), *trained
    return Publication(not_compared(config.training, bool(part.validation))), *trained


def _clear(config: Config, folder: Path) -> None:
    """Delete what a finished training was resumed from and chose among, unless it is to be kept."""
    if is_main() and not config.training.keep_checkpoints:
        remove_resumable(folder)


def _with_inherited(config: Config, base: PreTrainedConfig) -> Config:
    """Fill in what is inherited from the base, and record it for models fine-tuned from this one."""
    options, training = ModelOptions.read(base), config.training
    if training.label_smoothing_factor is None:
        training = training.replace(label_smoothing_factor=options.label_smoothing_factor)
    options.replace(label_smoothing_factor=training.label_smoothing_factor).write(base)
    return config.replace(training=training)


def _data(config: Config, base: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> FineTuningData:
    encoder = PairEncoder(tokenizer, longest_input(base, tokenizer), source_prefix(base.config))
    numbers = ModelOptions.read(base.config).requests("numbers", config.decoding.numbers)
    return FineTuningData(config, encoder, numbers=numbers)


def _task(
    config: Config, part: Part, base: Loaded, data: FineTuningData, fingerprint: Mapping[str, Any]
) -> TrainingTask:
    return TrainingTask(
        base[0],
        data.pairs(part.rows),
        config.training,
        config.terms,
        tag_ids(base[1]),
        config.run.seed,
        data.validation(part.validation),
        fingerprint=fingerprint,
    )
