"""DrawingML: the text of slides, shapes in sheets, and charts (ECMA-376, part 1, section 21.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mt.documents.container import xml_bytes
from mt.documents.office.atoms import Dialect
from mt.documents.office.runs import RunParagraph
from mt.documents.segment import Segment, Target
from mt.io.xml import local_name, writable
from mt.text.han import has_han

CHART = "drawingml.chart+xml"
_NAMESPACE = "http://schemas.openxmlformats.org/drawingml/2006/main"


def _english_run(properties: Any) -> None:
    """Set a run's language to English, so that its spelling is checked."""
    properties.set("lang", "en-US")
    properties.attrib.pop("altLang", None)


DIALECT = Dialect(
    _NAMESPACE,
    {"br": "\n"},
    leading=frozenset(("pPr",)),
    trailing=frozenset(("endParaRPr",)),
    keeps_space=False,
    noise=frozenset(("ea", "cs", "sym", "latin")),
    english=_english_run,
)


class DrawingPart:
    """A part with paragraphs of DrawingML and, in charts, cached names of categories and series.

    Args:
        name: of the part.
        root: its XML.
        skip: paragraphs for which this is true stay as they are.
    """

    def __init__(self, name: str, root: Any, skip: Any = lambda _: False) -> None:
        self.name, self._root = name, root
        self.segments: list[Segment] = []
        self._written: list[RunParagraph | Any] = []
        for element in root.iter(f"{{{_NAMESPACE}}}p", "{*}strCache"):
            if local_name(element) == "strCache":
                for value in element.iter("{*}v"):
                    if has_han(value.text or ""):
                        self.segments.append(Segment(value.text))
                        self._written.append(value)
            elif not skip(element):
                paragraph = RunParagraph(element, DIALECT)
                if has_han(paragraph.text):
                    self.segments.append(paragraph.segment)
                    self._written.append(paragraph)

    def write(self, targets: Sequence[Target]) -> bytes:
        """Return the part with a translation for each segment."""
        for own, target in zip(self._written, targets, strict=True):
            if isinstance(own, RunParagraph):
                own.write(target)
            else:
                own.text = writable(target.text)
        return xml_bytes(self._root)
