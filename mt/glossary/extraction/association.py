"""Statistics of strings that recur, and of two that occur together over the segments of a bilingual text."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeVar

_Gram = TypeVar("_Gram", str, tuple[str, ...])


def recurring(chunks: Sequence[_Gram], min_count: int, longest: int) -> dict[_Gram, int]:
    """Count the n-grams of up to ``longest`` items that occur ``min_count`` times."""
    kept: dict[_Gram, int] = {}
    previous: dict[_Gram, int] | None = None
    for size in range(1, longest + 1):
        # An n-gram recurs only if its beginning does: the counts stay small whatever the text.
        places = ((chunk, index) for chunk in chunks for index in range(len(chunk) - size + 1))
        counts = Counter(
            chunk[index : index + size]
            for chunk, index in places
            if previous is None or chunk[index : index + size - 1] in previous
        )
        previous = {gram: count for gram, count in counts.items() if count >= min_count}
        kept |= previous
    return kept


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
    The arguments count segments: with both, the first, the second, all.
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
