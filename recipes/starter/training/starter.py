"""Training of the starter: the packed corpus, prepared as configured, through the loop that also fine-tunes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from transformers import AutoTokenizer, PreTrainedTokenizerBase

from mt.models.load import prefix_ids, source_prefix, tag_ids
from mt.training.data.batching import SourceTransform
from mt.training.data.mixture import concatenated
from mt.training.data.packed_pairs import PackedPairs
from mt.training.hardware.processes import is_main, process_state
from mt.training.loop import TrainingEvent, TrainingResult, TrainingTask, train_loop
from mt.training.saving.publish import save_model
from mt.training.saving.run_folder import only_training
from mt.training.validation import ValidationSet
from recipes.starter.config import LONGEST_INPUT, StarterConfig
from recipes.starter.corpus.pack_corpus import pack_corpus
from recipes.starter.corpus.pairs import load_pairs, prefixed, reversed_pairs, reweighted, without_short_targets
from recipes.starter.corpus.sources import training_sources
from recipes.starter.corpus.translations import load_translations
from recipes.starter.training.length_tagger import LengthTagger
from recipes.starter.training.marian import new_marian, record_options
from recipes.starter.training.muon import muon_optimizers
from recipes.starter.training.subwords import PieceSplitter
from recipes.starter.training.target_noise import TargetNoise

_log = logging.getLogger(__name__)


def train_starter(
    config: StarterConfig,
    *,
    resume: bool = False,
    report: Callable[[TrainingEvent], None] | None = None,
    progress: Callable[[str], None] | None = None,
) -> TrainingResult:
    """Train a new Marian model and save it as ``run.dir/model``; filter and pack the corpus first if needed.

    Args:
        config: all of it.
        resume: continue from the newest checkpoint of the run, if there is one.
        report: called after every step.
        progress: called with a line about each step of filtering and packing.
    """
    with process_state().main_process_first():
        folder = pack_corpus(config, progress)
    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder / "tokenizer")
    model = new_marian(config.model, tokenizer, seed=config.run.seed)
    record_options(model, config)
    _log.info("a model of %.1f M parameters", sum(weight.numel() for weight in model.parameters()) / 1e6)
    tags, run, noise = tag_ids(tokenizer), Path(config.run.dir), config.training.target_noise
    if noise:
        TargetNoise(noise).add_to(model)
    # Requests begin with the prefix, so validation does as well.
    validation = prefixed(load_pairs(folder / "validation"), prefix_ids(tokenizer, source_prefix(model.config)))
    task = TrainingTask(
        model,
        _training_pairs(config, folder, tokenizer),
        config.training,
        config.terms,
        tags,
        config.run.seed,
        [ValidationSet("validation", validation)],
        transforms=_transforms(config, tokenizer, tags),
        optimizers=lambda trained, _: muon_optimizers(trained, config.training),
    )
    with only_training(run):
        result = train_loop(task, run, resume=resume, report=report)
    if is_main():
        made = {"kind": "zhen-mt starter", "config": config.model_dump(mode="json"), "steps": result.progress.step}
        made["target_tokens"] = result.progress.target_tokens
        save_model(model, tokenizer, run / "model", manifest=made)
    return result


def _training_pairs(config: StarterConfig, folder: Path, tokenizer: PreTrainedTokenizerBase) -> PackedPairs:
    """Load the packed corpus and the translations with the weights of the configuration."""
    corpus = config.corpus
    pairs = reweighted(load_pairs(folder / "train"), [source.weight for source in training_sources(config)])
    translations = load_translations(corpus.translations, tokenizer)
    if translations:
        pairs = concatenated([pairs, *translations])
    if corpus.min_target_ratio:
        count = len(pairs)
        pairs = without_short_targets(pairs, corpus.min_target_ratio)
        _log.info("%d of %d pairs left out: their target is too short for the source", count - len(pairs), count)
    return concatenated([pairs, reversed_pairs(pairs)]) if corpus.both_directions else pairs


def _transforms(config: StarterConfig, tokenizer: PreTrainedTokenizerBase, tags: list[int]) -> list[SourceTransform]:
    # The tagger counts whole pieces, so pieces are split after it.
    tagger = [LengthTagger.of(tokenizer, tags)] if config.corpus.length_tags else []
    share = config.training.split_share
    return [*tagger, *([PieceSplitter.of(tokenizer, share, LONGEST_INPUT)] if share else [])]
