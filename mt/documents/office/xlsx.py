"""Excel workbooks (.xlsx, .xlsm): text of cells, comments, shapes and charts. Formulas and their results stay."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mt.documents.container import Container, xml_bytes
from mt.documents.office.atoms import Dialect
from mt.documents.office.docx import content_parts
from mt.documents.office.drawings import CHART, DrawingPart
from mt.documents.office.runs import RunParagraph
from mt.documents.segment import Segment, Target, divided
from mt.io.xml import children, descendants, local_name, writable
from mt.text.han import has_han

_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DIALECT = Dialect(
    _NAMESPACE, {}, dropped=frozenset(("rPh", "phoneticPr")), noise=frozenset(("rFont", "family", "charset", "scheme"))
)

_QUOTED = re.compile('"((?:[^"]|"")*)"')


class Xlsx:
    """A workbook: each different text of its cells once, in the order of the shared strings."""

    def __init__(self, path: str | Path) -> None:
        self._container = container = Container(path)
        self._texts: list[tuple[str, RunParagraph]] = []
        self._roots: dict[str, Any] = {}
        formulas = list(_formulas(container))
        self._named = {name for formula in formulas for name in re.findall(r"\[([^\[\]]+)\]", formula)}
        self._quoted = {text for formula in formulas for quoted in _QUOTED.findall(formula) for text in _listed(quoted)}
        self._left: set[str] = set()
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
            if not has_han(paragraph.text):
                continue
            if paragraph.text in self._quoted or _column_name(paragraph.text) in self._named:
                self._left.add(paragraph.text)
            else:
                self._texts.append((part, paragraph))

    @property
    def notes(self) -> list[str]:
        """What a person should know."""
        if not self._left:
            return []
        named = ", ".join(sorted(self._left)[:5])
        return [f"{len(self._left)} texts of cells stay, which formulas, lists or names of columns refer to: {named}"]

    def write(self, targets: Sequence[Target]) -> bytes:
        """See :class:`~mt.documents.segment.Document`."""
        columns = self._columns()
        names: dict[str, str] = {}
        changed: set[str] = set()
        for (part, text), target in zip(self._texts, targets, strict=False):
            name = _column_name(text.text)
            if name in columns:
                names[name] = _column_name(_different(writable(target.text), names.values()))
                target = replace(target, text=names[name].replace("_x000a_", "\n"))
            text.write(target)
            changed.add(part)
        for part, root in self._tables.items():
            for column in descendants(root, "tableColumn"):
                column.set("name", names.get(column.get("name") or "", column.get("name") or ""))
            changed |= {part} if names else set()
        parts = {part: xml_bytes((self._roots | self._tables)[part]) for part in changed}
        drawn = divided(targets[len(self._texts) :], self._drawings)
        return self._container.write(parts | {drawing.name: drawing.write(own) for drawing, own in drawn})

    def _columns(self) -> set[str]:
        """The headings of tables, which a cell and a part of its own name alike."""
        parts = content_parts(self._container, "spreadsheetml.table+xml")
        self._tables = {part: self._container.xml(part) for part in parts}
        return {
            column.get("name") or "" for root in self._tables.values() for column in descendants(root, "tableColumn")
        }


def _formulas(container: Container) -> Iterator[str]:
    """Everything that may refer to the text of a cell: formulas, rules, lists to choose from, filters, names."""
    for kind in ("worksheet+xml", "sheet.main+xml", "macroEnabled.main+xml", "spreadsheetml.table+xml"):
        for part in content_parts(container, kind):
            for node in container.xml(part).iter():
                name = local_name(node)
                if name in ("f", "formula", "formula1", "formula2", "definedName", "calculatedColumnFormula"):
                    yield node.text or ""
                elif name in ("filter", "customFilter"):
                    yield f'"{node.get("val") or ""}"'


def _listed(quoted: str) -> list[str]:
    """A quoted text, and the items if it is a list to choose from."""
    return [quoted.replace('""', '"'), *map(str.strip, quoted.split(","))]


def _column_name(text: str) -> str:
    """A heading as the table itself writes it."""
    return text.replace("\n", "_x000a_")


def _different(name: str, others: Collection[str]) -> str:
    """The name, with a number where another column has it already: the columns of a table have different names."""
    numbered = (f"{name} {number}" for number in range(2, len(others) + 3))
    return name if name.lower() not in map(str.lower, others) else next(one for one in numbered if one not in others)
