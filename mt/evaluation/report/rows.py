"""Rows of the report's tables: terms, lengths, and the segments to read first."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from mt.evaluation.comparison import Comparison, System

# Smaller changes of chrF++ would be displayed as 0.0.
_LEAST_CHANGE = 0.05


class Notable(NamedTuple):
    """A segment (its index) with the system's chrF++ and the baseline's, None for the baseline itself."""

    number: int
    score: float
    before: float | None


def term_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row per glossary term: how often it occurs, and how often reference and systems render it; worst first."""
    rows = []
    for key, (met, total) in comparison.ceiling.counts.items() if comparison.ceiling else ():
        found = [system.terms.counts[key][0] for system in comparison.systems if system.terms]
        rows.append({"source": key[0], "targets": key[1], "total": total, "reference": met, "systems": found})
    return sorted(rows, key=lambda row: sum(row["systems"]) - len(row["systems"]) * row["total"])


def length_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row for each of four bands with equally many segments, by length of the source: each system's chrF++."""
    lengths = [len(source) for source in comparison.test_set.sources]
    order = sorted(range(len(lengths)), key=lambda number: lengths[number])
    bands = [order[len(order) * n // 4 : len(order) * (n + 1) // 4] for n in range(4)] if len(order) >= 8 else []
    scores = [system.scores["chrf++"] for system in comparison.systems]
    return [
        {
            "label": f"{lengths[band[0]]}–{lengths[band[-1]]} characters",
            "values": [float(score.score_rows(score.statistics[band].sum(0)[None])[0]) for score in scores],
        }
        for band in bands
    ]


def notable_segments(comparison: Comparison, system: System, most: int = 10) -> dict[str, list[Notable]]:
    """List a system's segments by chrF++, at most ``most`` per list; ties are in the order of the text.

    ``worst`` and ``best`` have at most half the segments each, so that none is in both; all systems but the baseline
    have ``lost`` and ``gained``, too, most changed first.
    """
    scores = system.scores["chrf++"].segments
    theirs: Sequence[float | None] = comparison.system(comparison.baseline).scores["chrf++"].segments
    if system.name == comparison.baseline:
        theirs = [None] * len(scores)
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
