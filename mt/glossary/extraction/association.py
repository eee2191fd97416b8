"""Statistics of strings that recur, and of two that occur together over the segments of a bilingual text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeVar

_Gram = TypeVar("_Gram", str, tuple[str, ...])


def closed_under_extension(counts: Mapping[_Gram, int]) -> dict[_Gram, int]:
    """Leave out every n-gram that occurs only within one longer n-gram, as their equal counts tell."""
    within = {
        gram[start:end]
        for gram, count in counts.items()
        for start in range(len(gram))
        for end in range(start + 1, len(gram) + 1)
        if end - start < len(gram) and counts.get(gram[start:end]) == count
    }
    return {gram: count for gram, count in counts.items() if gram not in within}


def log_likelihood_ratio(both: int, first: int, second: int, total: int) -> float:
    """Dunning's log-likelihood ratio G² of a two-by-two table, signed: negative where the two avoid each other.

    G² = 2 Σ observed · ln(observed / expected) over the four cells (Dunning 1993, "Accurate Methods for the
    Statistics of Surprise and Coincidence"). Above 10.83 independence is rejected at p < 0.001 (χ², one degree).

    Args:
        both: segments in which both occur.
        first, second: segments in which the first occurs, and the second.
        total: all segments.
    """
    cells = (
        (both, first, second),
        (first - both, first, total - second),
        (second - both, total - first, second),
        (total - first - second + both, total - first, total - second),
    )
    if min(observed for observed, _, _ in cells) < 0:
        raise ValueError(f"counts that no text can have: {both}, {first}, {second} of {total}")
    terms = (observed * math.log(observed * total / (row * column)) for observed, row, column in cells if observed)
    value = max(0.0, 2 * sum(terms))
    return value if both * total >= first * second else -value
