"""Text made safe to show in HTML, with terms and differences marked."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from markupsafe import Markup, escape

# Controls, bidirectional overrides, invisible and deprecated format characters: shown by code point.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~&!])")
# Terminal columns of a label in a chart: they fill the space beside bars at the style sheet's font size.
LABEL_COLUMNS = 17
_TOKEN = re.compile(r"\w+|[^\w\s]")

Span = tuple[int, int]


@dataclass(frozen=True)
class Mark:
    """A span of a text to show as ``<mark class=kind title=title>``."""

    start: int
    end: int
    kind: str
    title: str


def visible(text: str) -> str:
    """Replace characters that are invisible or reorder others by their code point, as ⟨U+202E⟩."""
    return _UNSAFE.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text)


def plain(text: str) -> str:
    """Escape text for Markdown and HTML, on one line."""
    return _MARKDOWN.sub(r"\\\1", visible(" ".join(text.split())))


def text_width(text: str) -> int:
    """Terminal columns: East Asian wide characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def shortened(text: str, columns: int = LABEL_COLUMNS) -> str:
    """Cut a text to so many terminal columns."""
    if text_width(text) <= columns:
        return text
    return text[: sum(width < columns for width in accumulate(map(text_width, text)))] + "…"


def mark_up(text: str, marks: Sequence[Mark] = (), differences: Sequence[Span] = ()) -> Markup:
    """Escape ``text`` and mark it; of marks that overlap, the later one is skipped.

    ``differences``, disjoint and in order, are set in ``<span class=d>``, inside marks where they meet.
    """
    parts: list[Markup] = []
    place = 0
    for mark in sorted(marks, key=lambda mark: (mark.start, -mark.end)):
        if mark.start < place or mark.end <= mark.start:
            continue
        parts.append(_with_differences(text, place, mark.start, differences))
        inside = _with_differences(text, mark.start, mark.end, differences)
        title = visible(mark.title)
        parts.append(Markup('<mark class="{}" title="{}">{}</mark>').format(mark.kind, title, inside))
        place = mark.end
    parts.append(_with_differences(text, place, len(text), differences))
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


def _with_differences(text: str, start: int, end: int, differences: Sequence[Span]) -> Markup:
    parts: list[Markup] = []
    place = start
    for low, high in differences:
        low, high = max(low, place), min(high, end)
        if low >= high:
            continue
        parts.append(_escaped(text[place:low]))
        parts.append(Markup('<span class="d">{}</span>').format(_escaped(text[low:high])))
        place = high
    parts.append(_escaped(text[place:end]))
    return Markup("").join(parts)


def _escaped(text: str) -> Markup:
    """Escape markup, and frame the code points of unsafe characters."""
    parts: list[Markup] = []
    place = 0
    for match in _UNSAFE.finditer(text):
        parts += [escape(text[place : match.start()]), Markup('<span class="c">{}</span>').format(visible(match[0]))]
        place = match.end()
    return Markup("").join([*parts, escape(text[place:])])
