"""Did the wanted terms arrive? Term metrics, each 0 to 100, each with the reference's own figure.

* **WMT25 success** (``term_success``): string counts over whole documents, lower-cased, as the
  WMT25 terminology task's ``evaluate_track2.py`` defines it and with its known weakness: a target
  that stands inside a longer word or a longer term counts.
* **Exclusive match** (``term_exclusive``): every occurrence of a term in a source segment must have
  its own target in the translation; spans are disjoint, as many as can be at once, and bounded by
  words (:func:`mt.glossary.check.check_terms`).
* **Consistency** (``term_consistency``): of the occurrences met of a term that a document uses more
  than once, the share that has the document's commonest target.
* **Window overlap** (``term_window_2``, ``term_window_3``): do the words around the term agree with
  those around it in the reference (Alam et al. 2021, "On the Evaluation of Machine Translation for
  Terminology Consistency")? Here on lower-cased words without stemming or stop-word removal.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mt.evaluation.scores import as_streams, check_lengths
from mt.evaluation.wmt25 import share, wmt25_success

if TYPE_CHECKING:
    from mt.glossary.check import TermCheck
    from mt.glossary.entries import Glossary, Term
    from mt.glossary.match import TermMatch

__all__ = ["TERM_METRICS", "TermCount", "TermScorer", "TermScores", "term_dictionary"]

TERM_METRICS = ("term_success", "term_exclusive", "term_consistency", "term_window_2", "term_window_3")

_WORD = re.compile(r"\w+(?:['’-]\w+)*")


@dataclass(frozen=True)
class TermCount:
    """How often one term was wanted and met."""

    source: str
    targets: tuple[str, ...]
    total: int
    met: int


@dataclass(frozen=True)
class TermScores:
    """Term figures of one translation.

    Attributes:
        figures: metric of :data:`TERM_METRICS` -> 0 to 100, or None where no term could be judged.
        met: occurrences met, by exclusive match.
        total: occurrences wanted.
        checks: what became of each match, a tuple a segment.
        statistics: metric -> per-segment or per-document rows of (gained, possible), for
            :func:`mt.evaluation.significance.paired_test` with :func:`mt.evaluation.wmt25.share`.
        counts: the occurrences by term, in order of first appearance.
    """

    figures: dict[str, float | None]
    met: int
    total: int
    checks: tuple[tuple[TermCheck, ...], ...] = field(repr=False)
    statistics: dict[str, NDArray[np.float64]] = field(repr=False)
    counts: tuple[TermCount, ...] = field(repr=False)


def term_dictionary(glossary: Glossary) -> dict[str, list[str]]:
    """Every accepted translation of each source term, each once whatever its case: WMT25 adds their counts up."""
    terms: dict[str, dict[str, str]] = {}
    for term in glossary.terms:
        accepted = terms.setdefault(term.source, {})
        for target in term.targets:
            accepted.setdefault(target.lower(), target)
    return {source: list(accepted.values()) for source, accepted in terms.items()}


class TermScorer:
    """Scores any number of translations of the same source against the same glossary.

    Args:
        sources: one segment each.
        references: one list of segments, or several.
        glossary: the terms wanted.
        documents: the document each segment belongs to; without it each segment is one of its own,
            except that consistency then looks at the whole set.

    Raises:
        DataError: the lengths differ.
    """

    def __init__(
        self,
        sources: Sequence[str],
        references: Sequence[str] | Sequence[Sequence[str]],
        glossary: Glossary,
        documents: Sequence[str] | None = None,
    ) -> None:
        self.references = as_streams(references)
        self.size = len(self.references[0])
        check_lengths(self.size, source=sources)
        if documents is not None:
            check_lengths(self.size, documents=documents)
        self.sources = list(sources)
        self.glossary = glossary
        self.documents = None if documents is None else list(documents)
        self.matches: list[list[TermMatch]] = [glossary.match(source) for source in sources]
        self._dictionary = term_dictionary(glossary)
        self._windows = {width: self._reference_windows(width) for width in (2, 3)}

    @property
    def unit(self) -> str:
        """What ``term_success`` counts over: 'document' or 'segment'."""
        return "segment" if self.documents is None else "document"

    def signature(self, metric: str) -> str:
        """How a figure was made, in the manner of sacrebleu's signatures."""
        if metric == "term_success":
            return f"wmt25:track2|case:lc|unit:{self.unit}|nrefs:{len(self.references)}"
        if metric == "term_consistency":
            unit = "set" if self.documents is None else "document"
            return f"match:exclusive|count:occurrence|choice:commonest|unit:{unit}"
        if metric.startswith("term_window"):
            return f"match:exclusive|window:{metric[-1]}|case:lc|words:all|nrefs:{len(self.references)}"
        return "match:exclusive|overlap:longest|bound:word|count:occurrence"

    def score(self, hypotheses: Sequence[str], name: str = "hypothesis") -> TermScores:
        """Score one translation; the reference itself gives the ceiling.

        Raises:
            DataError: not as many segments as the source has.
        """
        from mt.glossary.check import check_terms

        check_lengths(self.size, **{name: hypotheses})
        checks = tuple(
            tuple(check_terms(text, matches)) if matches else ()
            for text, matches in zip(hypotheses, self.matches, strict=True)
        )
        exclusive = np.array([[sum(c.met for c in row), len(row)] for row in checks], dtype=np.float64)
        success = wmt25_success(
            self._joined(self.sources),
            self._joined(hypotheses),
            [self._joined(reference) for reference in self.references],
            self._dictionary,
        )
        statistics = {"term_success": success, "term_exclusive": exclusive}
        for width, windows in self._windows.items():
            statistics[f"term_window_{width}"] = _window_rows(hypotheses, checks, windows, width)
        figures: dict[str, float | None] = {
            metric: share(rows.sum(0).tolist()) if rows[:, 1].sum() else None for metric, rows in statistics.items()
        }
        figures["term_consistency"] = _consistency(checks, self.documents)
        return TermScores(
            figures={metric: figures[metric] for metric in TERM_METRICS},
            met=int(exclusive[:, 0].sum()),
            total=int(exclusive[:, 1].sum()),
            checks=checks,
            statistics=statistics,
            counts=_counts(checks),
        )

    def _joined(self, segments: Sequence[str]) -> list[str]:
        if self.documents is None:
            return list(segments)
        grouped: dict[str, list[str]] = {}
        for document, segment in zip(self.documents, segments, strict=True):
            grouped.setdefault(document, []).append(segment)
        return ["\n".join(lines) for lines in grouped.values()]

    def _reference_windows(self, width: int) -> list[list[list[Counter[str]]]]:
        """Segment -> match -> the windows around the term in each reference that has it."""
        from mt.glossary.check import check_terms

        windows: list[list[list[Counter[str]]]] = []
        for number, matches in enumerate(self.matches):
            found: list[list[Counter[str]]] = [[] for _ in matches]
            for reference in self.references if matches else ():
                for place, check in enumerate(check_terms(reference[number], matches)):
                    if check.start is not None and check.end is not None:
                        found[place].append(_window(reference[number], check.start, check.end, width))
            windows.append(found)
        return windows


def _window(text: str, start: int, end: int, width: int) -> Counter[str]:
    before = _WORD.findall(text[:start].lower())[-width:]
    after = _WORD.findall(text[end:].lower())[:width]
    return Counter(before + after)


def _window_rows(
    hypotheses: Sequence[str],
    checks: Sequence[Sequence[TermCheck]],
    windows: Sequence[Sequence[Sequence[Counter[str]]]],
    width: int,
) -> NDArray[np.float64]:
    """Overlap summed over the terms that the reference has too; a missed term scores 0."""
    rows = np.zeros((len(checks), 2))
    for number, (row, wanted) in enumerate(zip(checks, windows, strict=True)):
        for check, around in zip(row, wanted, strict=True):
            possible = [window for window in around if window]
            if not possible:
                continue
            best = 0.0
            if check.start is not None and check.end is not None:
                mine = _window(hypotheses[number], check.start, check.end, width)
                best = max((mine & window).total() / window.total() for window in possible)
            rows[number] += best, 1.0
    return rows


def _consistency(checks: Sequence[Sequence[TermCheck]], documents: Sequence[str] | None) -> float | None:
    chosen: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for number, row in enumerate(checks):
        for check in row:
            if check.met and check.target:
                document = "" if documents is None else documents[number]
                chosen[document, check.match.term.source][_rendering(check.match.term, check.target)] += 1
    repeated = [counter for counter in chosen.values() if counter.total() > 1]
    if not repeated:
        return None
    return 100.0 * sum(max(counter.values()) for counter in repeated) / sum(counter.total() for counter in repeated)


def _rendering(term: Term, target: str) -> str:
    """An acronym and its full name are one choice: which of them stands where is the mention policy's affair."""
    lowered = target.lower()
    if term.acronym and term.full and (term.acronym.lower() in lowered or term.full.lower() in lowered):
        return term.full.lower()
    return lowered


def _counts(checks: Sequence[Sequence[TermCheck]]) -> tuple[TermCount, ...]:
    total: Counter[tuple[str, tuple[str, ...]]] = Counter()
    met: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for row in checks:
        for check in row:
            key = (check.match.term.source, check.match.term.targets)
            total[key] += 1
            met[key] += check.met
    return tuple(TermCount(source, targets, n, met[source, targets]) for (source, targets), n in total.items())
