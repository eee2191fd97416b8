"""Text made safe to show in HTML, with terms and differences marked."""

import difflib
import re
import unicodedata
from collections.abc import Sequence
from itertools import cycle, groupby
from typing import NamedTuple

from markupsafe import Markup

# Controls, bidirectional overrides, invisible and deprecated format characters: shown by code point.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)
_TOKEN = re.compile(r"\w+|[^\w\s]")

Span = tuple[int, int]


class Mark(NamedTuple):
    """A span of a text to show as ``<mark class=kind title=title>``."""

    start: int
    end: int
    kind: str
    title: str


def visible(text: str) -> str:
    """Replace characters that are invisible or reorder others by their code point, as ⟨U+202E⟩."""
    return _UNSAFE.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text)


def text_width(text: str) -> int:
    """Terminal columns: East Asian wide characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def mark_up(text: str, marks: Sequence[Mark] = (), differences: Sequence[Span] = ()) -> Markup:
    """Escape ``text`` and mark it; of marks that overlap, the later one is skipped.

    ``differences``, disjoint and in order, are set in ``<span class=d>``, inside marks where they meet.
    """
    owners: list[Mark | None] = [None] * len(text)
    for mark in sorted(marks, key=lambda mark: (mark.start, -mark.end)):
        if not any(owners[mark.start : mark.end]):
            owners[mark.start : mark.end] = [mark] * (mark.end - mark.start)
    differs = [False] * len(text)
    for start, end in differences:
        differs[start:end] = [True] * (end - start)
    parts: list[Markup] = []
    for owner, places in groupby(range(len(text)), key=lambda place: owners[place]):
        inside = Markup("")
        for different, run in groupby(places, key=lambda place: differs[place]):
            piece = _escaped("".join(text[place] for place in run))
            inside += Markup('<span class="d">{}</span>').format(piece) if different else piece
        if owner is not None:
            inside = Markup('<mark class="{}" title="{}">{}</mark>').format(owner.kind, visible(owner.title), inside)
        parts.append(inside)
    return Markup("").join(parts)


def differing_spans(text: str, reference: str) -> list[Span]:
    """Find the words and punctuation of ``text`` that the reference does not have at that place."""
    tokens = list(_TOKEN.finditer(text))
    mine, theirs = [token[0] for token in tokens], _TOKEN.findall(reference)
    matcher = difflib.SequenceMatcher(None, theirs, mine, autojunk=False)
    return [
        (tokens[low].start(), tokens[high - 1].end())
        for operation, _, _, low, high in matcher.get_opcodes()
        if operation != "equal" and high > low
    ]


def _escaped(text: str) -> Markup:
    """Escape markup, and frame the code points of unsafe characters."""
    frame = Markup('<span class="c">{}</span>')
    pieces = re.split(f"({_UNSAFE.pattern})", text)
    return Markup("").join(frame.format(visible(piece)) if odd else piece for odd, piece in zip(cycle((0, 1)), pieces))
