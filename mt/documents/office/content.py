"""What a bilingual Word document or Excel workbook holds: paragraphs, and the rows of its tables."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mt.documents.container import Container
from mt.documents.office.docx import DIALECT, MAIN, content_parts
from mt.documents.office.fields import paired_fields
from mt.documents.office.runs import RunParagraph
from mt.io.xml import children, descendants, local_name

Rows = list[list[str]]


def read_word(path: str | Path) -> tuple[list[str], Rows]:
    """Return the paragraphs of a Word document's body that are in no table, and the cells of its tables' rows.

    Paragraphs of a cell are joined by line ends; tracked changes count as accepted.

    Raises:
        DataError: the file cannot be read.
    """
    container = Container(path)
    paragraphs: list[str] = []
    rows: Rows = []
    for kind in MAIN:
        for part in content_parts(container, kind):
            for body in children(container.xml(part), "body"):
                paragraphs += [_text(node) for node in body if local_name(node) == "p"]
                rows += [
                    ["\n".join(filter(None, map(_text, descendants(cell, "p")))) for cell in children(row, "tc")]
                    for table in children(body, "tbl")
                    for row in children(table, "tr")
                ]
    return [text for text in paragraphs if text], rows


def read_sheets(path: str | Path) -> list[Rows]:
    """Return the rows of each sheet of a workbook, empty cells as empty texts.

    Raises:
        DataError: the file cannot be read.
    """
    container = Container(path)
    shared = [
        "".join(node.text or "" for node in descendants(item, "t"))
        for part in content_parts(container, "sharedStrings+xml")
        for item in children(container.xml(part), "si")
    ]
    sheets = content_parts(container, "worksheet+xml")
    return [[_row(row, shared) for row in descendants(container.xml(part), "row")] for part in sheets]


def _text(paragraph: Any) -> str:
    return RunParagraph(paragraph, DIALECT, paired_fields).text.strip()


def _row(row: Any, shared: list[str]) -> list[str]:
    cells: list[str] = []
    for cell in children(row, "c"):
        place = _column(cell.get("r") or "", len(cells))
        cells += [""] * (place - len(cells))
        cells.append("".join(_value(cell, shared)).strip())
    return cells


def _value(cell: Any, shared: list[str]) -> Iterator[str]:
    kind = cell.get("t")
    for value in descendants(cell, "t" if kind == "inlineStr" else "v"):
        text = value.text or ""
        known = kind == "s" and text.isdecimal() and int(text) < len(shared)
        yield shared[int(text)] if known else text


def _column(reference: str, default: int) -> int:
    """The number of a cell's column, from 0: B2 is 1."""
    letters = re.match("[A-Z]{1,3}", reference)
    if letters is None:
        return default
    number = 0
    for letter in letters.group():
        number = 26 * number + ord(letter) - ord("A") + 1
    return max(number - 1, default)
