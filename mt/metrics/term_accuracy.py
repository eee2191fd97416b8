"""Does each mention of a term have a rendering of its own, and do the words around it agree with the reference's?

Term accuracy by exclusive exact match, and window overlap (Alam et al. 2021, "On the Evaluation of Machine Translation
for Terminology Consistency"), here on lower-cased words, without stemming and without punctuation, and averaged over
the terms that the reference contains.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mt.glossary.glossary import GlossaryLike
from mt.glossary.matching.output_checker import TermCheck
from mt.metrics.row_scores import mean_share
from mt.metrics.term_metric import Checks, TermMetric

_WORD = re.compile(r"\w+(?:['’-]\w+)*")


# A term's source and targets -> (mentions rendered, mentions).
Counts = dict[tuple[str, tuple[str, ...]], tuple[int, int]]


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
        counts = list(count_terms(self.corpus.check(hypotheses)).values())
        return mean_share(np.array(counts, np.float64).reshape(-1, 2))


def count_terms(checks: Checks) -> Counts:
    """Count each term's mentions, in order of first appearance."""
    counts: Counts = {}
    for check in chain.from_iterable(checks):
        key = (check.match.term.source, check.match.term.targets)
        met, total = counts.get(key, (0, 0))
        counts[key] = (met + check.met, total + 1)
    return counts


class TermWindow(TermMetric):
    """The share of the ``width`` words on each side of a term in the reference that surround it in the output too."""

    def __init__(self, glossary: GlossaryLike, width: int = 2, **given: Any) -> None:
        self.width = width
        self.key = f"term_window_{width}"
        self.name = f"TermWindow{width}"
        self.settings = {"match": "exclusive", "window": str(width), "case": "lc", "words": "all"}
        super().__init__(glossary, **given)

    def statistics(self, hypotheses: Sequence[str]) -> NDArray[np.float64]:
        """Sum (overlap, terms that a reference contains too) of each segment; a missed term overlaps by 0."""
        rows = np.zeros((len(hypotheses), 2))
        for number, (text, checks) in enumerate(zip(hypotheses, self.corpus.check(hypotheses), strict=True)):
            for place, check in enumerate(checks):
                windows = [
                    self._window(stream[number], found[number][place])
                    for stream, found in zip(self.corpus.references, self.corpus.reference_checks, strict=True)
                ]
                windows = [window for window in windows if window]
                if windows:
                    own = self._window(text, check)
                    rows[number] += max((own & window).total() / window.total() for window in windows), 1.0
        return rows

    def _window(self, text: str, check: TermCheck) -> Counter[str]:
        """The words around a rendering; none where there is no rendering."""
        if check.start is None or check.end is None:
            return Counter()
        before = _WORD.findall(text[: check.start].lower())[-self.width :]
        after = _WORD.findall(text[check.end :].lower())[: self.width]
        return Counter(before + after)
