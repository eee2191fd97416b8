"""Rank systems by tests of every pair, in clusters as in WMT's findings papers.

Two systems differ when the bootstrap and approximate randomisation say so, the latter's p-value corrected by Holm
(1979) for the number of pairs (the bootstrap's is too coarse for that: of 1,000 samples none is below 0.001).
A rank is a range: from one more than the number of systems significantly better to the number of those not
significantly worse. A cluster ends where every system above it is significantly better than every one below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mt.evaluation.significance import ALPHA, Names, PairedResult, holm


@dataclass(frozen=True)
class Pair:
    """Two systems by one metric; the last p-value is corrected for the number of pairs."""

    first: str
    second: str
    difference: float
    bootstrap_p: float
    randomisation_p: float
    randomisation_p_holm: float


@dataclass(frozen=True)
class Rank:
    """A system's range of ranks and its cluster; 1 is best."""

    low: int
    high: int
    cluster: int


@dataclass(frozen=True)
class Ranking:
    """All pairs by one metric, and the systems' ranks; empty where there are too few segments."""

    pairs: tuple[Pair, ...]
    ranks: dict[str, Rank]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "ranks": {name: vars(rank) for name, rank in self.ranks.items()},
            "pairs": [vars(pair) for pair in self.pairs],
        }


def rank_systems(results: Mapping[Names, PairedResult]) -> Ranking:
    """Rank systems by one metric, from the test of each pair (at least one)."""
    lower_is_better = next(iter(results.values())).lower_is_better
    corrected = holm({names: result.randomisation_p for names, result in results.items()})
    pairs = tuple(
        Pair(*names, result.difference, result.bootstrap_p, result.randomisation_p, corrected[names])
        for names, result in results.items()
    )
    if not all(result.reliable for result in results.values()):
        return Ranking(pairs, {})
    # (better, worse) for every significant difference.
    beats = set()
    for pair in pairs:
        if max(pair.bootstrap_p, pair.randomisation_p_holm) < ALPHA:
            second_wins = (pair.difference > 0) != lower_is_better
            beats.add((pair.second, pair.first) if second_wins else (pair.first, pair.second))
    scores: dict[str, float] = {}
    for (first, second), result in results.items():
        scores |= {first: result.baseline_score, second: result.score}
    order = sorted(scores, key=lambda name: scores[name], reverse=not lower_is_better)
    return Ranking(pairs, _ranks(order, beats))


def _ranks(order: Sequence[str], beats: set[tuple[str, str]]) -> dict[str, Rank]:
    ranks: dict[str, Rank] = {}
    cluster = 1
    for place, name in enumerate(order):
        if place and all((above, below) in beats for above in order[:place] for below in order[place:]):
            cluster += 1
        low = 1 + sum((other, name) in beats for other in order)
        high = len(order) - sum((name, other) in beats for other in order)
        ranks[name] = Rank(low, high, cluster)
    return ranks
