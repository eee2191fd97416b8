"""EPUB books: chapters, navigation and table of contents, in the order of reading."""

import html
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from mt.documents.container import Container
from mt.documents.html import Html, decode_declared, encode_declared
from mt.documents.markup import spliced
from mt.documents.office.pptx import resolved
from mt.documents.segment import Segment, Target, divided
from mt.errors import DataError
from mt.io.xml import descendants
from mt.text.han import has_han

_TITLE = re.compile(r"<dc:title\b[^>]*>([^<]*)</")
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
        others = [item for item in items.values() if item not in order and _is_contents(item)]
        folder = package.rpartition("/")[0]
        self._pages: list[tuple[str, Html]] = []
        for item in [*order, *others]:
            name = resolved(folder, unquote(item.get("href") or ""))
            if name in container:
                text = decode_declared(container.read(name), f"{path}: {name}")
                self._pages.append((name, Html(path, text=text)))
        self._package = package
        self._text = decode_declared(container.read(package), f"{path}: {package}")
        self._titles = [title for title in _TITLE.finditer(self._text) if has_han(title[1])]
        self.segments: list[Segment] = [Segment(html.unescape(title[1]).strip()) for title in self._titles]
        self.segments += [segment for _, page in self._pages for segment in page.segments]

    def write(self, targets: Sequence[Target]) -> bytes:
        """See :class:`~mt.documents.segment.Document`."""
        titles = zip(self._titles, targets, strict=False)
        package = spliced(
            self._text, ((*title.span(1), html.escape(target.text, quote=False)) for title, target in titles)
        )
        names = (name for name, page in self._pages if page.segments)
        written = divided(targets[len(self._titles) :], [page for _, page in self._pages])
        parts = {name: page.write(own) for name, (page, own) in zip(names, written, strict=True)}
        package = re.sub(r"(<dc:language[^>]*>)\s*zh[\w-]*", r"\1en", package)
        parts[self._package] = encode_declared(package)
        return self._container.write(parts)


def _is_contents(item: Any) -> bool:
    return "ncx" in (item.get("media-type") or "") or "nav" in (item.get("properties") or "").split()
