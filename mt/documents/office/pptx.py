"""PowerPoint presentations (.pptx): slides with their tables, charts and notes, and fixed text of layouts."""

import re
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from mt.documents.container import Container
from mt.documents.office.docx import content_parts
from mt.documents.office.drawings import CHART, DrawingPart
from mt.documents.segment import Segment, Target, divided
from mt.io.xml import descendants, local_name

_MAIN = ("presentation.main+xml", "presentation.macroEnabled.main+xml", "slideshow.main+xml")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class Pptx:
    """A presentation; slides in their order, each with its notes."""

    def __init__(self, path: str | Path) -> None:
        self._container = container = Container(path)
        self._parts: list[DrawingPart] = []
        for name in _slides(container):
            self._parts.append(DrawingPart(name, container.xml(name)))
            self._parts += [DrawingPart(note, container.xml(note)) for note in _related(container, name, "notesSlides")]
        for kind in ("slideLayout+xml", "slideMaster+xml"):
            for name in content_parts(container, kind):
                self._parts.append(DrawingPart(name, container.xml(name), _in_placeholder))
        self._parts += [DrawingPart(name, container.xml(name)) for name in content_parts(container, CHART)]
        self.segments: list[Segment] = [segment for part in self._parts for segment in part.segments]

    def write(self, targets: Sequence[Target]) -> bytes:
        """See :class:`~mt.documents.segment.Document`."""
        return self._container.write({part.name: part.write(own) for part, own in divided(targets, self._parts)})


def _slides(container: Container) -> list[str]:
    """The slides in the order they are shown; those that the presentation does not name last."""
    found = list(content_parts(container, "presentationml.slide+xml"))
    main = next(chain.from_iterable(content_parts(container, kind) for kind in _MAIN), None)
    if main is None:
        return found
    targets = dict(_relations(container, main))
    order = [targets.get(node.get(_RELATION) or "", "") for node in descendants(container.xml(main), "sldId")]
    return sorted(found, key=lambda name: order.index(name) if name in order else len(order))


def _related(container: Container, name: str, folder: str) -> list[str]:
    return [target for _, target in _relations(container, name) if f"/{folder}/" in target and target in container]


def _relations(container: Container, name: str) -> list[tuple[str, str]]:
    """(id, part) of each part that a part refers to."""
    folder, _, file = name.rpartition("/")
    relations = f"{folder}/_rels/{file}.rels"
    if relations not in container:
        return []
    return [
        (node.get("Id") or "", resolved(folder, node.get("Target") or ""))
        for node in container.xml(relations)
        if node.get("TargetMode") != "External"
    ]


def resolved(folder: str, target: str) -> str:
    """The part that a name in a folder's part refers to."""
    path = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}".lstrip("/")
    while re.search(r"[^/]+/\.\./", path):
        path = re.sub(r"[^/]+/\.\./", "", path, count=1)
    return path


def _in_placeholder(paragraph: Any) -> bool:
    """Whether a paragraph of a layout is only a prompt, which slides do not show."""
    shape = next((up for up in paragraph.iterancestors() if local_name(up) == "sp"), None)
    return shape is not None and bool(descendants(shape, "ph"))
