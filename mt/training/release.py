"""Releasing a starter: averaged weights of a run's newest checkpoint, measured, with a model card."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from safetensors.torch import load_file
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from mt.config import Config
from mt.errors import DataError
from mt.models.length_tags import LENGTH_TAGS
from mt.training.model import new_marian, record_decoding
from mt.training.saving.checkpoints import Progress, latest_checkpoint
from mt.training.starter import training_sources

__all__ = ["from_checkpoint", "starter_card"]


def from_checkpoint(config: Config) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, Progress]:
    """Load the newest checkpoint of a starter's run, its averaged weights if it keeps them.

    The run may go on meanwhile: checkpoints are written whole.

    Raises:
        DataError: the run has no checkpoint yet.
    """
    folder = Path(config.run.dir) / "checkpoints"
    path = latest_checkpoint(folder)
    if path is None:
        raise DataError("has no checkpoint yet", path=folder, hint="train first, for ten minutes at least")
    tokenizer = AutoTokenizer.from_pretrained(Path(config.corpus.packed) / "tokenizer")
    model = new_marian(config.model, tokenizer, seed=config.run.seed)
    record_decoding(model, config)
    model.load_state_dict(load_file(path / "model.safetensors"), strict=False)
    averaged = path / "ema.safetensors"
    if averaged.is_file():
        model.load_state_dict(load_file(averaged), strict=False)
    state = json.loads((path / "state.json").read_text("utf-8"))
    return model.eval(), tokenizer, Progress(**state["progress"])


def starter_card(
    config: Config,
    progress: Progress,
    parameters: int,
    scores: Mapping[str, Mapping[str, float]],
    signatures: Mapping[str, str],
    licence: str,
    notes: Sequence[str] = (),
) -> str:
    """Write the model card of a starter.

    Args:
        config: what it was trained with.
        progress: how far.
        parameters: how many weights it has.
        scores: test set → metric → score.
        signatures: metric → sacrebleu signature.
        licence: SPDX name of the weights' licence.
        notes: further paragraphs.
    """
    head = {
        "language": ["zh", "en"],
        "license": licence.lower(),
        "pipeline_tag": "translation",
        "library_name": "transformers",
        "tags": ["zhen-mt", "terminology", "marian"],
    }
    packing: dict[str, Any] = json.loads((Path(config.corpus.packed) / "train" / "packing.json").read_text("utf-8"))
    used = [
        (Path(source.path).name.split(".")[0], source.part, source.licence, packed["kept"], source.weight)
        for source, packed in zip(training_sources(config), packing["sources"], strict=True)
        if source.weight > 0
    ]
    # Rows of their own: what models made of these, read from what the translating wrote.
    for source in config.corpus.translations:
        manifest = json.loads((Path(source.path) / "train" / "packing.json").read_text("utf-8"))
        name = f"{Path(source.path).name} (by a model)"
        used.append((name, "all", "of the sources", manifest["pairs"], source.weight))
    data = "\n".join(
        f"| {name}{', ' + part if part != 'all' else ''} | {terms} | {kept:,} | {weight:g} |"
        for name, part, terms, kept, weight in used
    )
    figures = "\n".join(
        f"| {test} | {metric} | {value:.2f} | `{signatures[metric]}` |"
        for test, values in scores.items()
        for metric, value in values.items()
    )
    shape, training, terms = config.model, config.training, config.terms
    averaged = f"averaged exponentially ({training.ema_decay:g} a step)" if training.ema_decay else "of the last step"
    annotation = (
        f"{terms.annotated_share:.0%} of the segments with terms, each term left out with {terms.drop_share:.0%}; "
        f"{terms.invented_share:.0%} of the segments with terms have an invented target"
    )
    optimizer = f"{training.optimizer}, learning rate {training.learning_rate:g}" + (
        f" (matrices {training.muon_learning_rate:g})" if training.optimizer == "muon" else ""
    )
    found, filtered = "with CC-CEDICT", ", not by meaning"
    if config.filter.folder:
        found, filtered = "by word alignment and with CC-CEDICT", ", by word alignment and by fluency"
    long = ""
    if config.decoding.clause_characters:
        long = (
            " It leaves much of a long sentence out:\n"
            f"`zhen-mt` translates those of {config.decoding.clause_characters} characters and more clause by clause, "
            "in the figures below too."
        )
    asked = ""
    if config.corpus.length_tags:
        asked = (
            f"\nA tag before the source says how long the translation is to be, from `{LENGTH_TAGS[0]}` (cut short) to "
            f"`{LENGTH_TAGS[-1]}`;\n`zhen-mt` puts `{config.model.source_prefix}` there (`task_specific_params` in "
            "config.json). Other programs may do so too, or leave it out."
        )
    return f"""---
{yaml.safe_dump(head, sort_keys=False).strip()}
---

# zhen-mt starter: Chinese to English

A Marian model of {parameters / 1e6:.1f} M parameters ({shape.encoder_layers} encoder and {shape.decoder_layers} decoder
layers, width {shape.d_model}, {shape.vocab_size:,} joint SentencePiece pieces with byte fallback), trained from
scratch to translate Chinese into English and to take the wanted target of a term written into its source:
`… <term> 川促会 <trans> SUCPEB </term> …`. It reads simplified Chinese; `zhen-mt` converts traditional.{long}{asked}

## Figures

| test set | metric | score | signature |
|---|---|--:|---|
{figures}

Recompute them with `zhen-mt evaluate --source FILE.zh --reference FILE.en --system starter=models/starter -o DIR`.

## Training

| | |
|---|---|
| configuration | run folder `{config.run.dir}`, seed {config.run.seed} |
| steps, target tokens seen | {progress.step:,}, {progress.target_tokens:,} (epoch {progress.epoch + 1}) |
| time | {progress.seconds / 3600:.2f} hours |
| optimiser | {optimizer}, {training.lr_scheduler_type}, batches of {training.batch_tokens} tokens |
| weights | {averaged}, stored in bfloat16 |
| annotation | {annotation} |

| data | licence, as upstream states it | pairs kept | copies an epoch |
|---|---|--:|--:|
{data}

Terms were found {found} (CC BY-SA 4.0, credit: MDBG and its editors). Pairs were filtered by rule (script, length
ratio, markup, numbers){filtered}. No WMT test after 2020, FLORES or NTREX was used; newstest 2019 gave the validation
loss, newstest 2020 nothing but the figures above.

Licence of the weights: {licence}.
{"".join(f"{chr(10)}{note}{chr(10)}" for note in notes)}"""
