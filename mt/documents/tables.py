"""Tables of text: CSV and TSV, and JSON lines.

A column named for its Chinese (``zh``, ``source``, 原文 or as given) is translated into the one named ``en``, which is
added if there is none; of a table without such a column every cell with Chinese is translated where it stands.
"""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mt.documents.segment import Segment, Target
from mt.errors import DataError
from mt.io.text import decode, read_bytes, read_text
from mt.text.han import has_han

_SOURCES = ("zh", "source", "text", "chinese", "中文", "原文")
_TARGETS = ("en", "target", "translation", "english", "英文", "译文")


class Table:
    """A CSV or TSV file; ``column`` names what is translated."""

    def __init__(self, path: str | Path, *, column: str | None = None) -> None:
        text = decode(read_bytes(path), path=path)
        self._dialect = _dialect(path, text)
        self._rows = list(csv.reader(io.StringIO(text), self._dialect))
        heading = [name.strip().lower() for name in self._rows[0]] if self._rows else []
        source = _named(heading, column, _SOURCES, path)
        self._cells: list[tuple[int, int]] = []
        self._to = lambda place: place
        if source is not None:
            target = next((heading.index(name) for name in _TARGETS if name in heading), len(heading))
            for number, row in enumerate(self._rows):
                row += [""] * (target + 1 - len(row)) if row else []
                if number and row and has_han(row[source]) and not row[target].strip():
                    self._cells.append((number, source))
            self._rows[0][target] = self._rows[0][target] or "en"
            self._to = lambda _: target
        else:
            self._cells = [
                (number, place)
                for number, row in enumerate(self._rows)
                for place, cell in enumerate(row)
                if has_han(cell)
            ]
        self.segments: list[Segment] = [Segment(self._rows[number][place]) for number, place in self._cells]

    def write(self, targets: Sequence[Target]) -> bytes:
        """See :class:`~mt.documents.segment.Document`."""
        for (number, place), target in zip(self._cells, targets, strict=True):
            self._rows[number][self._to(place)] = target.text
        written = io.StringIO()
        csv.writer(written, self._dialect).writerows(self._rows)
        return written.getvalue().encode()


class JsonLines:
    """JSON lines: the field ``column`` of each object is translated into its field ``en``."""

    def __init__(self, path: str | Path, *, column: str | None = None) -> None:
        self._lines: list[Any] = read_text(path).split("\n")
        self._fields: list[tuple[int, dict[str, Any], str]] = []
        for number, line in enumerate(self._lines):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except ValueError:
                raise DataError("is no JSON object", path=path, line=number + 1) from None
            if not isinstance(value, dict):
                raise DataError("is no JSON object", path=path, line=number + 1)
            name = column or next((name for name in _SOURCES if isinstance(value.get(name), str)), None)
            if name is not None and has_han(str(value.get(name) or "")) and not value.get("en"):
                self._fields.append((number, value, name))
        if not self._fields:
            raise DataError(
                f"has no field '{column or 'zh'}' with Chinese", path=path, hint="name the field with --column"
            )
        self.segments: list[Segment] = [Segment(value[name]) for _, value, name in self._fields]

    def write(self, targets: Sequence[Target]) -> bytes:
        """See :class:`~mt.documents.segment.Document`."""
        for (number, value, _), target in zip(self._fields, targets, strict=True):
            self._lines[number] = json.dumps({**value, "en": target.text}, ensure_ascii=False)
        return "\n".join(self._lines).encode()


def _named(heading: list[str], column: str | None, names: Sequence[str], path: str | Path) -> int | None:
    if column is None:
        return next((heading.index(name) for name in names if name in heading), None)
    if column.lower() not in heading:
        raise DataError(f"has no column '{column}'", path=path, line=1, hint=f"it has {', '.join(heading)}")
    return heading.index(column.lower())


def _dialect(path: str | Path, text: str) -> type[csv.Dialect]:
    class Own(csv.excel):
        delimiter = "\t" if str(path).lower().endswith((".tsv", ".tab")) else ","
        lineterminator = "\r\n" if "\r\n" in text[:100_000] else "\n"

    first = text.partition("\n")[0]
    if Own.delimiter == "," and "," not in first and ";" in first:
        Own.delimiter = ";"
    return Own
