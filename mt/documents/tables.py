"""Tables of text: CSV and TSV, and JSON lines.

A column named for its Chinese (``zh``, ``source``, 原文 or as given) is translated into the one named ``en``, which is
added if there is none; of a table without such a column every cell with Chinese is translated where it stands.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mt.documents.segment import Segment, Target
from mt.documents.text import byte_order_mark
from mt.errors import DataError
from mt.io.text import decode, parse_json, read_bytes
from mt.text.han import has_han

_SOURCES = ("zh", "source", "text", "chinese", "中文", "原文")
_TARGETS = ("en", "target", "translation", "english", "英文", "译文")


class Table:
    """A CSV or TSV file; ``column`` names what is translated. Cells that are not translated keep their quotes."""

    def __init__(self, path: str | Path, *, column: str | None = None) -> None:
        data = read_bytes(path)
        text = decode(data, path=path)
        self._mark = byte_order_mark(data)
        self._delimiter = _delimiter(path, text)
        self._rows, self._ends = _split(text, self._delimiter)
        heading = [self._value(cell).strip().lower() for cell in self._rows[0]] if self._rows else []
        source = _named(heading, column, _SOURCES, path)
        self._cells: list[tuple[int, int]] = []
        self._target: int | None = None
        if source is not None:
            target = self._target = next((heading.index(name) for name in _TARGETS if name in heading), len(heading))
            if target == len(heading):
                for row in self._rows:
                    row += [""] * (target + 1 - len(row)) if row != [""] else []
                self._rows[0][target] = "en"
            self._cells = [
                (number, source)
                for number, row in enumerate(self._rows)
                if number and has_han("".join(row[source : source + 1]))
                if not self._value("".join(row[target : target + 1])).strip()
            ]
        else:
            self._cells = [
                (number, place)
                for number, row in enumerate(self._rows)
                for place, cell in enumerate(row)
                if has_han(cell)
            ]
        self.segments: list[Segment] = [Segment(self._value(self._rows[row][place])) for row, place in self._cells]

    def write(self, targets: Sequence[Target]) -> bytes:
        """See :class:`~mt.documents.segment.Document`."""
        for (number, place), target in zip(self._cells, targets, strict=True):
            row, place = self._rows[number], place if self._target is None else self._target
            row += [""] * (place + 1 - len(row))
            row[place] = self._quoted(target.text, row[place])
        rows = zip(self._rows, self._ends, strict=True)
        return (self._mark + "".join(self._delimiter.join(row) + end for row, end in rows)).encode()

    def _value(self, cell: str) -> str:
        quoted = _quoted(self._delimiter).fullmatch(cell)
        return quoted[1].replace('""', '"') if quoted else cell

    def _quoted(self, text: str, before: str) -> str:
        """Write a cell, in quotes where it needs them or had them."""
        tabs = self._delimiter == "\t"
        needed = text.startswith('"') if tabs else '"' in text
        if needed or re.search(f"[{self._delimiter}\r\n]", text) or _quoted(self._delimiter).fullmatch(before):
            return '"' + text.replace('"', '""') + '"'
        return text


class JsonLines:
    """JSON lines: the field ``column`` of each object is translated into its field ``en``."""

    def __init__(self, path: str | Path, *, column: str | None = None) -> None:
        # Lines and what ends them, in turn.
        self._lines = re.split(r"(\r\n|\r|\n)", decode(read_bytes(path), path=path))
        self._fields: list[tuple[int, dict[str, Any], str]] = []
        for number, line in enumerate(self._lines[::2]):
            if not line.strip():
                continue
            value = parse_json(line, path=path, line=number + 1)
            if not isinstance(value, dict):
                raise DataError("is no JSON object", path=path, line=number + 1)
            name = column or next((name for name in _SOURCES if isinstance(value.get(name), str)), "")
            text = value.get(name)
            if text is not None and not isinstance(text, str):
                raise DataError(f"has no text in its field '{name}'", path=path, line=number + 1)
            if has_han(text or "") and not value.get("en"):
                self._fields.append((2 * number, value, name))
        if not self._fields:
            raise DataError(
                f"has no field '{column or 'zh'}' with Chinese", path=path, hint="name the field with --column"
            )
        self.segments: list[Segment] = [Segment(value[name]) for _, value, name in self._fields]

    def write(self, targets: Sequence[Target]) -> bytes:
        """See :class:`~mt.documents.segment.Document`."""
        for (number, value, _), target in zip(self._fields, targets, strict=True):
            line, field = self._lines[number].rstrip(), json.dumps(target.text, ensure_ascii=False)
            empty = list(re.finditer(r'"en"\s*:\s*(null|"")', line))
            if "en" not in value:
                line = f'{line[:-1].rstrip()}, "en": {field}}}'
            elif len(empty) == 1:
                line = line[: empty[0].start(1)] + field + line[empty[0].end(1) :]
            else:
                line = json.dumps({**value, "en": target.text}, ensure_ascii=False)
            self._lines[number] = line
        return "".join(self._lines).encode()


def _named(heading: list[str], column: str | None, names: Sequence[str], path: str | Path) -> int | None:
    if column is None:
        return next((heading.index(name) for name in names if name in heading), None)
    if column.lower() not in heading:
        raise DataError(f"has no column '{column}'", path=path, line=1, hint=f"it has {', '.join(heading)}")
    return heading.index(column.lower())


def _delimiter(path: str | Path, text: str) -> str:
    if str(path).lower().endswith((".tsv", ".tab")):
        return "\t"
    first = text.partition("\n")[0]
    return ";" if "," not in first and ";" in first else ","


def _quoted(delimiter: str) -> re.Pattern[str]:
    """A cell in quotes, which in TSV hold no tab, as a quotation mark may be text there."""
    inner = '[^"\t]' if delimiter == "\t" else '[^"]'
    return re.compile(rf' *"((?:{inner}|"")*+)" *')


def _split(text: str, delimiter: str) -> tuple[list[list[str]], list[str]]:
    """The cells of each row as they are written, and what ends each row."""
    pattern = re.compile(
        rf"({_quoted(delimiter).pattern}(?=[{delimiter}\r\n]|\Z)|[^{delimiter}\r\n]*)({delimiter}|\r\n|\r|\n|\Z)"
    )
    rows: list[list[str]] = []
    ends: list[str] = []
    place, ended = 0, True
    while place < len(text) or not ended:
        cell = pattern.match(text, place)
        assert cell  # a cell may be empty
        if ended:
            rows.append([])
        rows[-1].append(cell[1])
        place, ended = cell.end(), cell[3] != delimiter
        if ended:
            ends.append(cell[3])
    return rows, ends
