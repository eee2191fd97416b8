"""Filters a corpus: rules and duplicates pair by pair, then what only the whole corpus can tell.

1. each source: repairs, the rules of ``mt.data.rules``, test segments, repeats and near-duplicates across sources;
2. the score of the word alignment and the fluency of the target, each pair judged by the others;
3. for the pairs that are kept: nearness to the domain, the terms to annotate, and synthetic pairs with names exchanged.

Everything dropped is counted by source and reason, with examples, in ``report.json`` and ``report.md``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mt.data.corpus import clean_pairs
from mt.data.rules import drop_reason
from mt.errors import ConfigError, DataError
from mt.io.files import replaced_directory
from recipes.starter.config import Source, StarterConfig
from recipes.starter.corpus.dictionary import Dictionary
from recipes.starter.corpus.made_of import filter_made_of, write_made_of
from recipes.starter.filtering.domain import domain_scores
from recipes.starter.filtering.duplicates import Duplicates
from recipes.starter.filtering.entities import Entities
from recipes.starter.filtering.exchange_names import NameExchanger
from recipes.starter.filtering.filtered_pairs import FilteredPair, write_filtered
from recipes.starter.filtering.fluency import fluency
from recipes.starter.filtering.held_out import HeldOut
from recipes.starter.filtering.report import FilterReport
from recipes.starter.filtering.term_pairs import TermFinder
from recipes.starter.filtering.token_table import TokenTable
from recipes.starter.filtering.word_alignment import Links, scores_and_links, train_model1
from recipes.starter.filtering.words import Segmenter, english_spans

_log = logging.getLogger(__name__)

# The name of the file of synthetic pairs.
SYNTHETIC = "synthetic"
# Targets of fewer words and punctuation marks are not judged by counts.
_FEWEST_WORDS = 5


@dataclass
class _Pairs:
    """Pairs of all sources, and the number of each one's source."""

    zh: list[str] = field(default_factory=list)
    en: list[str] = field(default_factory=list)
    origin: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.zh)

    def select(self, rows: Sequence[int]) -> _Pairs:
        return _Pairs(
            [self.zh[row] for row in rows], [self.en[row] for row in rows], [self.origin[row] for row in rows]
        )


def filtered_name(path: str) -> str:
    """Return the name of the file that holds what is kept of a source."""
    return Path(path).name.split(".")[0] + ".tsv.xz"


def filter_corpus(config: StarterConfig, progress: Callable[[str], None] | None = None) -> Path:
    """Filter ``config.corpus.sources`` into ``config.filter.folder``, replacing what was there.

    Args:
        config: its ``corpus`` and ``filter`` sections are used.
        progress: called with a line about each step.

    Returns:
        The folder: a file per source (``read_filtered``), one of synthetic pairs, and the report.

    Raises:
        ConfigError: no folder or no source is named, or two sources have the same name.
        DataError: a file is missing or broken, or nothing was left.
    """
    sources = list({source.path: source for source in config.corpus.sources}.values())
    names = [filtered_name(source.path) for source in sources]
    if not config.filter.folder:
        raise ConfigError("is empty", field="filter.folder", hint="name a folder for the filtered pairs")
    if not sources:
        raise ConfigError("names no bilingual file", field="corpus.sources", hint="list at least one path")
    if len(set(names)) < len(names):
        raise ConfigError("two files have the same name", field="corpus.sources", hint="rename one of them")
    work = _Filtering(config, names, progress or (lambda _: None))
    return work.write(work.add_terms(work.judge(work.apply_rules(sources))))


class _Filtering:
    """The steps, the report they fill, and what they share."""

    def __init__(self, config: StarterConfig, names: Sequence[str], progress: Callable[[str], None]) -> None:
        self._made_of = filter_made_of(config)
        self._settings, self._seed, self._names, self._progress = config.filter, config.run.seed, names, progress
        self._report = FilterReport([name.removesuffix(".tsv.xz") for name in names], self._seed)
        self._lexicon = Dictionary.load(config.corpus.lexicon)
        self._segmenter = Segmenter(self._lexicon.words)

    def apply_rules(self, sources: Sequence[Source]) -> _Pairs:
        """Read all sources and return the pairs that rules, test sets and duplicates leave."""
        pairs = _Pairs()
        duplicates = Duplicates(self._settings.most_copies)
        held_out = HeldOut.load(self._settings.held_out)
        for number, source in enumerate(sources):
            for zh, en in clean_pairs(source):
                self._report.read(number)
                reason = drop_reason(zh, en) or held_out.reason(zh, en) or duplicates.reason(zh, en)
                if reason is not None:
                    self._report.drop(number, reason, zh, en)
                    continue
                pairs.zh.append(zh)
                pairs.en.append(en)
                pairs.origin.append(number)
            self._progress(f"{source.path}: {self._report.summary(number)}")
        if not len(pairs):
            raise DataError("no pair was left after filtering", hint="check corpus.sources")
        return pairs

    def judge(self, pairs: _Pairs) -> _Judged:
        """Drop the pairs that the others do not support; score the rest by nearness to the domain."""
        zh = TokenTable.of(self._zh_words(text) for text in pairs.zh)
        en = TokenTable.of(_en_words(text) for text in pairs.en)
        self._progress(f"{len(pairs)} pairs after the rules; {len(zh.ids)} Chinese and {len(en.ids)} English words")
        scores, links = _align(zh, en, self._settings.alignment_pairs, self._seed)
        self._progress("words aligned")
        fluent, judged = fluency(en), en.lengths >= _FEWEST_WORDS
        loose = judged & (scores < self._settings.min_alignment)
        odd = judged & (fluent < self._settings.min_fluency)
        for row in np.flatnonzero(loose | odd).tolist():
            reason, score = ("alignment", scores[row]) if loose[row] else ("fluency", fluent[row])
            self._report.drop(pairs.origin[row], reason, pairs.zh[row], pairs.en[row], float(score))
        self._report.distribution("alignment", scores[judged])
        self._report.distribution("fluency", fluent[judged])
        rows = np.flatnonzero(~(loose | odd))
        near = self._nearness(zh.select(rows), en.select(rows))
        self._progress(f"{len(rows)} pairs kept")
        return _Judged(pairs.select(rows.tolist()), near, [links[row] for row in rows.tolist()])

    def _nearness(self, zh: TokenTable, en: TokenTable) -> NDArray[np.float64]:
        """Return the nearness of each pair to the domain; 0 for all where no domain is named."""
        if not self._settings.domain:
            return np.zeros(len(zh))
        zh_words: list[str] = []
        en_words: list[str] = []
        for source in self._settings.domain:
            for zh_text, en_text in clean_pairs(source):
                zh_words += self._zh_words(zh_text)
                en_words += _en_words(en_text)
        return domain_scores((zh, en), (zh_words, en_words))

    def add_terms(self, judged: _Judged) -> tuple[list[int], list[FilteredPair]]:
        """Find the terms of each pair; return the origins and the pairs."""
        finder, pairs = TermFinder(self._lexicon, self._seed), judged.pairs
        rows = [
            FilteredPair(zh, en, score, tuple(finder.find(zh, en, self._segmenter.spans(zh), english_spans(en), link)))
            for zh, en, score, link in zip(pairs.zh, pairs.en, judged.near.tolist(), judged.links, strict=True)
        ]
        self._report.terms(rows)
        self._progress("terms found")
        return pairs.origin, rows

    def write(self, found: tuple[list[int], list[FilteredPair]]) -> Path:
        """Write a file per source, synthetic pairs and the report."""
        settings, (origins, rows) = self._settings, found
        with replaced_directory(settings.folder, "filtered corpus") as folder:
            for number, name in enumerate(self._names):
                own = [row for row, origin in zip(rows, origins, strict=True) if origin == number]
                write_filtered(folder / name, own)
                self._report.kept(number, own, settings.near_score)
            if settings.entities:
                exchanger = NameExchanger(Entities.load(settings.entities), settings.near_score, self._seed)
                synthetic = list(exchanger.exchange(rows, settings.synthetic_copies))
                write_filtered(folder / f"{SYNTHETIC}.tsv.xz", synthetic)
                self._report.synthetic.update(exchanger.kinds)
                self._progress(f"{len(synthetic)} synthetic pairs: {dict(exchanger.kinds.most_common())}")
            write_made_of(folder, self._made_of)
            self._report.write(folder, settings.model_dump(mode="json"))
        for warning in self._report.warnings(settings.warn_drop_share):
            _log.warning("%s", warning)
        return Path(settings.folder)

    def _zh_words(self, text: str) -> list[str]:
        return [text[start:end] for start, end in self._segmenter.spans(text)]


@dataclass(frozen=True)
class _Judged:
    """The pairs that are kept, with their nearness to the domain and their word links."""

    pairs: _Pairs
    near: NDArray[np.float64]
    links: list[Links]


def _en_words(text: str) -> list[str]:
    return [text[start:end].lower() for start, end in english_spans(text)]


def _align(zh: TokenTable, en: TokenTable, sample: int, seed: int) -> tuple[NDArray[np.float64], list[Links]]:
    """Return score and links of every pair, by a model that has not seen it."""
    order = np.random.default_rng(seed).permutation(len(zh))
    size = min(sample, (len(order) + 1) // 2)
    first, second = np.sort(order[:size]), np.sort(order[size : 2 * size])
    scores = np.zeros(len(zh))
    links: list[Links] = [Links(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))] * len(zh)
    unseen_by_first = np.setdiff1d(np.arange(len(zh)), first)
    for trained, judged in ((first, unseen_by_first), (second, first)):
        if not len(trained):
            continue
        some_zh, some_en = zh.select(trained), en.select(trained)
        zh_to_en, en_to_zh = train_model1(some_zh, some_en), train_model1(some_en, some_zh)
        done = 0
        for some_scores, some_links in scores_and_links(zh.select(judged), en.select(judged), zh_to_en, en_to_zh):
            rows = judged[done : done + len(some_scores)]
            scores[rows] = some_scores
            for row, link in zip(rows.tolist(), some_links, strict=True):
                links[row] = link
            done += len(some_scores)
    return scores, links
