"""What the readers of bilingual files return: pairs, and an account of what was left out."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mt.errors import DataError

# English characters for one Chinese character, ten added to both sides so that short ones may vary: outside these the
# two sides are hardly translations of each other.
_LEAST_RATIO, _MOST_RATIO = 0.6, 14.0
_LENGTH_OFFSET = 10
# Files named in one message; all are counted.
_NAMED_FILES = 20


@dataclass(frozen=True)
class Pair:
    """A Chinese text and its English translation, as read: a paragraph or a segment."""

    zh: str
    en: str
    line: int | None = None  # of the Chinese side in its file, from 1
    document: str | None = None  # its name, if the file gives one


def unlikely_lengths(zh: str, en: str) -> bool:
    """Whether one side is far too long to be the translation of the other."""
    ratio = (len(en) + _LENGTH_OFFSET) / (len(zh) + _LENGTH_OFFSET)
    return not _LEAST_RATIO <= ratio <= _MOST_RATIO


@dataclass
class ReadLog:
    """What the readers left out."""

    # Rows and units left out of each file: reason, line and detail.
    skipped: dict[str, list[tuple[str, int | None, str]]] = field(default_factory=dict)
    # The files that were not read, with the reason (empty where their name tells it).
    files: dict[str, str] = field(default_factory=dict)
    # What else there is to say about a file.
    notes: list[str] = field(default_factory=list)

    def skip(self, reason: str, path: str | Path, line: int | None, detail: str = "") -> None:
        """Count a row or unit that gives no pair."""
        self.skipped.setdefault(str(path), []).append((reason, line, detail))

    def checked(self, found: Iterable[Pair], path: Path) -> tuple[Pair, ...]:
        """Return the pairs found in a file, or say why the first row or unit was left out if there are none."""
        if pairs := tuple(found):
            return pairs
        reason, line, detail = self.skipped.get(str(path), [("it is empty", None, "")])[0]
        raise DataError(f"has no pair of Chinese and English ({detail or reason})", path=path, line=line)

    def places(self) -> list[dict[str, str]]:
        """Each row or unit left out: ``reason``, ``place`` (file:line) and, if there is more to say, ``detail``."""
        return [
            {"reason": reason, "place": path if line is None else f"{path}:{line}"}
            | ({"detail": detail} if detail else {})
            for path, entries in self.skipped.items()
            for reason, line, detail in entries
        ]

    def messages(self) -> Iterator[str]:
        """What was left out, in lines for the user."""
        yield from self.notes
        for path, entries in self.skipped.items():
            counts = Counter(reason for reason, _, _ in entries).most_common()
            reasons = ", ".join(f"{name} {count}" for name, count in counts)
            reason, line, detail = entries[0]
            first = f"first in line {line}" if line is not None else "first"
            yield f"{path}: {len(entries)} left out ({reasons}; {first}: {detail or reason})"
        if self.files:
            shown = list(self.files.items())[:_NAMED_FILES]
            named = [Path(name).name + (f" ({reason})" if reason else "") for name, reason in shown]
            more = f" and {len(self.files) - len(named)} more" if len(self.files) > len(named) else ""
            yield f"{len(self.files)} file{'s' * (len(self.files) != 1)} not read: {', '.join(named)}{more}"
