"""What a cleaning step changed or only noticed, counted by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["Note", "Repairs"]


@dataclass(frozen=True)
class Note:
    """One finding a person may want to look at.

    Args:
        kind: the same name as in the counts, or ``pinyin_doubtful`` for what was left alone.
        text: the words concerned, as they stood.
        position: character offset in the cleaned text before any mending of this kind.
        suggestion: what it would be mended to; empty when there is none.
        mended: whether it was.
    """

    kind: str
    text: str
    position: int
    suggestion: str = ""
    mended: bool = False


@dataclass(frozen=True)
class Repairs:
    """Counts by kind, and notes on single findings. Falsy when there was nothing to repair or report."""

    counts: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.counts) or bool(self.notes)

    def __getitem__(self, kind: str) -> int:
        return self.counts.get(kind, 0)

    @staticmethod
    def total(parts: Iterable[Repairs]) -> dict[str, int]:
        """Add up the counts of many texts, kinds in alphabetical order."""
        counts: Counter[str] = Counter()
        for part in parts:
            counts.update(part.counts)
        return dict(sorted(counts.items()))
