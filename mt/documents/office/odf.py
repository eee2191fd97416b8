"""OpenDocument text, sheets and presentations (.odt, .ods, .odp): OASIS OpenDocument 1.3."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mt.documents.container import Container, xml_bytes
from mt.documents.mixed import Inline, MixedContent
from mt.documents.segment import Segment, Target
from mt.io.xml import local_name
from mt.text.han import has_han


def _marker(element: Any) -> tuple[int, str] | None:
    """Bookmarks and references begin and end with an element each."""
    kind, _, side = local_name(element).rpartition("-")
    if side not in ("start", "end") or not kind:
        return None
    name = next((value for key, value in element.attrib.items() if local_name_of(key) in ("name", "change-id")), "")
    return (1 if side == "start" else -1), f"{kind} {name}"


_INLINE = Inline(frozenset(("span", "a", "meta", "meta-field")), {"line-break": "\n", "tab": "\t", "s": " "}, _marker)
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
# Content that no reader sees: changes taken back, results of formulas.
_SKIPPED = frozenset(("tracked-changes", "annotation"))


class OpenDocument:
    """A text, a sheet or a presentation: its content and the headers and footers of its styles."""

    def __init__(self, path: str | Path) -> None:
        self._container = Container(path)
        self._roots = {
            name: self._container.xml(name) for name in ("styles.xml", "content.xml") if name in self._container
        }
        self._texts: list[tuple[str, Any, MixedContent]] = []
        for name in ("content.xml", "styles.xml"):
            for element in self._roots[name].iter(f"{_TEXT}p", f"{_TEXT}h") if name in self._roots else ():
                if any(_skipped(up) for up in element.iterancestors()):
                    continue
                content = MixedContent(element, _INLINE)
                if has_han(content.text):
                    self._texts.append((name, element, content))
        self.segments: list[Segment] = [content.segment for _, _, content in self._texts]

    def write(self, targets: Sequence[Target]) -> bytes:
        """See :class:`~mt.documents.segment.Document`."""
        for (_, element, content), target in zip(self._texts, targets, strict=True):
            content.write(target, element)
            _break_elements(element)
        names = {name for name, _, _ in self._texts}
        return self._container.write({name: xml_bytes(self._roots[name]) for name in names})


def _skipped(element: Any) -> bool:
    return local_name(element) in _SKIPPED or any(local_name_of(key) == "formula" for key in element.attrib)


def local_name_of(key: str) -> str:
    """An attribute's name without its namespace."""
    return key.rpartition("}")[2]


def _break_elements(element: Any) -> None:
    """Write line ends and tabs of the text as elements."""
    for node in [element, *element.iter(f"{_TEXT}span", f"{_TEXT}a")]:
        for owner, name in ((node, "text"), *((child, "tail") for child in list(node))):
            text = getattr(owner, name) or ""
            if "\n" not in text and "\t" not in text:
                continue
            pieces = text.replace("\n", "\0\n\0").replace("\t", "\0\t\0").split("\0")
            setattr(owner, name, pieces[0])
            place = 0 if name == "text" else node.index(owner) + 1
            for mark, following in zip(pieces[1::2], pieces[2::2], strict=True):
                made = element.makeelement(f"{_TEXT}line-break" if mark == "\n" else f"{_TEXT}tab")
                made.tail = following
                node.insert(place, made)
                place += 1
