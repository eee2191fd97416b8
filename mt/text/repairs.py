"""What a cleaning step changed or only noticed."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Note:
    """One finding, of a kind, for a person to look at: ``text`` as found, and its offset in the cleaned text."""

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


class Draft:
    """A text under repair.

    Attributes:
        text: as it is now.
        counts: repairs by kind.
        places: for each character and the end, its place in the text as it was given.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.counts: Counter[str] = Counter()
        self.places: Sequence[int] = range(len(text) + 1)

    def sub(self, kind: str, pattern: re.Pattern[str], new: str | Callable[[re.Match[str]], str]) -> None:
        """Replace what matches a pattern, and count the replacements that differ from the match."""
        pieces: list[str] = []
        places: list[int] = []
        done = 0
        for match in pattern.finditer(self.text):
            old, put = match.group(), new if isinstance(new, str) else new(match)
            if put != old:
                start, end = match.span()
                pieces += self.text[done:start], put
                places += self.places[done:start]
                places += (self.places[min(start + number, end - 1)] for number in range(len(put)))
                self.counts[kind] += 1
                done = end
        if pieces:
            self.text = "".join(pieces) + self.text[done:]
            self.places = [*places, *self.places[done:]]

    def rewrite(self, kind: str, text: str) -> None:
        """Replace the whole by a text of the same length, and count the characters that differ."""
        if text != self.text:
            self.counts[kind] += sum(old != new for old, new in zip(self.text, text, strict=True))
            self.text = text
