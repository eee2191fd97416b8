"""The segments to read first: a system's worst and best, and its largest gains and losses against the baseline."""

from __future__ import annotations

from dataclasses import dataclass

from mt.evaluation.comparison import Comparison, System

# Smaller changes of chrF++ would be displayed as 0.0.
_LEAST_CHANGE = 0.05


@dataclass(frozen=True)
class Notable:
    """A segment (its index) with the system's chrF++ and the baseline's, None for the baseline itself."""

    number: int
    score: float
    before: float | None


def notable_segments(comparison: Comparison, system: System, most: int = 10) -> dict[str, list[Notable]]:
    """List a system's segments by chrF++, at most ``most`` per list; ties are in the order of the text.

    Returns:
        ``worst`` and ``best``, at most half the segments each, so that none is in both; and for all systems but the
        baseline ``lost`` and ``gained``, most changed first. Lists may be empty.
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
