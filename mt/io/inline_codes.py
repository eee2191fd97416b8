"""The text of a segment of TMX or XLIFF: its inline codes are dropped, or stand for a space or for text.

Codes of formatting leave nothing. A line break, a tab or the edge of a block leaves a space; a placeholder, an
equivalent text and the text of a sub-flow (``<sub>``) are text. A code of unknown meaning leaves a space where the
words on both sides would run together.
"""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mt.io.xml import children, descendants, local_name

# Elements of TMX 1.4, XLIFF 1.2 and 2.x that hold codes, and those that stand by themselves, neither beginning nor end.
_CODES = frozenset("bpt ept it ph ut bx ex x sc ec sm em cp".split())
_ALONE = frozenset(("ph", "ut", "x"))
_BREAK_NAME = (
    r"br|p|div|li|ul|ol|tr|td|th|table|h[1-6]|hr|lb|pb|cr|tab|cell|line|newline|par|paragraph|(?:line|soft)?[-_]?break"
)
_FORMAT_NAME = r"b|i|u|s|em|strong|span|font|sub|sup|small|big|bold|italic|underlined?|strike|cf"
_BREAK_TYPE = re.compile(rf"(?:[\w-]*[-_:])?(?:{_BREAK_NAME})", re.I)
_TAG = re.compile(r"</?\s*(?:\w+:)?([\w-]+)[^<>]*>")
# memoQ writes placeholders and special characters as tags.
_SHOWN = re.compile(r'\b(?:displaytext|val)="([^"<>]*)"')
_SPELLED = re.compile(r"[^\W\d_]|\{\d+\}|%\d")
# Left by a code of unknown meaning; XML cannot hold it.
_UNKNOWN = "\0"
_BETWEEN_WORDS = re.compile(r"(?<=[\w.,;:!?)%”])\0+(?=[\w(“])")


def text_of(element: Any, codes: Mapping[tuple[str, str], str] | None = None) -> str:
    """Return the text of a ``<seg>``, ``<source>``, ``<target>`` or ``<mrk>``, white space reduced to single spaces.

    ``codes``, from :func:`native_codes`, is what inline elements refer to.
    """
    text = _BETWEEN_WORDS.sub(" ", "".join(_pieces(element, codes or {}))).replace(_UNKNOWN, "")
    return re.sub(r"[ \t\n]+", " ", text).strip()


def native_codes(node: Any, name: str) -> dict[tuple[str, str], str]:
    """The codes of the original format that the ``<data>`` (XLIFF 2) or ``<tag>`` (Trados Studio) in a node define."""
    return {
        (name, definition.get("id") or ""): "".join((children(definition, "ph") or [definition])[0].itertext())
        for definition in descendants(node, name)
    }


def _pieces(element: Any, codes: Mapping[tuple[str, str], str]) -> Iterator[str]:
    yield element.text or ""
    for inner in element:
        if local_name(inner) in _CODES:
            yield _stand_in(inner, codes)
        elif inner.get("mtype") != "x-sdl-deleted":
            edge = " " if _is_break(inner) else ""
            yield edge
            yield from _pieces(inner, codes)
            yield edge
        yield inner.tail or ""


def _is_break(code: Any) -> bool:
    kinds = (code.get(name) or "" for name in ("ctype", "type", "subType", "name", "equiv"))
    return any(_BREAK_TYPE.fullmatch(kind) for kind in kinds)


def _stand_in(code: Any, codes: Mapping[tuple[str, str], str]) -> str:
    """What an inline code leaves in the text."""
    subflows = [text_of(subflow, codes) for subflow in descendants(code, "sub")]
    if subflows:
        return f" {' '.join(subflows)} "
    if _is_break(code):
        return " "
    own = (code.get("equiv-text"), code.get("disp"), code.get("equiv"), "".join(code.itertext()))
    given = (*own, codes.get(("data", code.get("dataRef"))), codes.get(("tag", code.get("id"))))
    native = html.unescape(next(filter(None, given), ""))
    tags = [name.lower() for name in _TAG.findall(native)]
    if (native and not native.strip()) or any(re.fullmatch(_BREAK_NAME, name) for name in tags):
        return " "
    if local_name(code) not in _ALONE or (tags and all(re.fullmatch(_FORMAT_NAME, name) for name in tags)):
        return ""
    shown = _SHOWN.search(native)
    text = html.unescape(shown[1]) if shown else "" if re.search(r"[<>\\]", native) else native
    return text if text and (not text.strip() or _SPELLED.search(text)) else _UNKNOWN
