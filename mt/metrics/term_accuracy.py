"""Term accuracy by exclusive exact match: does each mention of a term have a rendering of its own?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from mt.metrics.row_scores import mean_share
from mt.metrics.term_metric import Checks, TermMetric


@dataclass(frozen=True)
class TermCount:
    """How often one term occurs in the source, and how often the translation renders it."""

    source: str
    targets: tuple[str, ...]
    total: int
    met: int


class TermAccuracy(TermMetric):
    """The share of mentions in the source that have their own target in the output.

    Targets are bounded by words, spans are disjoint, and of all assignments one that meets the most mentions counts
    (:func:`mt.glossary.matching.output_checker.check_terms`). The reference is not consulted: a term that the human
    translator avoided is missed all the same.
    """

    key = "term_accuracy"
    name = "TermAccuracy"
    settings = MappingProxyType({"match": "exclusive", "overlap": "longest", "bound": "word", "count": "mention"})

    def statistics(self, hypotheses: Sequence[str]) -> NDArray[np.float64]:
        """Count (mentions met, mentions) of each segment."""
        checks = self.corpus.check(hypotheses)
        return np.array([[sum(check.met for check in row), len(row)] for row in checks], np.float64)

    def macro(self, hypotheses: Sequence[str], rows: NDArray[np.float64]) -> float | None:
        """Average over terms."""
        counts = count_terms(self.corpus.check(hypotheses))
        return mean_share(np.array([[count.met, count.total] for count in counts], np.float64).reshape(-1, 2))


def count_terms(checks: Checks) -> tuple[TermCount, ...]:
    """Count mentions and mentions met of each term, in order of first appearance."""
    total: Counter[tuple[str, tuple[str, ...]]] = Counter()
    met: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for row in checks:
        for check in row:
            key = (check.match.term.source, check.match.term.targets)
            total[key] += 1
            met[key] += check.met
    return tuple(TermCount(source, targets, n, met[source, targets]) for (source, targets), n in total.items())
