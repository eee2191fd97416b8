"""Window overlap: do the words around a term agree with those around it in the reference?

Alam et al. 2021, "On the Evaluation of Machine Translation for Terminology Consistency"; here on lower-cased
words, without stemming and without punctuation, and averaged over the terms that the reference contains.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mt.glossary.glossary import GlossaryLike
from mt.glossary.matching.output_checker import TermCheck
from mt.metrics.term_metric import TermMetric

_WORD = re.compile(r"\w+(?:['’-]\w+)*")


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
