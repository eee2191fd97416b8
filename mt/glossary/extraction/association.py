"""How strongly two events go together over the segments of a bilingual text."""

from __future__ import annotations

import math

__all__ = ["log_likelihood_ratio"]


def log_likelihood_ratio(both: int, first: int, second: int, total: int) -> float:
    """Dunning's log-likelihood ratio G² of a two-by-two table, signed: negative where the two avoid each other.

    G² = 2 Σ observed · ln(observed / expected) over the four cells (Dunning 1993, "Accurate Methods for the
    Statistics of Surprise and Coincidence"). Above 10.83 independence is rejected at p < 0.001 (χ², one degree).

    Args:
        both: segments in which both occur.
        first: segments in which the first occurs.
        second: segments in which the second occurs.
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
    value = 2 * sum(
        observed * math.log(observed * total / (row * column)) for observed, row, column in cells if observed
    )
    value = max(0.0, value)
    return value if both * total >= first * second else -value
