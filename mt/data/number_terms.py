"""Numbers of a training pair as terms: they teach a model to rely on what a request gives it.

A number's target is what the human translation writes; where none of its forms is there, it is no term.
"""

from __future__ import annotations

from collections.abc import Sequence

from mt.text.entities import find_entities
from mt.text.numbers import find_numbers

__all__ = ["number_spans", "with_numbers"]


def number_spans(zh: str, en: str) -> list[tuple[int, int, int, int]]:
    """Return (start, end, start in ``en``, end in ``en``) of each number found on both sides."""
    numbers = find_numbers(zh)
    return [
        (number.start, number.end, *span)
        for number, span in zip(numbers, find_entities(numbers, en), strict=True)
        if span is not None
    ]


def with_numbers(zh: str, en: str, terms: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Add the numbers of a pair to its terms (start, end, target), in place of terms they overlap."""
    numbers = [(start, end, en[first:last]) for start, end, first, last in number_spans(zh, en)]
    others = [term for term in terms if not any(term[0] < end and start < term[1] for start, end, _ in numbers)]
    return sorted([*others, *numbers])
