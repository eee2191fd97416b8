"""XLIFF 1.2 and 2.x, and the dialects of Trados Studio (.sdlxliff) and memoQ (.mqxliff).

Sources are Chinese and get English targets. What is locked, approved, not to be translated, or has a target already
stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from lxml import etree

from mt.documents.container import xml_bytes
from mt.documents.mixed import Inline, MixedContent
from mt.documents.segment import Segment, Target
from mt.errors import DataError
from mt.io.text import read_bytes
from mt.io.xml import children, descendants, local_name, parse_xml
from mt.text.han import has_han

_SDL = "http://sdl.com/FileTypes/SdlXliff/1.0"
_MEMOQ = "MQXliff"


def _marker(element: Any) -> tuple[int, str] | None:
    name = local_name(element)
    if name in ("bpt", "bx", "ept", "ex"):
        return (1 if name[0] == "b" else -1), element.get("rid") or element.get("id") or ""
    if name == "it" and element.get("pos") in ("open", "close"):
        return (1 if element.get("pos") == "open" else -1), "it" + (element.get("rid") or element.get("id") or "")
    if name in ("sc", "sm"):
        return 1, name[1] + (element.get("id") or "")
    if name in ("ec", "em"):
        return -1, name[1] + (element.get("startRef") or element.get("id") or "")
    protected = element.get("mtype") == "protected" or element.get("translate") == "no"
    return (0, "") if name == "mrk" and protected else None


# States of targets that are not translated again.
_DONE = frozenset(("final", "signed-off", "translated"))
_INLINE = Inline(frozenset(("g", "pc", "mrk")), marker=_marker)


class Xliff:
    """An XLIFF file.

    Raises:
        DataError: not XLIFF, or not from Chinese into English.
    """

    def __init__(self, path: str | Path) -> None:
        self._root = parse_xml(read_bytes(path), path=path, keep_comments=True)
        if local_name(self._root) != "xliff":
            raise DataError(f"is no XLIFF file, but <{local_name(self._root)}>", path=path)
        self._second = (self._root.get("version") or "").startswith("2")
        self._check_languages(path)
        self._units = [unit for unit in self._read() if has_han(unit.content.text)]
        self.segments: list[Segment] = [unit.content.segment for unit in self._units]

    def _check_languages(self, path: str | Path) -> None:
        names = ("srcLang", "trgLang") if self._second else ("source-language", "target-language")
        for node in [self._root] if self._second else descendants(self._root, "file"):
            source, target = (node.get(name) for name in names)
            if not ((source or "zh").lower().startswith("zh") and (target or "en").lower().startswith("en")):
                raise DataError(
                    f"is from '{source}' into '{target}'", path=path, hint="give a file from Chinese into English"
                )
            if target is None:
                node.set(names[1], "en")

    def _read(self) -> Iterator[_Unit]:
        for file in descendants(self._root, "file"):
            if self._second:
                for segment in descendants(file, "segment"):
                    if not _closed(segment) and segment.get("state") not in ("reviewed", "final"):
                        yield from _unit(segment, segment)
                continue
            for unit in descendants(file, "trans-unit"):
                if _closed(unit) or unit.get("approved") == "yes" or unit.get(f"{{{_MEMOQ}}}locked"):
                    continue
                marks = [mark for mark in _all(children(unit, "seg-source"), "mrk") if mark.get("mtype") == "seg"]
                target = next(iter(children(unit, "target")), None)
                if target is not None and target.get("state") in _DONE:
                    continue
                for mark in marks:
                    # What a person wrote over all segments stays.
                    if not _text(target) or descendants(target, "mrk"):
                        yield from _unit(unit, mark)
                if not marks:
                    yield from _unit(unit, unit)

    def write(self, targets: Sequence[Target]) -> bytes:
        """See :class:`~mt.documents.segment.Document`."""
        for unit, target in zip(self._units, targets, strict=True):
            unit.write(target, second=self._second)
        return xml_bytes(self._root)


class _Unit:
    """A source that lacks its target: a unit, or a segment (``mark``) of one."""

    def __init__(self, node: Any, source: Any, mark: Any) -> None:
        self._node, self._source, self._mark = node, source, mark
        self.content = MixedContent(source, _INLINE)

    def write(self, target: Target, *, second: bool) -> None:
        """Write the target and its state."""
        node = self._node
        namespace = etree.QName(node).namespace
        element = next(iter(children(node, "target")), None)
        if element is None:
            element = etree.Element(f"{{{namespace}}}target" if namespace else "target")
            after = [*children(node, "seg-source"), *children(node, "source")][0]
            element.tail, after.tail = after.tail, after.tail
            after.addnext(element)
            # lxml moves the tail with the element.
            element.tail = after.tail
        if self._mark is not None and not descendants(element, "mrk"):
            _copy_frame(children(node, "seg-source")[0], element)
        into = element if self._mark is None else _target_mark(element, self._mark)
        self.content.write(target, into, copy=True)
        if second:
            node.set("state", "translated")
            return
        segment = _sdl_segment(node, self._mark)
        if segment is not None:
            for name, value in (("conf", "Draft"), ("origin", "mt"), ("origin-system", "zhen-mt")):
                segment.set(name, value)
        elif node.get(f"{{{_MEMOQ}}}status") is not None:
            node.set(f"{{{_MEMOQ}}}status", "MachineTranslated")
        else:
            element.set("state", "needs-review-translation")
            element.set("state-qualifier", "leveraged-mt")


def _unit(node: Any, source: Any) -> Iterator[_Unit]:
    """Yield what is to be translated of a unit, or of one of its marked segments."""
    mark = source if local_name(source) == "mrk" else None
    text = source if mark is not None else next(iter(children(node, "source")), None)
    if text is None:
        return
    segment = _sdl_segment(node, mark)
    if segment is not None and segment.get("locked") == "true":
        return
    target = next(iter(children(node, "target")), None)
    if target is not None and mark is not None:
        target = next((one for one in descendants(target, "mrk") if one.get("mid") == mark.get("mid")), None)
    written = _text(target)
    if not written or written == "".join(text.itertext()).strip():
        yield _Unit(node, text, mark)


def _text(element: Any) -> str:
    return "".join(element.itertext()).strip() if element is not None else ""


def _copy_frame(source: Any, target: Any) -> None:
    """Give a target the segments of its source, without their text, and the codes around and between them."""
    target.text = source.text
    target.extend([deepcopy(child) for child in source])
    for mark in descendants(target, "mrk"):
        if mark.get("mtype") == "seg" and has_han(_text(mark)):
            for child in list(mark):
                mark.remove(child)
            mark.text = None


def _target_mark(target: Any, mark: Any) -> Any:
    """The segment of a target that belongs to one of the source; made if it is missing."""
    for own in descendants(target, "mrk"):
        if own.get("mid") == mark.get("mid"):
            return own
    made = etree.SubElement(target, mark.tag, dict(mark.attrib))
    made.tail = mark.tail
    return made


def _sdl_segment(node: Any, mark: Any) -> Any:
    """What Trados Studio says of a segment: its state, whether it is locked."""
    if mark is None:
        return None
    return next((one for one in node.iter(f"{{{_SDL}}}seg") if one.get("id") == mark.get("mid")), None)


def _closed(node: Any) -> bool:
    return any(up.get("translate") == "no" for up in (node, *node.iterancestors()))


def _all(nodes: Sequence[Any], name: str) -> list[Any]:
    return [found for node in nodes for found in descendants(node, name)]
