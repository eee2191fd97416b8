"""What a document gives to be translated, and what it takes back: text with inline codes.

The terms are those of XLIFF: a *segment* is a paragraph, a cell, a unit; its *inline codes* are what stands in its text
without being text, such as bold letters, a link, the mark of a footnote.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar


class _Part(Protocol):
    @property
    def segments(self) -> Sequence["Segment"]: ...


_T = TypeVar("_T", bound=_Part)


@dataclass(frozen=True, slots=True)
class Code:
    """An inline code.

    Args:
        start, end: what it stands around, in characters of the text; equal where it stands alone.
    """

    start: int
    end: int


@dataclass(frozen=True)
class Segment:
    """A text to translate.

    Args:
        text: without its codes; may have several lines.
        codes: in the order of their starts, an outer one before those within it. None crosses another.
        ordered: pairs of codes, by number, of which the first must not come after the second, such as the beginning and
            the end of a bookmark.
    """

    text: str
    codes: tuple[Code, ...] = ()
    ordered: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Target:
    """A translated segment.

    Args:
        text: the English.
        codes: for each code of the segment, in its order, where it is in the English.
        marks: (start, end, colour) of what is to be highlighted, in order, where the format can.
    """

    text: str
    codes: tuple[Code, ...] = ()
    marks: tuple[tuple[int, int, str], ...] = ()


def divided(targets: Sequence[Target], parts: Iterable[_T]) -> Iterator[tuple[_T, Sequence[Target]]]:
    """Yield each part of a document that has segments, with the targets of these: the parts' follow each other."""
    place = 0
    for part in parts:
        end = place + len(part.segments)
        if place < end:
            yield part, targets[place:end]
        place = end


class Document(Protocol):
    """A document that is read and can be written with its translations in place."""

    @property
    def segments(self) -> Sequence[Segment]:
        """What is to be translated, in reading order."""
        ...

    def write(self, targets: Sequence[Target]) -> bytes:
        """Return the document's file with a translation in the place of each segment, all else as it was."""
        ...
