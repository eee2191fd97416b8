"""Figures of a pair, as terms to ask for: a training pair shows a model that it may rely on what it is given.

Asked for is the figure as the human translation writes it; where it is not found there in any form, it is no term.
"""

from __future__ import annotations

from collections.abc import Sequence

from mt.text.entities import find_readings
from mt.text.numbers import find_figures

__all__ = ["figure_spans", "with_figures"]


def figure_spans(zh: str, en: str) -> list[tuple[int, int, int, int]]:
    """Return (start, end, start in ``en``, end in ``en``) of each figure that stands on both sides."""
    figures = find_figures(zh)
    return [
        (figure.start, figure.end, *place)
        for figure, place in zip(figures, find_readings(figures, en), strict=True)
        if place is not None
    ]


def with_figures(zh: str, en: str, terms: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Return the terms of a pair with its figures among them, in place of terms they overlap.

    Args:
        zh, en: the pair.
        terms: (start, end, target) of the others.
    """
    figures = [(start, end, en[first:last]) for start, end, first, last in figure_spans(zh, en)]
    others = [term for term in terms if not any(term[0] < end and start < term[1] for start, end, _ in figures)]
    return sorted([*others, *figures])
