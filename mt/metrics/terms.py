"""Did the wanted terms arrive? Term metrics, each 0 to 100, each with the reference's own figure.

* **WMT25 success** (``term_success``): string counts over whole documents, lower-cased, as the
  WMT25 terminology task's ``evaluate_track2.py`` defines it and with its known weakness: a target
  that stands inside a longer word or a longer term counts.
* **Exclusive match** (``term_exclusive``): every occurrence of a term in a source segment must have
  its own target in the translation; spans are disjoint, as many as can be at once, and bounded by
  words (:func:`mt.glossary.matching.output_checker.check_terms`).
* **Consistency** (``term_consistency``): the share of mentions that have the term's commonest rendering;
  the task's other variants are in ``details`` (:mod:`mt.metrics.term_consistency`).
* **Window overlap** (``term_window_2``, ``term_window_3``; :mod:`mt.metrics.term_windows`).
* **1 - TERm** (``term_ter``): the edit rate with edits of terms costing twice
  (:mod:`mt.metrics.term_edit_rate`); 0 where the edits cost more than there are words.

Each figure is a micro average; ``macro`` holds the same averaged over what :data:`MACRO_UNITS` names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mt.metrics.corpus_scores import as_streams, check_lengths
from mt.metrics.mentions import mention_policy
from mt.metrics.term_consistency import CHOICES, consistency, mentions_of
from mt.metrics.term_edit_rate import TERM_COST, edit_rows, reference_tokens
from mt.metrics.term_windows import reference_windows, window_rows
from mt.metrics.wmt25 import TermDictionary, share, wmt25_success

if TYPE_CHECKING:
    from mt.glossary.glossary import Glossary
    from mt.glossary.matching.output_checker import TermCheck
    from mt.glossary.matching.source_matcher import TermMatch

__all__ = ["MACRO_UNITS", "TERM_METRICS", "TermCount", "TermScorer", "TermScores", "term_dictionary"]

# Each metric, and what its macro average goes over.
MACRO_UNITS = {
    "term_success": "document",
    "term_exclusive": "term",
    "term_consistency": "rendering",
    "term_window_2": "segment",
    "term_window_3": "segment",
    "term_ter": "segment",
}
TERM_METRICS = tuple(MACRO_UNITS)
_WIDTHS = (2, 3)


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
        macro: likewise, averaged over :data:`MACRO_UNITS`.
        met: occurrences met, by exclusive match.
        total: occurrences wanted.
        checks: what became of each match, a tuple a segment.
        statistics: metric -> per-segment or per-document rows of (gained, possible), for
            :func:`mt.evaluation.significance.paired_test` with :func:`mt.metrics.wmt25.share`.
        counts: the occurrences by term, in order of first appearance.
        details: ``consistency`` by variant, ``mention_policy``, ``success`` by each of the test set's dictionaries,
            and, where training text was given, ``seen`` and ``unseen`` terms apart.
    """

    figures: dict[str, float | None]
    macro: dict[str, float | None]
    met: int
    total: int
    checks: tuple[tuple[TermCheck, ...], ...] = field(repr=False)
    statistics: dict[str, NDArray[np.float64]] = field(repr=False)
    counts: tuple[TermCount, ...] = field(repr=False)
    details: dict[str, Any]


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
        glossary: the terms wanted, or a glossary for each segment.
        documents: the document each segment belongs to; without it each segment is one of its own,
            except that consistency then looks at the whole set.
        dictionaries: name -> a term dictionary for each segment, as a test set brings them; WMT25 success is
            measured by each, and by the first for ``term_success``. Without them the glossary serves.
        seen: source terms whose pair stood in the training text, to tell seen from unseen terms.

    Raises:
        DataError: the lengths differ.
    """

    def __init__(
        self,
        sources: Sequence[str],
        references: Sequence[str] | Sequence[Sequence[str]],
        glossary: Glossary | Sequence[Glossary],
        documents: Sequence[str] | None = None,
        dictionaries: Mapping[str, Sequence[TermDictionary]] | None = None,
        seen: frozenset[str] | None = None,
    ) -> None:
        from mt.glossary.glossary import Glossary
        from mt.glossary.matching.output_checker import check_terms

        self.references = as_streams(references)
        self.size = len(self.references[0])
        check_lengths(self.size, source=sources)
        if documents is not None:
            check_lengths(self.size, documents=documents)
        self.sources = list(sources)
        self.glossaries = [glossary] * self.size if isinstance(glossary, Glossary) else list(glossary)
        check_lengths(self.size, glossary=self.glossaries)
        self.documents = None if documents is None else list(documents)
        # Each document's segments; without documents each segment is one of its own.
        groups: dict[str | int, list[int]] = {}
        for number in range(self.size):
            groups.setdefault(number if documents is None else documents[number], []).append(number)
        self._groups = list(groups.values())
        self.seen = seen
        self.matches: list[list[TermMatch]] = [
            own.match(source) for own, source in zip(self.glossaries, sources, strict=True)
        ]
        self._dictionaries = {name: self._by_document(own) for name, own in (dictionaries or {}).items()}
        if not self._dictionaries:
            made = {id(own): term_dictionary(own) for own in self.glossaries}
            self._dictionaries["glossary"] = self._by_document([made[id(own)] for own in self.glossaries])
        checks = [
            [check_terms(text, row) if row else [] for text, row in zip(stream, self.matches, strict=True)]
            for stream in self.references
        ]
        self._windows = {width: reference_windows(self.references, checks, width) for width in _WIDTHS}
        self._tokens = reference_tokens(self.references, checks)

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
            return f"wmt25:frequent|renderings:exclusive|count:mention|unit:{unit}"
        if metric.startswith("term_window"):
            return f"match:exclusive|window:{metric[-1]}|case:lc|words:all|nrefs:{len(self.references)}"
        if metric == "term_ter":
            return f"ter:sacrebleu|term:{TERM_COST}|case:lc|punct:apart|nrefs:{len(self.references)}"
        return "match:exclusive|overlap:longest|bound:word|count:occurrence"

    def score(self, hypotheses: Sequence[str], name: str = "hypothesis") -> TermScores:
        """Score one translation; the reference itself gives the ceiling.

        Raises:
            DataError: not as many segments as the source has.
        """
        from mt.glossary.matching.output_checker import check_terms

        check_lengths(self.size, **{name: hypotheses})
        checks = tuple(
            tuple(check_terms(text, matches)) if matches else ()
            for text, matches in zip(hypotheses, self.matches, strict=True)
        )
        exclusive = np.array([[sum(c.met for c in row), len(row)] for row in checks], dtype=np.float64)
        successes = {key: self._success(hypotheses, own) for key, own in self._dictionaries.items()}
        statistics = {"term_success": next(iter(successes.values())), "term_exclusive": exclusive}
        for width, windows in self._windows.items():
            statistics[f"term_window_{width}"] = window_rows(hypotheses, checks, windows, width)
        if exclusive[:, 1].any():
            statistics["term_ter"] = edit_rows(hypotheses, self._tokens)
        figures = {metric: _micro(rows) for metric, rows in statistics.items()}
        macro = {metric: _macro(rows) for metric, rows in statistics.items()}
        counts = _counts(checks)
        macro["term_exclusive"] = _macro(np.array([[c.met, c.total] for c in counts]).reshape(-1, 2))
        variants = consistency(*mentions_of(checks, self.documents))
        figures["term_consistency"], macro["term_consistency"] = variants["frequent"].values()
        details: dict[str, Any] = {
            "consistency": {choice: variants[choice] for choice in CHOICES},
            "mention_policy": mention_policy(checks, self.documents),
        }
        if list(successes) != ["glossary"]:
            details["success"] = {key: _micro(rows) for key, rows in successes.items()}
        if self.seen is not None:
            details |= self._apart(hypotheses, counts, self.seen)
        return TermScores(
            figures={metric: figures.get(metric) for metric in TERM_METRICS},
            macro={metric: macro.get(metric) for metric in TERM_METRICS},
            met=int(exclusive[:, 0].sum()),
            total=int(exclusive[:, 1].sum()),
            checks=checks,
            statistics=statistics,
            counts=counts,
            details=details,
        )

    def _success(self, hypotheses: Sequence[str], dictionaries: Sequence[TermDictionary]) -> NDArray[np.float64]:
        return wmt25_success(
            self._joined(self.sources),
            self._joined(hypotheses),
            [self._joined(reference) for reference in self.references],
            dictionaries,
        )

    def _apart(self, hypotheses: Sequence[str], counts: Sequence[TermCount], seen: frozenset[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        first = next(iter(self._dictionaries.values()))
        for kind, wanted in (("seen", True), ("unseen", False)):
            chosen = [count for count in counts if (count.source in seen) == wanted]
            parts = {
                key: {term: own[term] for term in own if (term.strip() in seen) == wanted}
                for key, own in {id(own): own for own in first}.items()
            }
            total = sum(count.total for count in chosen)
            found[kind] = {
                "terms": len(chosen),
                "terms_met": sum(count.met for count in chosen),
                "terms_total": total,
                "term_exclusive": 100.0 * sum(count.met for count in chosen) / total if total else None,
                "term_success": _micro(self._success(hypotheses, [parts[id(own)] for own in first])),
            }
        return found

    def _joined(self, segments: Sequence[str]) -> list[str]:
        return ["\n".join(segments[number] for number in group) for group in self._groups]

    def _by_document(self, dictionaries: Sequence[TermDictionary]) -> list[TermDictionary]:
        """One dictionary for each of what ``term_success`` counts over."""
        check_lengths(self.size, dictionaries=dictionaries)
        return [_union([dictionaries[number] for number in group]) for group in self._groups]


def _union(dictionaries: Sequence[TermDictionary]) -> TermDictionary:
    """All translations that the dictionaries of a document's segments accept."""
    different = list({id(own): own for own in dictionaries}.values())
    if len(different) == 1:
        return different[0]
    found: dict[str, list[str]] = {}
    for own in different:
        for term, targets in own.items():
            found[term] = [*found.get(term, ()), *(t for t in targets if t not in found.get(term, ()))]
    return found


def _micro(rows: NDArray[np.float64]) -> float | None:
    return share(rows.sum(0).tolist()) if rows[:, 1].sum() else None


def _macro(rows: NDArray[np.float64]) -> float | None:
    shares = [share(row) for row in rows.tolist() if row[1]]
    return sum(shares) / len(shares) if shares else None


def _counts(checks: Sequence[Sequence[TermCheck]]) -> tuple[TermCount, ...]:
    total: Counter[tuple[str, tuple[str, ...]]] = Counter()
    met: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for row in checks:
        for check in row:
            key = (check.match.term.source, check.match.term.targets)
            total[key] += 1
            met[key] += check.met
    return tuple(TermCount(source, targets, n, met[source, targets]) for (source, targets), n in total.items())
