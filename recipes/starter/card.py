"""The model card of a starter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mt.io.text import read_json
from mt.models.tags import LENGTH_TAGS
from mt.training.progress import Progress
from recipes.starter.config import StarterConfig
from recipes.starter.corpus.sources import training_sources

_LICENCE = "CC-BY-SA-4.0"


@dataclass(frozen=True)
class Measured:
    """A trained model in numbers.

    Attributes:
        progress: how long it was trained.
        parameters: number of its weights.
        scores: test set → metric → score.
        signatures: metric → sacrebleu signature.
    """

    progress: Progress
    parameters: int
    scores: Mapping[str, Mapping[str, float]]
    signatures: Mapping[str, str]


def starter_card(config: StarterConfig, measured: Measured, notes: Sequence[str] = ()) -> str:
    """Write the model card; ``notes`` are further paragraphs."""
    head = {
        "language": ["zh", "en"],
        "license": _LICENCE.lower(),
        "pipeline_tag": "translation",
        "library_name": "transformers",
        "tags": ["zhen-mt", "terminology", "marian"],
    }
    parts = [
        f"---\n{yaml.safe_dump(head, sort_keys=False).strip()}\n---",
        "# zhen-mt starter: Chinese to English",
        _description(config, measured.parameters),
        "## Scores",
        _scores(measured),
        "Compute them again with `zhen-mt evaluate --source FILE.zh --reference FILE.en --system "
        "starter=models/starter -o DIR`.",
        "## Training",
        _training(config, measured.progress),
        _data(config),
        _filters(config),
        f"Licence of the weights: {_LICENCE}.",
        *notes,
    ]
    return "\n\n".join(parts) + "\n"


def _description(config: StarterConfig, parameters: int) -> str:
    shape, clauses = config.model, config.decoding.clause_characters
    lines = [
        f"A Marian model of {parameters / 1e6:.1f} M parameters ({shape.encoder_layers} encoder and "
        f"{shape.decoder_layers} decoder layers, width {shape.d_model}, {shape.vocab_size:,} joint SentencePiece "
        "pieces with byte fallback), trained from scratch to translate Chinese into English and to use the target of a "
        "term that is written into its source: `… <term> 川促会 <trans> SUCPEB </term> …`. It reads simplified "
        "Chinese; `zhen-mt` converts traditional."
    ]
    if clauses:
        lines.append(
            f"It omits much of a long sentence: `zhen-mt` translates those of {clauses} characters and more clause by "
            "clause, for the scores below as well."
        )
    if config.corpus.length_tags:
        lines.append(
            f"A tag before the source requests a length, from `{LENGTH_TAGS[0]}` (cut short) to `{LENGTH_TAGS[-1]}`; "
            f"`zhen-mt` puts `{shape.source_prefix}` there (`task_specific_params` in config.json). Other programs may "
            "do the same, or leave it out."
        )
    return "\n".join(lines)


def _scores(measured: Measured) -> str:
    rows = [
        f"| {test} | {metric} | {value:.2f} | `{measured.signatures[metric]}` |"
        for test, values in measured.scores.items()
        for metric, value in values.items()
    ]
    return "\n".join(["| test set | metric | score | signature |", "|---|---|--:|---|", *rows])


def _training(config: StarterConfig, progress: Progress) -> str:
    training, terms = config.training, config.terms
    rates = f"{training.learning_rate:g}"
    if training.optimizer == "muon":
        rates += f" (matrices {training.muon_learning_rate:g})"
    rows = {
        "configuration": f"run folder `{config.run.dir}`, seed {config.run.seed}",
        "steps, target tokens": f"{progress.step:,}, {progress.target_tokens:,} (epoch {progress.epoch + 1})",
        "time": f"{progress.seconds / 3600:.2f} hours",
        "optimiser": f"{training.optimizer}, learning rate {rates}, {training.lr_scheduler_type}, batches of "
        f"{training.batch_tokens} tokens",
        "weights": "of the last step, stored in bfloat16",
        "annotation": f"{terms.annotated_share:.0%} of the segments with terms, each term left out with "
        f"{terms.drop_share:.0%}; {terms.invented_share:.0%} of the segments with terms have an invented target",
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {text} |" for name, text in rows.items())])


def _data(config: StarterConfig) -> str:
    packing: dict[str, Any] = read_json(Path(config.corpus.packed) / "train" / "packing.json")
    rows = []
    for source, packed in zip(training_sources(config), packing["sources"], strict=True):
        if source.weight > 0:
            name = Path(source.path).name.split(".")[0] + (f", {source.part}" if source.part != "all" else "")
            rows.append((name, source.licence, packed["kept"], source.weight))
    for source in config.corpus.translations:
        pairs = read_json(Path(source.path) / "train" / "packing.json")["pairs"]
        rows.append((f"{Path(source.path).name} (by a model)", "of the sources", pairs, source.weight))
    head = ["| data | licence, as upstream states it | pairs kept | copies per epoch |", "|---|---|--:|--:|"]
    return "\n".join([*head, *(f"| {name} | {terms} | {kept:,} | {weight:g} |" for name, terms, kept, weight in rows)])


def _filters(config: StarterConfig) -> str:
    found, filtered = "with CC-CEDICT", ", not by meaning"
    if config.filter.folder:
        found, filtered = "by word alignment and with CC-CEDICT", ", by word alignment and by fluency"
    return (
        f"Terms were found {found} (CC BY-SA 4.0, credit: MDBG and its editors). Pairs were filtered by rule (script, "
        f"length ratio, markup, numbers){filtered}. No WMT test after 2020, FLORES or NTREX was used; newstest 2019 "
        "gave the validation loss, newstest 2020 only the scores above."
    )
