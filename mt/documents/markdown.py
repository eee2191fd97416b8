"""Markdown (CommonMark with tables and strikethrough): blocks by markdown-it, code and front matter left alone."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mt.documents.markup import MarkedText, Piece, spliced
from mt.documents.segment import Segment, Target
from mt.io.text import decode, read_bytes, unix_line_ends
from mt.text.han import has_han

_FRONT_MATTER = re.compile(r"---[ \t]*\n.*?\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.S)
_SPECIAL = re.compile(r"([\\`*_\[\]<>~|])")
# What begins another block at the beginning of a line, up to the character that is escaped.
_BLOCK = re.compile(r"(^|\\\n)(\d{1,9}(?=[.)](?:\s|$))|(?=#{1,6}(?:\s|$)|[-+](?:\s|$)|(?:-{2,}|=+)[ \t]*(?:\n|$)))")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_TASK = re.compile(r"\[[ xX]\]\s+")
_HTML_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)[^>]*(?<!/)>")
# Footnote marks, formulas, attributes and placeholders, which markdown-it takes for text. As for pandoc, a formula has
# no space at its ends and no digit follows it; Chinese is in braces there, so $10元，套餐为$20 is none.
_HAN = "\u3000-\u303f\u3400-\u9fff\uff00-\uffef"
_KEPT = re.compile(
    r"\ue001\^[^\]\s]+\](?:: *)?|\$\$[^$]+\$\$|"
    rf"\$(?!\s)(?:\{{[^{{}}$\n]*\}}|[^$\n{_HAN}])+(?<!\s)\$(?!\d)| *\{{[#.:][^{{}}]*\}}|\{{[%{{][^{{}}]*\}}+"
)

_FOOTNOTE = "\ue001^"
_SOFT_BREAK = "\n\n"


class Markdown:
    """A Markdown file."""

    def __init__(self, path: str | Path) -> None:
        from markdown_it import MarkdownIt

        given = decode(read_bytes(path), path=path)
        self._crlf = "\r\n" in given
        # markdown-it would take the text of a footnote for the address of a link.
        self._text = unix_line_ends(given).replace("[^", _FOOTNOTE)
        parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
        front = _FRONT_MATTER.match(self._text)
        begin = front.end() if front else 0
        starts = [begin]
        for line in self._text[begin:].splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        self._places: list[tuple[int, int, MarkedText, bool]] = []
        place, before_it = begin, ""
        for token in parser.parse(self._text[begin:]):
            cell, before_it = before_it in ("th_open", "td_open"), token.type
            if token.type != "inline" or not token.content.strip() or token.map is None:
                continue
            span = self._find(token.content, max(place, starts[token.map[0]]), cell)
            if span is None:
                continue
            start, place = span
            children = token.children or []
            if (box := _TASK.match(token.content)) and children[0].content.startswith(box.group()):
                start += box.end()
                children[0].content = children[0].content[box.end() :]
            pieces = list(_pieces(children))
            for piece, before, after in zip(pieces[1:], pieces, pieces[2:], strict=False):
                if piece.text == _SOFT_BREAK:
                    # Chinese lines are joined without a space.
                    piece.text = " " if before.text[-1:].isascii() and after.text[:1].isascii() else ""
            marked = MarkedText(pieces)
            if has_han(marked.segment.text):
                self._places.append((start, place, marked, cell))
        self.segments: list[Segment] = [marked.segment for _, _, marked, _ in self._places]

    def _find(self, content: str, start: int, cell: bool) -> tuple[int, int] | None:
        """Where a text stands whose lines may be indented, and in a cell have their | escaped."""
        lines = [re.escape(line) for line in content.split("\n")]
        if cell:
            lines = [line.replace(r"\|", r"\\?\|") for line in lines]
        place, begin = start, None
        for line in lines:
            found = re.compile(line).search(self._text, place)
            if found is None:
                return None
            place, begin = found.end(), found.start() if begin is None else begin
        return (begin, place) if begin is not None else None

    def write(self, targets: Sequence[Target]) -> bytes:
        """See :class:`~mt.documents.segment.Document`."""
        new = []
        for (start, end, marked, cell), target in zip(self._places, targets, strict=True):
            own = _BLOCK.sub(r"\1\2\\", marked.write(target, _escaped))
            new.append((start, end, re.sub(r"(?<!\\)\|", r"\|", own) if cell else own))
        written = spliced(self._text, new).replace(_FOOTNOTE, "[^")
        return (written.replace("\n", "\r\n") if self._crlf else written).encode()


def _escaped(text: str) -> str:
    return _ENTITY.sub("&amp;", _SPECIAL.sub(r"\\\1", text)).replace("\n", "\\\n")


def _pieces(tokens: Sequence[Any]) -> Iterator[Piece]:
    links: list[str] = []
    for token in tokens:
        kind, _, end = token.type.rpartition("_")
        if token.type == "text":
            yield from _text_pieces(token.content)
        elif token.type == "softbreak":
            yield Piece(_SOFT_BREAK)
        elif token.type == "hardbreak":
            yield Piece("\n")
        elif kind == "link" and end == "open":
            title = f' "{token.attrs["title"]}"' if token.attrs.get("title") else ""
            auto = token.markup == "autolink"
            links.append(">" if auto else f"]({_address(token.attrs['href'])}{title})")
            yield Piece(markup="<" if auto else "[", role="open", name="link")
        elif kind == "link":
            yield Piece(markup=links.pop(), role="close", name="link")
        elif token.type == "image":
            title = f' "{token.attrs["title"]}"' if token.attrs.get("title") else ""
            yield Piece(markup=f"![{token.content}]({_address(token.attrs['src'])}{title})", role="alone")
        elif token.type == "code_inline":
            edge = " " if token.content[:1] == "`" or token.content[-1:] == "`" else ""
            yield Piece(f"`{token.content}`", f"{token.markup}{edge}{token.content}{edge}{token.markup}")
        elif token.type == "html_inline" and (tag := _HTML_TAG.fullmatch(token.content)):
            yield Piece(markup=token.content, role="close" if tag[1] else "open", name=f"<{tag[2].lower()}>")
        elif end in ("open", "close"):
            yield Piece(markup=token.markup, role="open" if end == "open" else "close", name=token.markup)
        else:
            yield Piece(markup=token.content, role="alone")


def _text_pieces(text: str) -> Iterator[Piece]:
    place = 0
    for match in _KEPT.finditer(text):
        yield Piece(text[place : match.start()])
        yield Piece(markup=match.group(), role="alone")
        place = match.end()
    yield Piece(text[place:])


def _address(address: str) -> str:
    return f"<{address}>" if re.search(r"[\s()]", address) else address
