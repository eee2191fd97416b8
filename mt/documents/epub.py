"""EPUB books: chapters, navigation and table of contents, in the order of reading."""

import re
from collections.abc import Sequence
from pathlib import Path

from mt.documents.container import Container
from mt.documents.html import Html
from mt.documents.office.pptx import resolved
from mt.documents.segment import Segment, Target
from mt.errors import DataError
from mt.io.xml import descendants

_CONTAINER = "META-INF/container.xml"


class Epub:
    """A book (EPUB 2 or 3)."""

    def __init__(self, path: str | Path) -> None:
        self._container = container = Container(path)
        packages = [node.get("full-path") for node in descendants(container.xml(_CONTAINER), "rootfile")]
        package = next(filter(None, packages), None)
        if package is None:
            raise DataError("is no EPUB book", path=path)
        root = container.xml(package)
        items = {item.get("id"): item for item in descendants(root, "item")}
        order = [items[one.get("idref")] for one in descendants(root, "itemref") if one.get("idref") in items]
        others = [item for item in items.values() if item not in order and "ncx" in (item.get("media-type") or "")]
        folder = package.rpartition("/")[0]
        self._pages: list[tuple[str, Html]] = []
        for item in [*order, *others]:
            name = resolved(folder, item.get("href") or "")
            if name in container:
                self._pages.append((name, Html(path, text=container.read(name).decode("utf-8", "replace"))))
        self._package = package
        self.segments: list[Segment] = [segment for _, page in self._pages for segment in page.segments]

    def write(self, targets: Sequence[Target]) -> bytes:
        """See :class:`~mt.documents.segment.Document`."""
        parts, rest = {}, list(targets)
        for name, page in self._pages:
            own, rest = rest[: len(page.segments)], rest[len(page.segments) :]
            if own:
                parts[name] = page.write(own)
        package = self._container.read(self._package).decode("utf-8", "replace")
        parts[self._package] = re.sub(r"(<dc:language[^>]*>)\s*zh[\w-]*", r"\1en", package).encode()
        return self._container.write(parts)
