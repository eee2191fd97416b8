"""Tables of segments: tab-, comma- or semicolon-separated, as tools and spreadsheets write them."""

from collections.abc import Iterator
from pathlib import Path

from mt.data.formats import read_text
from mt.data.pairs import Pair, ReadLog
from mt.errors import DataError
from mt.io.tables import Row, column_role, guess_columns, is_index, is_pair, read_rows, usual_width
from mt.text.han import language_of

_Names = list[str | None]
# A title or a note may stand above the header.
_HEADER_WITHIN = 5


def read_table(path: Path, log: ReadLog) -> Iterator[Pair]:
    """Read a table with or without header; cells may be quoted as ``csv.writer`` and Excel do.

    The columns are those a header names (Chinese, English and perhaps document; others are ignored) or, without one,
    the one that holds Chinese, the English one beside it and perhaps a document name. A column that numbers the rows
    is ignored. A file whose name ends in .csv is separated by tabs, commas or semicolons, any other by tabs.
    """
    rows, _ = read_rows(read_text(path), None if path.suffix.lower() == ".csv" else "\t")
    names, rows = _columns(rows, path)
    if not rows:
        raise DataError("has a header and no rows", path=path)
    zh, en = names.index("zh"), names.index("en")
    document = names.index("document") if "document" in names else len(names)
    for line, cells in rows:
        if len(cells) <= max(zh, en) or any(cells[len(names) :]):
            log.skip("bad_row", path, line, f"{len(cells)} column{'s' * (len(cells) != 1)}, not {len(names)}")
        else:
            yield Pair(cells[zh], cells[en], line, "".join(cells[document : document + 1]) or None)


def holds_table(text: str) -> bool:
    """Whether most lines of a text have a Chinese and an English cell, with a tab between."""
    lines = [line for line in text.split("\n") if line.strip()]
    return sum("\t" in line and is_pair(line.split("\t")) for line in lines) * 2 > len(lines)


def _columns(rows: list[Row], path: Path) -> tuple[_Names, list[Row]]:
    """Name the columns, ``zh`` and ``en`` among them; also return the rows without their header."""
    for place, (_, header) in enumerate(rows[:_HEADER_WITHIN]):
        names = [column_role(cell) for cell in header]
        texts = {name: index for index, name in reversed(list(enumerate(names))) if name not in (None, "document")}
        if len(texts) < 2:
            continue
        data = [row for row in rows[place + 1 :] if row[1] != header]
        zh, en = (texts.get(language) for language in ("zh", "en"))
        others = sorted(texts[name] for name in texts if name not in ("zh", "en"))
        if zh is None and en is None:
            zh, en = sorted(others, key=lambda column: -_chinese(data, column))
        zh, en = others[0] if zh is None else zh, others[0] if en is None else en
        kept: dict[int | None, str | None] = {zh: "zh", en: "en"}
        return [kept.get(i, "document" if name == "document" else None) for i, name in enumerate(names)], data
    return _guess_columns(rows, path)


def _chinese(rows: list[Row], column: int) -> int:
    """How many rows have Chinese in a column."""
    return sum(len(cells) > column and language_of(cells[column]) == "zh" for _, cells in rows)


def _guess_columns(rows: list[Row], path: Path) -> tuple[_Names, list[Row]]:
    """Name the columns of a table without header by what they hold."""
    width = usual_width([cells for _, cells in rows])
    whole = [cells for _, cells in rows if len(cells) == width]
    columns = list(zip(*whole, strict=True))
    used = [i for i, column in enumerate(columns) if any(column) and not (width > 2 and is_index(column))]
    hint = "name the columns in a first line: zh, en, document"
    if len(used) not in (2, 3):
        message = f"{len(used)} column{'s' * (len(used) != 1)} and no header"
        raise DataError(message, path=path, line=rows[0][0], hint=f"separate zh and en with one tab, or {hint}")
    zh, en, header = guess_columns(whole)
    if not _chinese(rows, zh):
        raise DataError("no column holds Chinese", path=path, line=rows[0][0], hint=hint)
    names = {i: "document" for i in used if all(columns[i])} | {zh: "zh", en: "en"}
    return [names.get(i) for i in range(width)], rows[header:]
