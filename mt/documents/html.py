"""HTML and XHTML: everything but the text is written as it was, character by character."""

import html
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from itertools import accumulate
from pathlib import Path

from mt.documents.markup import MarkedText, Piece, spliced
from mt.documents.segment import Segment, Target
from mt.errors import DataError
from mt.io.text import decode, read_bytes
from mt.text.han import has_han

# Elements within a sentence; all others end it.
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite del dfn em font i img input ins label mark q s small span strike strong sub sup "
    "time tt u var wbr code kbd samp ruby rb rp rt data output button svg math object".split()
)
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
# Their content is no text for a reader of English.
_OPAQUE = frozenset("script style template code kbd samp var pre svg math object noscript textarea rt rp".split())
_TEXT_ATTRIBUTES = re.compile(r"(?<![\w-])(alt|title|placeholder|aria-label)\s*=\s*(\"[^\"]*\"|'[^']*')", re.I)
_ROOT = re.compile(r"<html\b[^>]*>", re.I)
_LANGUAGE = re.compile(r"(\blang\s*=\s*[\"'])zh[\w-]*(?=[\"'])", re.I)
_CHARSET = re.compile(r"(<meta[^>]+charset=[\"']?)[\w-]+", re.I)
_ENCODING = re.compile(r"(^\s*<\?xml[^>]*?\bencoding\s*=\s*[\"'])([\w.:-]+)")
_TAGS = re.compile(r"<[^>]*>")
_SPACE = re.compile(r"\s+")


class Html:
    """A page; ``alt_text`` if the texts of pictures and hints are translated too."""

    def __init__(self, path: str | Path, *, alt_text: bool = False, text: str | None = None) -> None:
        self._text = decode_declared(read_bytes(path), path) if text is None else text
        xml = str(path).lower().endswith((".xhtml", ".epub")) or self._text.lstrip().startswith("<?xml")
        self._break = "<br/>" if xml else "<br>"
        # (start, end, text with its codes) of each segment, and (start, end, value) of each attribute.
        self._places: list[tuple[int, int, MarkedText | str]] = []
        self._within: list[tuple[int, int, MarkedText | str]] = []
        tokens = list(_tokens(self._text))
        entities = {token.attributes["text"] or "" for token in tokens if token.kind == "text"}
        self._entities = {
            character: entity
            for entity in entities
            if re.fullmatch(r"&[a-z]+;", entity, re.I)
            and not (character := html.unescape(entity)).isascii()
            and not character.isspace()
        }
        for start, end, pieces in _blocks(tokens):
            marked = MarkedText(pieces)
            if has_han(marked.segment.text):
                self._places.append((start, end, marked))
        kept = -1
        for number, token in enumerate(tokens if alt_text else ()):
            if number > kept and token.kind in ("start", "empty"):
                kept = _opaque_end(tokens, number)
                if not _is_kept(token):
                    self._read_attributes(token.start, token.end)
        self._places += self._within
        self._places.sort(key=lambda place: place[0])
        self.segments = [
            Segment(content) if isinstance(content, str) else content.segment for _, _, content in self._places
        ]

    def _read_attributes(self, start: int, end: int) -> None:
        inside = any(first <= start < last for first, last, _ in self._places)
        for match in _TEXT_ATTRIBUTES.finditer(self._text, start, end):
            if has_han(match[2]):
                own = (match.start(2), match.end(2), html.unescape(match[2][1:-1]))
                (self._within if inside else self._places).append(own)

    def written(self, targets: Sequence[Target]) -> str:
        """Return the page with its translations."""
        new: list[tuple[int, int, str]] = []
        for own, target in zip(self._places, targets, strict=True):
            start, end, content = own
            if isinstance(content, MarkedText):
                value = content.write(target, self._escaped)
            else:
                quote = self._text[start]
                value = f"{quote}{html.escape(target.text)}{quote}"
            if own in self._within:
                # Part of a code, which its segment, the last one, places.
                start, end, around = new.pop()
                value = around.replace(self._text[own[0] : own[1]], value, 1)
            new.append((start, end, value))
        return _ROOT.sub(lambda root: _LANGUAGE.sub(r"\1en", root.group()), spliced(self._text, new), count=1)

    def write(self, targets: Sequence[Target]) -> bytes:
        """See :class:`~mt.documents.segment.Document`."""
        return encode_declared(_CHARSET.sub(r"\1utf-8", self.written(targets)))

    def _escaped(self, text: str) -> str:
        escaped = html.escape(text, quote=False).replace("\n", self._break)
        return "".join(self._entities.get(character, character) for character in escaped)


def decode_declared(data: bytes, path: str | Path) -> str:
    """Decode a page by its byte order mark or XML declaration, or as other texts.

    Raises:
        DataError: it is in another encoding than the one it declares.
    """
    declared = _ENCODING.match(data[:200].decode("latin-1"))
    if declared is None or "utf" in declared[2].lower():
        return decode(data, path=path)
    try:
        return data.decode(declared[2])
    except (LookupError, ValueError):
        raise DataError(f"is not {declared[2]}, as it declares", path=path, hint="save it as UTF-8") from None


def encode_declared(text: str) -> bytes:
    """Encode a page as UTF-8, its XML declaration too."""
    return _ENCODING.sub(r"\1UTF-8", text, count=1).encode()


class _Token:
    def __init__(self, kind: str, name: str, start: int, attributes: dict[str, str | None] | None = None) -> None:
        self.kind, self.name, self.start, self.end = kind, name, start, start
        self.attributes = attributes or {}


class _Scanner(HTMLParser):
    """Records where each token begins."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[_Token] = []
        self._lines = [0, *accumulate(len(line) for line in text.split("\n") for line in [line + "\n"])]

    def _add(self, kind: str, name: str = "", attributes: list[tuple[str, str | None]] | None = None) -> None:
        line, column = self.getpos()
        self.found.append(_Token(kind, name, self._lines[line - 1] + column, dict(attributes or ())))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._add("start", tag, attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._add("empty", tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self._add("end", tag)

    def handle_data(self, data: str) -> None:
        self._add("text")

    def handle_entityref(self, name: str) -> None:
        self._add("text")

    def handle_charref(self, name: str) -> None:
        self._add("text")

    def handle_comment(self, data: str) -> None:
        self._add("other")

    def handle_decl(self, decl: str) -> None:
        self._add("other")

    def handle_pi(self, data: str) -> None:
        self._add("other")

    def parse_marked_section(self, i: int, report: int = 1) -> int:
        """Read ``<![CDATA[…]]>`` and the like, of which HTMLParser refuses those it does not know."""
        end = "]]>" if self.rawdata.startswith("<![CDATA[", i) else ">"
        place = self.rawdata.find(end, i)
        if place < 0:
            return -1
        self._add("other")
        return place + len(end)


def _tokens(text: str) -> Iterator[_Token]:
    scanner = _Scanner(text)
    scanner.feed(text)
    scanner.close()
    for token, following in zip(scanner.found, [*scanner.found[1:], None], strict=False):
        token.end = following.start if following is not None else len(text)
        token.name = token.name.lower()
        if token.kind == "start" and token.name in _VOID:
            token.kind = "empty"
        token.attributes["text"] = text[token.start : token.end]
        yield token


def _blocks(tokens: Sequence[_Token]) -> Iterator[tuple[int, int, list[Piece]]]:
    """Yield (start, end, pieces) of what is between the tags of blocks, without white space and breaks around it."""
    pieces: list[tuple[int, str, Piece]] = []
    number = 0
    begins = True  # whether a line begins here
    while number < len(tokens):
        token = tokens[number]
        last = _opaque_end(tokens, number)
        inline = token.kind in ("text", "other") or token.name in _INLINE or token.name == "br"
        if not inline:
            yield from _trimmed(pieces)
            pieces, number, begins = [], last + 1, True
            continue
        written = "".join(one.attributes["text"] or "" for one in tokens[number : last + 1])
        piece = _piece(token, written, last > number, begins)
        pieces.append((token.start, written, piece))
        if piece.text:
            begins = piece.text == "\n" or (begins and piece.text.isspace())
        number = last + 1
    yield from _trimmed(pieces)


def _trimmed(pieces: list[tuple[int, str, Piece]]) -> Iterator[tuple[int, int, list[Piece]]]:
    filled = [
        number
        for number, (_, _, piece) in enumerate(pieces)
        if piece.role not in ("text", "break") or piece.text.strip()
    ]
    pieces = pieces[filled[0] : filled[-1] + 1] if filled else []
    if not pieces:
        return
    (start, before, first), (end, after, last) = pieces[0], pieces[-1]
    end += len(after)
    if first.role == "text":
        start, first.text = start + len(before) - len(before.lstrip()), first.text.lstrip()
    if last.role == "text":
        end, last.text = end - len(after) + len(after.rstrip()), last.text.rstrip()
    yield start, end, [piece for *_, piece in pieces]


def _piece(token: _Token, written: str, opaque: bool, begins: bool) -> Piece:
    if token.kind == "text":
        text = html.unescape(written)
        # Wide spaces at the beginning of a line are its indent.
        indent = text[: len(text) - len(text.lstrip())] if begins else ""
        return Piece(re.sub(r"[ \t\r\n\f]", "", indent) + _SPACE.sub(" ", text[len(indent) :]))
    if opaque and token.name in ("code", "kbd", "samp", "var", "data", "output"):
        # Code is read as part of the sentence.
        return Piece(f"`{html.unescape(_TAGS.sub('', written))}`", written)
    if token.name == "br" and token.kind == "empty":
        return Piece("\n", written, "break")
    role = {"start": "open", "end": "close"}.get(token.kind, "alone")
    return Piece(markup=written, role="alone" if opaque else role, name=token.name)  # type: ignore[arg-type]


def _opaque_end(tokens: Sequence[_Token], number: int) -> int:
    """The token that ends an element whose content stays as it is; the token itself for any other."""
    token = tokens[number]
    if token.kind != "start" or not (_is_kept(token) or token.name in _OPAQUE):
        return number
    depth = 0
    for place in range(number, len(tokens)):
        if tokens[place].name == token.name:
            depth += {"start": 1, "end": -1}.get(tokens[place].kind, 0)
        if depth == 0:
            return place
    return number


def _is_kept(token: _Token) -> bool:
    """Whether an element is not to be translated, by its attributes."""
    classes = (token.attributes.get("class") or "").split()
    return token.attributes.get("translate") == "no" or "notranslate" in classes
