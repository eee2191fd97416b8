"""Corpus files → vocabulary and packed token ids."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from mt.data.corpus import read_pairs
from mt.errors import ConfigError, DataError
from mt.io.text import stream_lines
from recipes.starter.config import LONGEST_INPUT, CorpusConfig, Source, StarterConfig
from recipes.starter.corpus.dictionary import Dictionary
from recipes.starter.corpus.exchange_numbers import exchange_numbers
from recipes.starter.corpus.joining import join_pairs
from recipes.starter.corpus.made_of import check_made_of, corpus_made_of, filter_made_of, write_made_of
from recipes.starter.corpus.packing import PackedSource, Packer, pack_texts
from recipes.starter.corpus.sources import JOINED, NUMBERS, training_sources
from recipes.starter.corpus.vocabulary import train_vocabulary
from recipes.starter.filtering.filter_corpus import filter_corpus, filtered_name
from recipes.starter.filtering.filtered_pairs import FilteredPair, read_filtered

_log = logging.getLogger(__name__)

# Pairs of one file that the vocabulary is learnt from, so that no file alone decides it.
_VOCABULARY_PAIRS = 300_000


def pack_corpus(config: StarterConfig, progress: Callable[[str], None] | None = None) -> Path:
    """Make the vocabulary and the packed corpus of ``config.corpus`` unless they exist, made of the same.

    Returns:
        The folder: ``tokenizer/``, ``train/`` and ``validation/`` under ``corpus.packed``.

    Raises:
        ConfigError: the configuration names no corpus, or one that was made with another configuration.
        DataError: a corpus file is missing or broken.
    """
    corpus = config.corpus
    folder = Path(corpus.packed)
    made_of = corpus_made_of(config)
    check_made_of(folder, made_of, "corpus.packed")
    if (folder / "train" / "packing.json").is_file() and (folder / "validation" / "packing.json").is_file():
        return folder
    if not corpus.sources:
        raise ConfigError("names no bilingual file", field="corpus.sources", hint="list at least one path")
    if config.filter.folder:
        check_made_of(Path(config.filter.folder), filter_made_of(config), "filter.folder")
        if not (Path(config.filter.folder) / "report.json").is_file():
            _log.info("filtering the corpus into %s", config.filter.folder)
            filter_corpus(config, progress)
    # First, so that another configuration does not continue what an interrupted run began.
    write_made_of(folder, made_of)
    tokenizer = folder / "tokenizer"
    if not (tokenizer / "vocab.json").is_file():
        _log.info("learning a vocabulary of %d pieces", config.model.vocab_size)
        train_vocabulary(_sentences(config), config.model.vocab_size, tokenizer, length_tags=corpus.length_tags)
    _pack_validation(corpus, tokenizer, folder / "validation")
    lexicon = Dictionary.load(corpus.lexicon)
    packer = Packer(lexicon, tokenizer, config.terms.invented_share, corpus.max_tokens, config.run.seed)
    sources = []
    for source in training_sources(config):
        dropped: Counter[str] = Counter()
        sources.append(PackedSource(source, _pairs(source, config, lexicon, dropped), dropped))
    packer.pack(sources, folder / "train", progress)
    return folder


def _pairs(source: Source, config: StarterConfig, lexicon: Dictionary, dropped: Counter[str]) -> Iterator[FilteredPair]:
    """Yield a source's pairs with their terms."""
    settings, seed = config.filter, config.run.seed
    if not settings.folder:
        for zh, en in read_pairs(source, dropped):
            yield FilteredPair(zh, en, 0.0, tuple(lexicon.find_terms(zh, en)))
    elif source.path == JOINED:
        yield from join_pairs(_filtered_pairs(config), near=settings.near_score, seed=seed)
    elif source.path == NUMBERS:
        yield from exchange_numbers(_filtered_pairs(config), copies=settings.numbers_copies, seed=seed)
    else:
        for pair in read_filtered(Path(settings.folder) / filtered_name(source.path)):
            near = pair.domain >= settings.near_score
            if source.part == "all" or near == (source.part == "near"):
                yield pair


def _filtered_pairs(config: StarterConfig) -> Iterator[FilteredPair]:
    """Yield the pairs of all files, synthetic ones included."""
    for path in dict.fromkeys(source.path for source in training_sources(config)):
        if path not in (JOINED, NUMBERS):
            yield from read_filtered(Path(config.filter.folder) / filtered_name(path))


def _sentences(config: StarterConfig) -> Iterator[str]:
    """Yield both sides of an even sample of each file."""
    files: dict[str, Source] = {}
    for source in config.corpus.sources:
        # A file that is named twice, for its near and its far part, counts once.
        files.setdefault(source.path, source)
    for source in files.values():
        if config.filter.folder:
            kept = read_filtered(Path(config.filter.folder) / filtered_name(source.path))
            pairs = [(pair.zh, pair.en) for pair in kept]
        else:
            pairs = list(read_pairs(source, Counter()))
        for zh, en in pairs[:: max(1, len(pairs) // _VOCABULARY_PAIRS)]:
            yield zh
            yield en


def _pack_validation(corpus: CorpusConfig, tokenizer: Path, folder: Path) -> None:
    paths = (corpus.validation_zh, corpus.validation_en)
    zh, en = (
        [
            line.strip()
            for line in islice(stream_lines(path, hint="correct corpus.validation_*"), corpus.validation_pairs)
        ]
        for path in paths
    )
    if len(zh) != len(en):
        raise DataError(f"{len(zh)} lines, but {paths[1]} has {len(en)}", path=paths[0])
    too_long = pack_texts((zh, en), tokenizer, folder, max_tokens=LONGEST_INPUT)
    if too_long:
        _log.warning("%d validation pairs of more than %d tokens are left out", too_long, LONGEST_INPUT)
