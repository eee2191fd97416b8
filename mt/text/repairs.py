"""What a cleaning step changed or only noticed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Note:
    """One finding for a person to look at.

    Args:
        kind: its name in the counts, or ``pinyin_doubtful`` for what was left alone.
        text: the words concerned, as found.
        position: character offset in the cleaned text before repairs of this kind.
        suggestion: the repaired text; empty when there is none.
        repaired: whether it was put in.
    """

    kind: str
    text: str
    position: int
    suggestion: str = ""
    repaired: bool = False


@dataclass(frozen=True)
class Repairs:
    """Counts by kind, and notes on single findings."""

    counts: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
