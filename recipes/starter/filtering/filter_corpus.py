"""A large corpus filtered: rules and duplicates pair by pair, then what only the whole corpus can tell.

1. each source: cleaned, the rules of ``mt.data.rules``, test segments, repeats and near-duplicates across sources;
2. the score of the word alignment and the fluency of the target, each pair judged by the others;
3. for what is kept: nearness to the domain, the terms to annotate, and synthetic pairs with names exchanged.

Everything dropped is counted by source and reason, with examples, in ``report.json`` and ``report.md``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mt.data.corpus import clean_pairs
from mt.data.lexicon import Lexicon
from mt.data.rules import drop_reason
from mt.errors import ConfigError, DataError
from mt.io.files import replaced_directory
from recipes.starter.config import FilterConfig, Source, StarterConfig
from recipes.starter.filtering.domain import domain_scores
from recipes.starter.filtering.duplicates import Duplicates
from recipes.starter.filtering.entities import Entities
from recipes.starter.filtering.exchange_names import exchange_names
from recipes.starter.filtering.filtered_pairs import FilteredPair, write_filtered
from recipes.starter.filtering.fluency import fluency
from recipes.starter.filtering.held_out import HeldOut
from recipes.starter.filtering.report import FilterReport
from recipes.starter.filtering.term_pairs import TermFinder
from recipes.starter.filtering.token_table import TokenTable
from recipes.starter.filtering.word_alignment import Links, scores_and_links, train_model1
from recipes.starter.filtering.words import Segmenter, english_spans

__all__ = ["SYNTHETIC", "MeasuredPairs", "filter_corpus", "filtered_name", "measure_pairs", "nearness"]

_log = logging.getLogger(__name__)

# The file of synthetic pairs.
SYNTHETIC = "synthetic"
# Shorter targets (English words and signs) are not judged by counts: too few to tell.
_FEWEST_WORDS = 5


@dataclass
class _Pairs:
    """Pairs of all sources, and the number of each one's source."""

    zh: list[str] = field(default_factory=list)
    en: list[str] = field(default_factory=list)
    origin: list[int] = field(default_factory=list)

    def keep(self, rows: NDArray[np.bool_]) -> _Pairs:
        chosen = np.flatnonzero(rows).tolist()
        return _Pairs([self.zh[i] for i in chosen], [self.en[i] for i in chosen], [self.origin[i] for i in chosen])


@dataclass
class MeasuredPairs:
    """Pairs, after the rules, with what the whole corpus says of them.

    Alignment score, links, the target's fluency, and whether a pair is long enough to be judged by these.
    """

    pairs: _Pairs
    zh: TokenTable
    en: TokenTable
    scores: NDArray[np.float64]
    links: list[Links]
    fluent: NDArray[np.float64]
    judged: NDArray[np.bool_]


def filtered_name(path: str) -> str:
    """Name of the file that holds what is kept of a source."""
    return Path(path).name.split(".")[0] + ".tsv.xz"


def filter_corpus(config: StarterConfig, progress: Callable[[str], None] | None = None) -> Path:
    """Filter ``config.corpus.sources`` into ``config.filter.folder``, replacing what was there.

    Args:
        config: its ``corpus`` and ``filter`` sections say what from, and how.
        progress: told of each step.

    Returns:
        The folder: a file a source (``read_filtered``), one of synthetic pairs, and the report.

    Raises:
        ConfigError: no folder, or no source, is named, or two sources have one name.
        DataError: a file is missing or broken, or nothing was left.
    """
    tell = progress or (lambda _: None)
    settings = config.filter
    sources = list({source.path: source for source in config.corpus.sources}.values())
    names = [filtered_name(source.path) for source in sources]
    if not settings.folder:
        raise ConfigError("is empty", field="filter.folder", hint="name a folder for the filtered pairs")
    if not sources:
        raise ConfigError("names no bilingual file", field="corpus.sources", hint="list at least one path")
    if len(set(names)) < len(names):
        raise ConfigError("two files have one name", field="corpus.sources", hint="rename one of them")
    report = FilterReport([Path(name).name.split(".")[0] for name in names], config.run.seed)
    lexicon = Lexicon.load(config.corpus.lexicon)
    measured = measure_pairs(sources, config, Segmenter(lexicon.words), report, tell)
    return _finish(measured, names, config, lexicon, report, tell)


def measure_pairs(
    sources: list[Source],
    config: StarterConfig,
    segmenter: Segmenter,
    report: FilterReport,
    tell: Callable[[str], None],
) -> MeasuredPairs:
    """Read all sources, leave out what the rules do, and score the rest; ``report`` counts what is left out."""
    pairs = _by_rules(sources, config.filter, report, tell)
    if not pairs.zh:
        raise DataError("no pair was left after filtering", hint="check corpus.sources")
    zh, en = _tables(pairs, segmenter)
    tell(f"{len(pairs.zh)} pairs after the rules; {len(zh.ids)} Chinese and {len(en.ids)} English words")
    scores, links = _align(zh, en, config.filter.alignment_pairs, config.run.seed)
    tell("words aligned")
    return MeasuredPairs(pairs, zh, en, scores, links, fluency(en), en.lengths >= _FEWEST_WORDS)


def _finish(
    measured: MeasuredPairs,
    names: list[str],
    config: StarterConfig,
    lexicon: Lexicon,
    report: FilterReport,
    tell: Callable[[str], None],
) -> Path:
    settings = config.filter
    segmenter = Segmenter(lexicon.words)
    kept = _by_counts(measured, settings, report)
    rows_kept = np.flatnonzero(kept)
    near = nearness(measured.zh.select(rows_kept), measured.en.select(rows_kept), segmenter, settings)
    pairs, links = measured.pairs.keep(kept), [measured.links[i] for i in rows_kept.tolist()]
    tell(f"{len(pairs.zh)} pairs kept")
    finder = TermFinder(lexicon, config.run.seed)
    rows = [
        FilteredPair(zh, en, score, tuple(finder.find(zh, en, segmenter.spans(zh), english_spans(en), link)))
        for zh, en, score, link in zip(pairs.zh, pairs.en, near.tolist(), links, strict=True)
    ]
    report.terms(rows)
    tell("terms found")
    with replaced_directory(settings.folder) as folder:
        for number, name in enumerate(names):
            own = [row for row, origin in zip(rows, pairs.origin, strict=True) if origin == number]
            write_filtered(folder / name, own)
            report.kept(number, own, settings.near_score)
        if settings.entities:
            entities = Entities.load(settings.entities)
            made = list(
                exchange_names(
                    rows,
                    entities,
                    near=settings.near_score,
                    copies=settings.synthetic_copies,
                    seed=config.run.seed,
                    kinds=report.synthetic,
                )
            )
            write_filtered(folder / f"{SYNTHETIC}.tsv.xz", made)
            tell(f"{len(made)} synthetic pairs: {dict(report.synthetic.most_common())}")
        report.write(folder, settings.model_dump(mode="json"))
    for warning in report.warnings(settings.warn_drop_share):
        _log.warning("%s", warning)
    return Path(settings.folder)


def _by_counts(measured: MeasuredPairs, settings: FilterConfig, report: FilterReport) -> NDArray[np.bool_]:
    """Say of each pair whether the other pairs vouch for it; report those they do not."""
    pairs, judged = measured.pairs, measured.judged
    loose = judged & (measured.scores < settings.min_alignment)
    odd = judged & (measured.fluent < settings.min_fluency)
    for row in np.flatnonzero(loose | odd).tolist():
        reason = "alignment" if loose[row] else "fluency"
        figure = measured.scores[row] if loose[row] else measured.fluent[row]
        report.drop(pairs.origin[row], reason, pairs.zh[row], pairs.en[row], float(figure))
    report.distribution("alignment", measured.scores[judged])
    report.distribution("fluency", measured.fluent[judged])
    return ~(loose | odd)


def _by_rules(
    sources: list[Source], settings: FilterConfig, report: FilterReport, tell: Callable[[str], None]
) -> _Pairs:
    pairs = _Pairs()
    duplicates = Duplicates(settings.most_copies)
    held_out = HeldOut.load(settings.held_out)
    for number, source in enumerate(sources):
        for zh, en in clean_pairs(source):
            reason = drop_reason(zh, en) or held_out.reason(zh, en) or duplicates.reason(zh, en)
            if reason is None:
                pairs.zh.append(zh)
                pairs.en.append(en)
                pairs.origin.append(number)
            report.read(number)
            if reason is not None:
                report.drop(number, reason, zh, en)
        tell(f"{source.path}: {report.summary(number)}")
    return pairs


def _tables(pairs: _Pairs, segmenter: Segmenter) -> tuple[TokenTable, TokenTable]:
    return (
        TokenTable.of([text[start:end] for start, end in segmenter.spans(text)] for text in pairs.zh),
        TokenTable.of([text[start:end].lower() for start, end in english_spans(text)] for text in pairs.en),
    )


def _align(zh: TokenTable, en: TokenTable, sample: int, seed: int) -> tuple[NDArray[np.float64], list[Links]]:
    """Scores and links of every pair by a model that has not seen it."""
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


def nearness(zh: TokenTable, en: TokenTable, segmenter: Segmenter, settings: FilterConfig) -> NDArray[np.float64]:
    """Nearness of each pair to the domain; 0 for all where no domain is named."""
    if not settings.domain:
        return np.zeros(len(zh))
    zh_words: list[str] = []
    en_words: list[str] = []
    for source in settings.domain:
        for zh_text, en_text in clean_pairs(source):
            zh_words += [zh_text[start:end] for start, end in segmenter.spans(zh_text)]
            en_words += [en_text[start:end].lower() for start, end in english_spans(en_text)]
    return domain_scores((zh, en), (zh_words, en_words))
