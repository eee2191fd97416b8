"""The segments to look at first: a system's worst and best, and what it gained and lost most against the baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mt.evaluation.comparison import Comparison, System

__all__ = ["Notable", "notable_segments"]

# Smaller changes of chrF++ would be shown as none.
_LEAST_CHANGE = 0.05


@dataclass(frozen=True)
class Notable:
    """A segment in a list.

    Attributes:
        number: its place in the set, from 0.
        score: the system's chrF++ of it, 0 to 100.
        before: the baseline's; None for the baseline itself.
    """

    number: int
    score: float
    before: float | None


def notable_segments(comparison: Comparison, system: System, most: int = 10) -> dict[str, list[Notable]]:
    """List a system's segments by chrF++.

    Args:
        comparison: what was measured.
        system: one of its systems.
        most: entries of a list.

    Returns:
        ``worst`` and ``best``, of half the segments at most, so that none is in both; and for all systems but the
        baseline ``lost`` and ``gained``, most changed first. Lists may be empty; of equals the earlier comes first.
    """
    scores = system.scores["chrf++"].segments
    theirs: tuple[float | None, ...] = (None,) * len(scores)
    if system.name != comparison.baseline:
        theirs = comparison.system(comparison.baseline).scores["chrf++"].segments
    entries = [Notable(number, *both) for number, both in enumerate(zip(scores, theirs, strict=True))]
    half = min(most, len(entries) // 2)
    lists = {
        "worst": sorted(entries, key=lambda entry: entry.score)[:half],
        "best": sorted(entries, key=lambda entry: -entry.score)[:half],
    }
    if system.name != comparison.baseline:
        changes = {entry: entry.score - entry.before for entry in entries if entry.before is not None}
        lists["lost"] = sorted((e for e in changes if changes[e] <= -_LEAST_CHANGE), key=lambda e: changes[e])[:most]
        lists["gained"] = sorted((e for e in changes if changes[e] >= _LEAST_CHANGE), key=lambda e: -changes[e])[:most]
    return lists
