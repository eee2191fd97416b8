"""Text with markup written in it (HTML, Markdown, subtitles): a segment with inline codes, and written again."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from mt.documents.segment import Code, Segment, Target


@dataclass
class Piece:
    """Text, or markup that begins or ends a code, named so that both ends are alike, or stands alone.

    Text with markup is what the translation copies, such as code: the markup is written in its place. A break is a line
    end with its markup.
    """

    text: str = ""
    markup: str = ""
    role: Literal["text", "break", "open", "close", "alone"] = "text"
    name: str = ""


def spliced(text: str, replaced: Iterable[tuple[int, int, str]]) -> str:
    """Return a text with (start, end) of it replaced by another, in order; the rest stays as it is."""
    written, place = [], 0
    for start, end, new in replaced:
        written += [text[place:start], new]
        place = end
    return "".join([*written, text[place:]])


class MarkedText:
    """Pieces of a document in their order, as one segment; white space around it is kept as it is."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        found: list[tuple[int, int, str, str]] = []
        opened: list[tuple[int, str]] = []
        text = ""
        self._copied: list[tuple[str, str]] = []
        self._breaks = [piece.markup for piece in pieces if piece.role == "break"]
        for piece in pieces:
            if piece.role in ("text", "break"):
                text += piece.text
                self._copied += [(piece.text, piece.markup)] if piece.markup and piece.role == "text" else []
                continue
            place = len(text)
            matching = [number for number, (_, name) in enumerate(opened) if name == piece.name]
            if piece.role == "close" and matching:
                # What was opened within it and never closed stands alone.
                number, _ = opened[matching[-1]]
                del opened[matching[-1] :]
                start, _, before, _ = found[number]
                found[number] = (start, place, before, piece.markup)
                continue
            if piece.role == "open":
                opened.append((len(found), piece.name))
            found.append((place, place, piece.markup, ""))
        begin = min([len(text) - len(text.lstrip()), *(start for start, *_ in found)])
        finish = max([len(text.rstrip()), begin, *(end for _, end, *_ in found)])
        self._before, self._after = text[:begin], text[finish:]
        self._codes = [(Code(start - begin, end - begin), before, after) for start, end, before, after in found]
        kept = text[begin:finish]
        self.segment = Segment(kept, tuple(code for code, _, _ in self._codes))

    def write(self, target: Target, escape: Callable[[str], str]) -> str:
        """Return the markup of a translation; ``escape`` writes text so that it is read as text."""
        copied, breaks = list(self._copied), list(self._breaks)

        def written(text: str) -> str:
            """Escape a text but for what is copied in it."""
            for number, (stand_in, markup) in enumerate(copied):
                before, found, rest = text.partition(stand_in)
                if found:
                    del copied[number]
                    return written(before) + markup + written(rest)
            first, *others = text.split("\n")
            lines = ((breaks.pop(0) if breaks else escape("\n")) + escape(line) for line in others)
            return escape(first) + "".join(lines)

        order = sorted(range(len(self._codes)), key=lambda number: (target.codes[number].start, number))
        inner = self._emit(target, 0, len(target.text), order, written)
        return self._before + inner + "".join(f" {markup}" for _, markup in copied) + self._after

    def _emit(self, target: Target, start: int, end: int, numbers: Sequence[int], escape: Callable[[str], str]) -> str:
        written, place, rest = "", start, list(numbers)
        while rest:
            number = rest.pop(0)
            code, (source, before, after) = target.codes[number], self._codes[number]
            written += escape(target.text[place : code.start]) + before
            inside = []
            if after:
                inside = [other for other in rest if other > number and self._codes[other][0].end <= source.end
                          and source.start <= self._codes[other][0].start
                          and target.codes[other].end <= code.end]  # fmt: skip
            rest = [other for other in rest if other not in inside]
            written += self._emit(target, code.start, code.end, inside, escape) + after
            place = max(place, code.end)
        return written + escape(target.text[place:end])
