"""Subtitles: SubRip (.srt) and WebVTT (.vtt). Times, numbers, settings and notes stay as they are."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from mt.documents.markup import MarkedText, Piece
from mt.documents.segment import Segment, Target
from mt.io.text import decode, read_bytes, unix_line_ends
from mt.text.han import has_han

_TIMES = re.compile(r"(?m)^.*-->.*(?:\n|$)")
_TAG = re.compile(r"<(/?)([a-zA-Z][\w.]*)[^<>]*>|\{\\[^{}]*\}")
# Most characters of a line on the screen.
_WIDTH = 42


class Subtitles:
    """A subtitle file; the lines of a cue are one segment."""

    def __init__(self, path: str | Path) -> None:
        given = decode(read_bytes(path), path=path)
        self._crlf = "\r\n" in given
        self._text = unix_line_ends(given)
        self._cues: list[tuple[int, int, MarkedText]] = []
        for times in _TIMES.finditer(self._text):
            end = re.compile(r"\n[ \t]*(?:\n|$)|$").search(self._text, times.end())
            start, stop = times.end(), end.start() if end is not None else len(self._text)
            cue = MarkedText(list(_pieces(self._text[start:stop].rstrip("\n"))))
            if has_han(cue.segment.text):
                self._cues.append((start, start + len(self._text[start:stop].rstrip("\n")), cue))
        self.segments: list[Segment] = [cue.segment for _, _, cue in self._cues]

    def write(self, targets: Sequence[Target]) -> bytes:
        """See :class:`~mt.documents.segment.Document`."""
        written, place = "", 0
        for (start, end, cue), target in zip(self._cues, targets, strict=True):
            text = cue.write(target, lambda text: text)
            lines = [line for own in text.split("\n") for line in textwrap.wrap(own, _WIDTH, break_long_words=False)]
            written += self._text[place:start] + "\n".join(lines)
            place = end
        written += self._text[place:]
        return (written.replace("\n", "\r\n") if self._crlf else written).encode()


def _pieces(cue: str) -> Iterator[Piece]:
    """Text and tags of a cue; lines that continue a sentence are joined, those of a dialogue stay."""
    cue = re.sub(r"[ \t]*\n[ \t]*(?![-–—])", lambda _: " ", cue)
    place = 0
    for tag in _TAG.finditer(cue):
        yield Piece(cue[place : tag.start()])
        name = (tag[2] or "").partition(".")[0]
        yield Piece(markup=tag.group(), role=("close" if tag[1] else "open") if name else "alone", name=name)
        place = tag.end()
    yield Piece(cue[place:])
