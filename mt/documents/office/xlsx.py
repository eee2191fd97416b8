"""Excel workbooks (.xlsx, .xlsm): text of cells, comments, shapes and charts. Formulas and their results stay."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mt.documents.container import Container, xml_bytes
from mt.documents.office.docx import content_parts
from mt.documents.office.drawings import CHART, DrawingPart
from mt.documents.office.runs import Dialect, RunParagraph
from mt.documents.segment import Segment, Target
from mt.io.xml import children, descendants, writable
from mt.text.han import has_han

_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DIALECT = Dialect(
    _NAMESPACE, {}, dropped=frozenset(("rPh", "phoneticPr")), noise=frozenset(("rFont", "family", "charset", "scheme"))
)


class Xlsx:
    """A workbook: each different text of its cells once, in the order of the shared strings."""

    def __init__(self, path: str | Path) -> None:
        self._container = container = Container(path)
        self._texts: list[tuple[str, RunParagraph]] = []
        self._roots: dict[str, Any] = {}
        # Columns that formulas name keep their names.
        sheets = [container.xml(part) for part in content_parts(container, "worksheet+xml")]
        self._formulas = "\n".join(formula.text or "" for sheet in sheets for formula in descendants(sheet, "f"))
        for kind, name in (
            ("sharedStrings+xml", "si"),
            ("worksheet+xml", "is"),
            ("spreadsheetml.comments+xml", "text"),
        ):
            for part in content_parts(container, kind):
                self._read(part, name)
        self._drawings = [
            DrawingPart(part, container.xml(part))
            for kind in ("drawing+xml", CHART)
            for part in content_parts(container, kind)
        ]
        self.segments: list[Segment] = [text.segment for _, text in self._texts]
        for drawing in self._drawings:
            self.segments += drawing.segments

    def _read(self, part: str, name: str) -> None:
        root = self._roots[part] = self._container.xml(part)
        for element in descendants(root, name):
            if not has_han("".join(element.itertext())):
                continue
            for text in children(element, "t"):
                # A text by itself is made one run.
                run = element.makeelement(f"{{{_NAMESPACE}}}r")
                text.addprevious(run)
                run.append(text)
            paragraph = RunParagraph(element, _DIALECT)
            if has_han(paragraph.text) and f"[{paragraph.text}]" not in self._formulas:
                self._texts.append((part, paragraph))

    def write(self, targets: Sequence[Target]) -> bytes:
        """See :class:`~mt.documents.segment.Document`."""
        parts: dict[str, bytes] = {}
        columns = self._columns()
        names: dict[str, str] = {}
        for (part, text), target in zip(self._texts, targets, strict=False):
            if text.text in columns:
                names[text.text] = _different(writable(target.text), names.values())
                target = replace(target, text=names[text.text])
            text.write(target)
            parts[part] = b""
        for part, root in self._tables.items():
            for column in descendants(root, "tableColumn"):
                column.set("name", names.get(column.get("name") or "", column.get("name") or ""))
            parts |= {part: b""} if names else {}
        parts = {part: xml_bytes((self._roots | self._tables)[part]) for part in parts}
        rest = list(targets[len(self._texts) :])
        for drawing in self._drawings:
            own, rest = rest[: len(drawing.segments)], rest[len(drawing.segments) :]
            if own:
                parts[drawing.name] = drawing.write(own)
        return self._container.write(parts)

    def _columns(self) -> set[str]:
        """The headings of tables, which a cell and a part of its own name alike."""
        parts = content_parts(self._container, "spreadsheetml.table+xml")
        self._tables = {part: self._container.xml(part) for part in parts}
        return {
            column.get("name") or "" for root in self._tables.values() for column in descendants(root, "tableColumn")
        }


def _different(name: str, others: Collection[str]) -> str:
    """The name, with a number where another column has it already: the columns of a table have different names."""
    numbered = (f"{name} {number}" for number in range(2, len(others) + 3))
    return name if name.lower() not in map(str.lower, others) else next(one for one in numbered if one not in others)
