"""Measure several systems on one test set, and write down everything that makes the figures repeatable."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from mt.errors import DataError
from mt.evaluation.comparison import ALPHA, Comparison, System, segments_hash
from mt.evaluation.ranking import rank_systems
from mt.evaluation.report.outputs import write
from mt.evaluation.significance import SMALL_SAMPLE, Statistics, holm, paired_tests
from mt.io.files import sha256
from mt.metrics.checks import faults
from mt.metrics.corpus_scores import LOWER_IS_BETTER, Score, Scorer, as_streams, check_lengths
from mt.metrics.row_scores import RowsScorer
from mt.metrics.terms import TERM_METRICS, TermScorer, TermScores
from mt.metrics.wmt25 import TermDictionary, shares

if TYPE_CHECKING:
    from mt.glossary.glossary import Glossary

__all__ = ["Comparison", "System", "compare", "write"]


def compare(
    sources: Sequence[str],
    references: Sequence[str] | Sequence[Sequence[str]],
    systems: Mapping[str, Sequence[str]],
    glossary: Glossary | Sequence[Glossary] | None = None,
    documents: Sequence[str] | None = None,
    baseline: str | None = None,
    labels: Mapping[str, str] | None = None,
    seed: int = 1,
    samples: int = 1000,
    *,
    ids: Sequence[str] | None = None,
    title: str = "",
    dictionaries: Mapping[str, Sequence[TermDictionary]] | None = None,
    seen: frozenset[str] | None = None,
    steps: Mapping[str, int] | None = None,
    comet: tuple[str, Callable[[Sequence[str]], Sequence[float]]] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Comparison:
    """Score systems against the human translation and against each other.

    Args:
        sources: the source segments.
        references: their human translation; a list of such lists for several.
        systems: name -> its translations, in the order to show them.
        glossary: terms to look for, or a glossary for each segment; without it there are no term figures.
        documents: the document of each segment, for document-level term success.
        baseline: the system the others are tested against; the first one if not said.
        labels: name -> where the output comes from ("trained on this text"), shown wherever its figures are.
        seed: of the resampling.
        samples: bootstrap samples; ten times as many randomisation trials are made.
        ids: a name for each segment, for the report.
        title: heading of the report.
        dictionaries: name -> a term dictionary for each segment, for WMT25 success; without it the glossary's.
        seen: source terms that the training text had with their target, to tell them from the others.
        steps: the systems that are checkpoints of one run -> their training step, for the curve.
        comet: a learnt metric: its signature, and what scores the segments of a system (1 is best).
        progress: called with a line of text as each system is scored.

    Raises:
        DataError: lengths differ, no system, an unknown baseline or label, or text that is not Unicode.
    """
    streams = as_streams(references)
    size = len(streams[0])
    check_lengths(size, source=sources)
    check_lengths(size, **{f"reference {n}": stream for n, stream in enumerate(streams, 1)})
    for name, stream in (("documents", documents), ("ids", ids)):
        if stream is not None:
            check_lengths(size, **{name: stream})
    if not systems:
        raise DataError("no systems to compare", hint="give at least one")
    baseline = next(iter(systems)) if baseline is None else baseline
    for kind, names in (("baseline", [baseline]), ("label", list(labels or {}))):
        for name in names:
            if name not in systems:
                raise DataError(f"{kind} '{name}' is not a system", hint=f"choose from {', '.join(systems)}")
    if samples < 1:
        raise DataError(f"{samples} bootstrap samples", hint="ask for at least 1")
    for name, hypotheses in systems.items():
        check_lengths(size, **{f"system '{name}'": hypotheses})
        _check_text(f"system '{name}'", hypotheses)
    for name, stream in (("source", sources), *((f"reference {n}", s) for n, s in enumerate(streams, 1))):
        _check_text(name, stream)

    scorer = Scorer(streams)
    term_scorer = None
    if glossary is not None:
        term_scorer = TermScorer(sources, streams, glossary, documents, dictionaries, seen)
    measured: dict[str, tuple[dict[str, Score], TermScores | None]] = {}
    for name, hypotheses in systems.items():
        if progress:
            progress(f"scoring {name}")
        terms = term_scorer.score(hypotheses, f"system '{name}'") if term_scorer else None
        scores = scorer.score(hypotheses, f"system '{name}'")
        if comet is not None:
            scores["comet"] = Score.mean("comet", comet[1](hypotheses), comet[0])
        measured[name] = scores, terms
    ceiling = term_scorer.score(streams[0]) if term_scorer else None
    if progress and len(systems) > 1:
        progress("testing significance")
    # Checkpoints of one run are read as a curve, not as rivals.
    rivals = [name for name in systems if name not in (steps or {})]
    pairs = [(baseline, name) for name in systems if name != baseline]
    if len(rivals) > 2:
        pairs += [pair for pair in combinations(rivals, 2) if baseline not in pair]
    tests = {
        metric: paired_tests(rows, score, pairs, samples=samples, trials=10 * samples, seed=seed)
        for metric, rows, score in (_tested(measured) if pairs else ())
    }
    against = {
        name: {metric: results[baseline, name] for metric, results in tests.items()}
        for name in systems
        if name != baseline
    }
    rankings = {}
    if len(rivals) > 2:
        for metric, results in tests.items():
            between = {pair: result for pair, result in results.items() if set(pair) <= set(rivals)}
            rankings[metric] = rank_systems(between, lower_is_better=metric in LOWER_IS_BETTER, alpha=ALPHA)
    corrected = {
        metric: holm({name: results[metric].randomisation_p for name, results in against.items()}) for metric in tests
    }
    signatures = dict(scorer.signatures) | ({"comet": comet[0]} if comet is not None else {})
    if term_scorer:
        signatures |= {metric: term_scorer.signature(metric) for metric in TERM_METRICS}
    found = tuple(
        System(
            name=name,
            hypotheses=tuple(hypotheses),
            label=(labels or {}).get(name, ""),
            scores=measured[name][0],
            terms=measured[name][1],
            against=against.get(name, {}),
            corrected={metric: corrected[metric][name] for metric in against.get(name, {})},
            faults=faults(sources, hypotheses, streams[0]),
        )
        for name, hypotheses in systems.items()
    )
    return Comparison(
        title=title or "Translation comparison",
        sources=tuple(sources),
        references=streams,
        documents=None if documents is None else tuple(documents),
        ids=None if ids is None else tuple(ids),
        systems=found,
        baseline=baseline,
        ceiling=ceiling,
        reference_faults=faults(sources, streams[0], streams[0]),
        signatures=signatures,
        sha256=segments_hash([*sources, *(line for stream in streams for line in stream)]),
        glossary=_describe(glossary) if glossary is not None else None,
        seed=seed,
        samples=samples,
        notes=tuple(_notes(found, ceiling, size)),
        rankings=rankings,
        steps=dict(steps or {}),
    )


def _tested(
    measured: Mapping[str, tuple[dict[str, Score], TermScores | None]],
) -> Iterator[tuple[str, dict[str, Statistics], RowsScorer]]:
    """Each metric that can be resampled: its name, each system's statistics, and what scores sums of them."""
    first, first_terms = next(iter(measured.values()))
    for metric, score in first.items():
        yield metric, {name: scores[metric].statistics for name, (scores, _) in measured.items()}, score.of_rows
    if first_terms is not None:
        for metric, rows in first_terms.statistics.items():
            # One document or one segment resampled is always itself.
            if len(rows) > 1 and rows[:, 1].any():
                yield (
                    metric,
                    {name: terms.statistics[metric] for name, (_, terms) in measured.items() if terms is not None},
                    shares,
                )


def _notes(systems: Sequence[System], ceiling: TermScores | None, size: int) -> Iterator[str]:
    for system in systems:
        if system.label:
            yield f"{system.name}: {system.label}"
    if size < SMALL_SAMPLE and len(systems) > 1:
        yield (
            f"The test set has only {size} segment{'' if size == 1 else 's'}: differences between systems may be "
            f"chance, and no significance test on fewer than {SMALL_SAMPLE} segments means much."
        )
    for system in systems:
        empty = sum(not text.strip() for text in system.hypotheses)
        if empty:
            yield f"{system.name}: {empty} of {size} translations are empty."
    if ceiling and not ceiling.total:
        yield "No glossary term occurs in the source, so there are no term figures."
    elif ceiling and ceiling.figures["term_success"] is None:
        yield (
            "WMT25 term success compares strings as they stand, and no glossary term with a translation in the "
            "reference does: the source may be in another script than the glossary."
        )


def _check_text(name: str, segments: Sequence[str]) -> None:
    for line, text in enumerate(segments, 1):
        if not isinstance(text, str):
            raise DataError(f"{name} holds {type(text).__name__}, not text", line=line)
        if any(unicodedata.category(character) == "Cs" for character in text):
            raise DataError(f"{name} holds half a character (a lone surrogate)", line=line, hint="decode it as UTF-8")


def _describe(glossary: Glossary | Sequence[Glossary]) -> dict[str, Any]:
    from mt.glossary.glossary import Glossary

    if not isinstance(glossary, Glossary):
        terms = {(term.source, term.targets) for own in {id(own): own for own in glossary}.values() for term in own}
        return {"path": None, "terms": len(terms), "sha256": None}
    path = glossary.path
    return {
        "path": None if path is None else str(path),
        "terms": len(glossary.terms),
        "sha256": sha256(path) if path is not None and path.is_file() else None,
    }
