"""Fine-tuning one model of a run: the base on all the documents, or on those of all folds but one."""

import dataclasses
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

from mt.config import Config
from mt.errors import Interrupted
from mt.models.load import longest_input, source_prefix, tag_ids
from mt.models.options import ModelOptions
from mt.training.data.fine_tuning_data import FineTuningData
from mt.training.data.packed_pairs import PairEncoder
from mt.training.hardware.device import uses_bf16
from mt.training.hardware.processes import Processes, is_main
from mt.training.loop import TrainingTask, train_loop
from mt.training.model import check_vocabulary, load_base
from mt.training.progress import TrainingEvent
from mt.training.request_length import fit_request_length
from mt.training.saving.card import model_card
from mt.training.saving.publish import Provenance, model_manifest, save_model
from mt.training.saving.run_folder import is_trained, write_record
from mt.training.saving.selection_rule import SelectionRule

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


def fine_tune(config: Config, part: Part, fingerprint: Mapping[str, Any], *, resume: bool, watch: Watch) -> None:
    """Train and save one model; with ``resume``, skip one that is finished.

    Raises:
        ConfigError: what is to be resumed has another fingerprint.
        Interrupted: a signal stopped it.
    """
    if resume and is_trained(part.folder, fingerprint):
        _log.info("%s: trained already", part.name)
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
    _log.info("%s: %d segments to train on", part.name, len(part.rows))
    lora = None
    task = _task(config, part, base, tokenizer, fingerprint)
    if config.lora.rank:
        # Imported here: peft takes a second to import.
        from mt.training.lora import add_lora

        lora = add_lora(base, config.lora, tag_ids(tokenizer), seed=config.run.seed)
    with watch(part.name) as report:
        result = train_loop(task, part.folder, resume=resume, report=report)
    if result.interrupted:
        raise Interrupted(
            f"interrupted after step {result.progress.step}, everything is saved",
            path=part.folder,
            hint="continue with --resume",
        )
    if config.model.source_prefix == "auto":
        metrics = fit_request_length(base, task.validation, Processes(bf16=uses_bf16(config.training)))
        result = dataclasses.replace(result, metrics={**result.metrics, **metrics})
    if not is_main():
        return
    documents = sorted({row["document"] for row in part.rows})
    made = Provenance(config, result, base.config, fingerprint, documents, len(part.rows))
    card, manifest = model_card(made), model_manifest(made)
    save_model(base, tokenizer, part.folder / "model", card=card, manifest=manifest, lora=lora)
    write_record(part.folder, fingerprint)


def _with_inherited(config: Config, base: PreTrainedConfig) -> Config:
    """Fill in what is inherited from the base, and record it for models fine-tuned from this one."""
    options, training = ModelOptions.read(base), config.training
    if training.label_smoothing_factor is None:
        training = training.replace(label_smoothing_factor=options.label_smoothing_factor)
    options.replace(label_smoothing_factor=training.label_smoothing_factor).write(base)
    return config.replace(training=training)


def _task(
    config: Config,
    part: Part,
    base: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    fingerprint: Mapping[str, Any],
) -> TrainingTask:
    encoder = PairEncoder(tokenizer, longest_input(base, tokenizer), source_prefix(base.config))
    numbers = ModelOptions.read(base.config).requests("numbers", config.decoding.numbers)
    data = FineTuningData(config, encoder, numbers=numbers)
    return TrainingTask(
        base,
        data.pairs(part.rows),
        config.training,
        config.terms,
        tag_ids(tokenizer),
        config.run.seed,
        data.validation(part.validation),
        SelectionRule.of(config.training, config.adaptation),
        fingerprint=fingerprint,
    )
