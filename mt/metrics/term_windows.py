"""Window overlap: do the words around a term agree with those around it in the reference?

Alam et al. 2021, "On the Evaluation of Machine Translation for Terminology Consistency"; here on lower-cased
words, without stemming and without punctuation, and averaged over the terms that the reference has.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from mt.glossary.matching.output_checker import TermCheck

__all__ = ["Windows", "reference_windows", "window_rows"]

_WORD = re.compile(r"\w+(?:['’-]\w+)*")

# Segment -> mention -> the words around it in each reference that has it.
Windows = list[list[list[Counter[str]]]]


def reference_windows(
    references: Sequence[Sequence[str]], checks: Sequence[Sequence[Sequence[TermCheck]]], width: int
) -> Windows:
    """Collect the words around each term in the references.

    Args:
        references: a list of segments each.
        checks: reference -> segment -> what became of each mention there.
        width: how many words on each side.
    """
    windows: Windows = [[[] for _ in row] for row in checks[0]]
    for texts, rows in zip(references, checks, strict=True):
        for number, row in enumerate(rows):
            for place, check in enumerate(row):
                if check.start is not None and check.end is not None:
                    windows[number][place].append(_window(texts[number], check.start, check.end, width))
    return windows


def window_rows(
    hypotheses: Sequence[str], checks: Sequence[Sequence[TermCheck]], windows: Windows, width: int
) -> NDArray[np.float64]:
    """Sum the overlap over the terms that a reference has too, (gained, possible) a segment; a missed term scores 0."""
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


def _window(text: str, start: int, end: int, width: int) -> Counter[str]:
    before = _WORD.findall(text[:start].lower())[-width:]
    after = _WORD.findall(text[end:].lower())[:width]
    return Counter(before + after)
