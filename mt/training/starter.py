"""A model from scratch: vocabulary, packed corpus, then the same loop that fine-tunes."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from mt.config import Config, CorpusSource
from mt.data.corpus import read_pairs
from mt.data.exchange_figures import exchange_figures
from mt.data.filtered import FilteredPair, read_filtered
from mt.data.filtering import SYNTHETIC, filter_corpus, filtered_name
from mt.data.joining import join_pairs
from mt.data.lexicon import Lexicon
from mt.errors import ConfigError, DataError, UserError
from mt.models.load import prefix_ids, source_prefix, tag_ids
from mt.training.data.length_tagging import LengthTagger
from mt.training.data.mixture import joined
from mt.training.data.packing import PackedPairs, pack_corpus, pack_texts
from mt.training.data.subwords import PieceSplitter
from mt.training.data.transforms import SourceTransform
from mt.training.data.translations import load_translations
from mt.training.data.vocabulary import train_vocabulary
from mt.training.hardware.processes import is_main, main_first
from mt.training.loop import Trained, TrainingEvent, train_loop
from mt.training.model import LONGEST_INPUT, new_marian, record_decoding
from mt.training.saving.manifest import model_manifest
from mt.training.saving.publish import save_model

__all__ = ["pack", "source_names", "source_rows", "train_starter", "training_sources", "unknown_source"]

_log = logging.getLogger(__name__)

# Pairs of one source the vocabulary is learnt from; so no source alone decides it.
_VOCABULARY_PAIRS = 300_000
# No files: what ``join_pairs`` and ``exchange_figures`` make of the others while packing.
_JOINED, _FIGURES = "joined", "figures"
# Manuals and programs' texts, which are alike, have one name.
_MANUALS = ("-docs", "-site", "-editor", "tldr", "d2l")


def pack(config: Config, progress: Callable[[str], None] | None = None) -> Path:
    """Make the vocabulary and the packed corpus of ``config.corpus`` unless they are there already.

    Returns the folder: ``tokenizer/``, ``train/`` and ``validation/`` under ``corpus.packed``.

    Raises:
        ConfigError: the configuration names no corpus.
        DataError: a corpus file is missing or broken.
    """
    corpus = config.corpus
    folder = Path(corpus.packed)
    if (folder / "train" / "packing.json").is_file() and (folder / "validation" / "packing.json").is_file():
        return folder
    if not corpus.sources:
        raise ConfigError("names no bilingual file", field="corpus.sources", hint="list at least one path")
    if config.filter.folder and not (Path(config.filter.folder) / "report.json").is_file():
        _log.info("filtering the corpus into %s", config.filter.folder)
        filter_corpus(config, progress)
    tokenizer = folder / "tokenizer"
    if not (tokenizer / "vocab.json").is_file():
        _log.info("learning a vocabulary of %d pieces", config.model.vocab_size)
        train_vocabulary(_sentences(config), config.model.vocab_size, tokenizer, length_tags=corpus.length_tags)
    _pack_validation(config, tokenizer, folder / "validation")
    lexicon = Lexicon.load(corpus.lexicon)
    drops: list[Counter[str]] = [Counter() for _ in training_sources(config)]
    pack_corpus(
        [
            (source, _pairs(source, config, lexicon, dropped), dropped)
            for source, dropped in zip(training_sources(config), drops, strict=True)
        ],
        lexicon,
        tokenizer,
        folder / "train",
        config.terms,
        max_tokens=corpus.max_tokens,
        seed=config.run.seed,
        progress=progress,
    )
    return folder


def training_sources(config: Config) -> list[CorpusSource]:
    """The sources as packed; of a filtered corpus the pairs that are made of others are the last."""
    sources = list(config.corpus.sources)
    if config.filter.folder and config.filter.entities:
        sources.append(
            CorpusSource(
                path=SYNTHETIC, weight=config.filter.synthetic_weight, licence="of the sources, names CC BY-SA 4.0"
            )
        )
    if config.filter.folder and config.filter.joined_weight:
        sources.append(CorpusSource(path=_JOINED, weight=config.filter.joined_weight, licence="of the sources"))
    if config.filter.folder and config.filter.figures_weight:
        sources.append(CorpusSource(path=_FIGURES, weight=config.filter.figures_weight, licence="of the sources"))
    return sources


def source_names(config: Config) -> list[str]:
    """Name each of ``training_sources``: by its file, its part of a divided file, or ``docs`` for all manuals."""
    names = []
    for source in training_sources(config):
        stem = Path(source.path).name.split(".")[0]
        if source.part != "all":
            stem = source.part
        elif stem == "train":
            stem = Path(source.path).parent.name
        elif any(mark in stem for mark in _MANUALS):
            stem = "docs"
        names.append(stem)
    return names


def unknown_source(config: Config, names: Sequence[str]) -> str:
    """Say which of some names is none of ``source_names``, and which there are; empty where all are."""
    known = source_names(config)
    unknown = sorted(set(names) - set(known))
    return f"{unknown[0]}: no such source; take of {', '.join(dict.fromkeys(known))}" if unknown else ""


def source_rows(
    config: Config, pairs: PackedPairs, names: Sequence[str], tokens: range, most: int = 0
) -> NDArray[np.int64]:
    """Choose rows of the packed corpus, in its order.

    Args:
        config: what it was packed by.
        pairs: as packed, or reversed.
        names: of ``source_names``; none takes all that have a weight.
        tokens: lengths of the source.
        most: at most so many, drawn at random by ``run.seed``; 0 for all.

    Raises:
        UserError: the corpus was packed from other sources.
    """
    known = source_names(config)
    if len(known) != len(pairs.weights):
        raise UserError("was packed from other sources", path=config.corpus.packed, hint="pack it again")
    wanted = [
        number
        for number, (name, source) in enumerate(zip(known, training_sources(config), strict=True))
        if (name in names if names else source.weight > 0)
    ]
    lengths = pairs.source.lengths
    rows = np.flatnonzero(np.isin(pairs.origin, wanted) & (lengths >= tokens.start) & (lengths < tokens.stop))
    return np.sort(np.random.default_rng(config.run.seed).permutation(rows)[:most]) if most else rows


def train_starter(
    config: Config,
    *,
    resume: bool = False,
    report: Callable[[TrainingEvent], None] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Trained:
    """Train a new Marian model and save it under ``run.dir/model``."""
    with main_first():
        folder = pack(config, progress)
    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder / "tokenizer")
    model = new_marian(config.model, tokenizer, seed=config.run.seed)
    record_decoding(model, config)
    _log.info("a model of %.1f M parameters", sum(weight.numel() for weight in model.parameters()) / 1e6)
    run = Path(config.run.dir)
    pairs, validation = (PackedPairs.load(folder / part) for part in ("train", "validation"))
    pairs = pairs.reweighted([source.weight for source in training_sources(config)])
    translations = load_translations(config.corpus.translations, tokenizer)
    if translations:
        pairs = joined([pairs, *translations])
    if config.corpus.min_target_ratio:
        every = len(pairs)
        pairs = pairs.without_short_targets(config.corpus.min_target_ratio)
        _log.info("%d of %d pairs left out: their translation is too short for the source", every - len(pairs), every)
    transforms: list[SourceTransform] = []
    if config.corpus.both_directions:
        pairs = joined([pairs, pairs.reversed()])
    if config.corpus.reverse:
        pairs, validation = pairs.reversed(), validation.reversed()
    elif config.corpus.length_tags:
        transforms.append(LengthTagger.of(tokenizer, tag_ids(tokenizer)))
    # Last: the tagger counts whole pieces.
    transforms += PieceSplitter.wanted(tokenizer, config.training.split_share, LONGEST_INPUT)
    # As requests are: what a source is given besides its own tokens.
    validation = validation.prefixed(prefix_ids(tokenizer, source_prefix(model.config)))
    trained = train_loop(
        model,
        pairs,
        validation,
        run,
        config.training,
        config.terms,
        tag_ids(tokenizer),
        seed=config.run.seed,
        transforms=transforms,
        resume=resume,
        report=report,
    )
    if not is_main():
        return trained
    sources = [
        {"path": source.path, "weight": source.weight, "licence": source.licence} for source in training_sources(config)
    ]
    manifest = model_manifest(config, trained, model.config, {"sources": sources})
    save_model(model, tokenizer, run / "model", manifest=manifest)
    return trained


def _pairs(source: CorpusSource, config: Config, lexicon: Lexicon, drops: Counter[str]) -> Iterator[FilteredPair]:
    """A source's pairs with their terms: as filtered, or after the rules alone."""
    if not config.filter.folder:
        for zh, en in read_pairs(source, drops):
            yield FilteredPair(zh, en, 0.0, tuple(lexicon.find_pairs(zh, en)))
        return
    if source.path == _JOINED:
        yield from join_pairs(_every_pair(config), near=config.filter.near_score, seed=config.run.seed)
        return
    if source.path == _FIGURES:
        yield from exchange_figures(_every_pair(config), copies=config.filter.figures_copies, seed=config.run.seed)
        return
    for pair in read_filtered(Path(config.filter.folder) / filtered_name(source.path)):
        near = pair.domain >= config.filter.near_score
        if source.part == "all" or near == (source.part == "near"):
            yield pair


def _every_pair(config: Config) -> Iterator[FilteredPair]:
    for path in dict.fromkeys(source.path for source in training_sources(config)):
        if path in (_JOINED, _FIGURES):
            continue
        yield from read_filtered(Path(config.filter.folder) / filtered_name(path))


def _sentences(config: Config) -> Iterator[str]:
    """Both sides of an even sample of each file."""
    drops: Counter[str] = Counter()
    for path in dict.fromkeys(source.path for source in config.corpus.sources):
        source = next(source for source in config.corpus.sources if source.path == path)
        if config.filter.folder:
            kept = read_filtered(Path(config.filter.folder) / filtered_name(path))
            pairs = [(pair.zh, pair.en) for pair in kept]
        else:
            pairs = list(read_pairs(source, drops))
        stride = max(1, len(pairs) // _VOCABULARY_PAIRS)
        for zh, en in pairs[::stride]:
            yield zh
            yield en


def _pack_validation(config: Config, tokenizer: Path, folder: Path) -> None:
    corpus = config.corpus
    sides = []
    for path in (corpus.validation_zh, corpus.validation_en):
        try:
            with open(path, encoding="utf-8") as file:
                sides.append([line.strip() for line in islice(file, corpus.validation_pairs)])
        except OSError as error:
            raise DataError(
                f"cannot be read ({error.strerror})", path=path, hint="correct corpus.validation_*"
            ) from None
    if len(sides[0]) != len(sides[1]):
        raise DataError(f"{len(sides[0])} lines against {len(sides[1])}", path=corpus.validation_zh)
    overlong = pack_texts(sides[0], sides[1], tokenizer, folder, max_tokens=LONGEST_INPUT)
    if overlong:
        _log.warning("%d validation pairs of more than %d tokens are left out", overlong, LONGEST_INPUT)
