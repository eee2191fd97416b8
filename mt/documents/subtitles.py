"""Subtitles: SubRip (.srt) and WebVTT (.vtt). Times, numbers, settings and notes stay as they are."""

import html
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from mt.documents.markup import MarkedText, Piece, spliced
from mt.documents.segment import Segment, Target
from mt.documents.text import byte_order_mark
from mt.io.text import decode, read_bytes, unix_line_ends
from mt.text.han import has_han

_TIMES = re.compile(r"(?m)^.*-->.*(?:\n|$)")
# What ends the text of a cue: a blank line or the number and the times of the next.
_END = re.compile(r"\n[ \t]*(?:\n|\Z)|\n(?:\d+[ \t]*\n)?[^\n]*-->|\Z")
_TAG = re.compile(r"<(/?)([a-zA-Z][\w.]*)[^<>]*>|<[\d:.]+>|\{\\[^{}]*\}")
_WORD = re.compile(rf"(?:{_TAG.pattern}|\S)+")
# Most characters of a line on the screen.
_WIDTH = 42


class Subtitles:
    """A subtitle file; the lines of a cue are one segment."""

    def __init__(self, path: str | Path) -> None:
        data = read_bytes(path)
        given = byte_order_mark(data) + decode(data, path=path)
        self._crlf = "\r\n" in given
        self._vtt = str(path).lower().endswith(".vtt")
        self._text = unix_line_ends(given)
        self._cues: list[tuple[int, int, MarkedText]] = []
        for times in _TIMES.finditer(self._text):
            start = times.end()
            if not (line := re.compile(r"[ \t]*(?:\n|\Z)").match(self._text, start)):
                line = _END.search(self._text, start)
            text = self._text[start : line.start() if line else None].rstrip("\n")
            cue = MarkedText(list(_pieces(text, self._vtt)))
            if has_han(cue.segment.text):
                self._cues.append((start, start + len(text), cue))
        self.segments: list[Segment] = [cue.segment for _, _, cue in self._cues]

    def write(self, targets: Sequence[Target]) -> bytes:
        """See :class:`~mt.documents.segment.Document`."""
        new = []
        for (start, end, cue), target in zip(self._cues, targets, strict=True):
            text = cue.write(target, lambda text: html.escape(text, quote=False) if self._vtt else text)
            new.append((start, end, "\n".join(line for own in text.split("\n") for line in _wrapped(own))))
        written = spliced(self._text, new)
        return (written.replace("\n", "\r\n") if self._crlf else written).encode()


def _wrapped(line: str) -> Iterator[str]:
    """Break a line between words; tags take no room."""
    made, width = "", 0
    for word in _WORD.finditer(line):
        long = len(_TAG.sub("", word.group()))
        if made and width + 1 + long > _WIDTH:
            yield made
            made, width = "", 0
        made, width = (f"{made} {word.group()}", width + 1 + long) if made else (word.group(), long)
    if made:
        yield made


def _pieces(cue: str, vtt: bool) -> Iterator[Piece]:
    """Text and tags of a cue; lines that continue a sentence are joined, those of a dialogue stay."""
    cue = re.sub(r"[ \t]*\n[ \t]*(?![-–—])", lambda _: " ", cue)
    read = html.unescape if vtt else str
    place = 0
    for tag in _TAG.finditer(cue):
        yield Piece(read(cue[place : tag.start()]))
        name = (tag[2] or "").partition(".")[0]
        yield Piece(markup=tag.group(), role=("close" if tag[1] else "open") if name else "alone", name=name)
        place = tag.end()
    yield Piece(read(cue[place:]))
