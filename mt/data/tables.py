"""Tables of segments: tab-, comma- or semicolon-separated, as tools and spreadsheets write them."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path

from mt.data.formats import read_text
from mt.data.pairs import Pair, ReadLog, language_of
from mt.errors import DataError

_Row = tuple[int, list[str]]
_Names = list[str | None]
# A cell as it stands, and what is inside its quotes if it has any.
_Cell = tuple[str, str | None]

_TOKEN = re.compile(r"[a-z]+|简体|繁体|繁體|中文|汉语|漢語|英文|英语|英語|原文|源文|译文|譯文|翻译|翻譯|文档|\w")
# What a header calls a column: by language or by role. A name is made of these words and nothing else.
_WORDS = {
    **dict.fromkeys(("zh", "zho", "chi", "cmn", "chinese", "mandarin", "中文", "汉语", "漢語"), "zh"),
    **dict.fromkeys(("en", "eng", "english", "英文", "英语", "英語"), "en"),
    **dict.fromkeys(("source", "src", "原文", "源文"), "source"),
    **dict.fromkeys(("target", "tgt", "translation", "reference", "译文", "譯文", "翻译", "翻譯"), "target"),
    **dict.fromkeys(("document", "doc", "文档"), "document"),
    **dict.fromkeys("cn tw hk mo sg us gb uk au ca hans hant simplified traditional 简体 繁体 繁體".split(), ""),
    **dict.fromkeys("text segment sentence string language lang id name".split(), ""),
}
_ROLES = ("zh", "en", "document", "source", "target")
# A title or a note may stand above the header.
_HEADER_WITHIN = 5
# Rows that tell how many cells a row has.
_SAMPLE = 1000
_NEEDS_QUOTES = re.compile('[\t\n"]')
_NUMBERED = re.compile(r"\W*(?:no\W*)?\d+\W*", re.I)


def read_table(path: str | Path, log: ReadLog) -> list[Pair]:
    """Read a table with or without header; cells may be quoted as ``csv.writer`` and Excel do.

    The columns are those a header names (Chinese, English and perhaps document; others are ignored) or, without one,
    the one that holds Chinese, the English one beside it and perhaps a document name. A column that numbers the rows
    is ignored. A file whose name ends in .csv is separated by tabs, commas or semicolons, any other by tabs.
    """
    path = Path(path)
    text = read_text(path)
    declared = re.match(r"sep=(.)\n", text)  # Excel's
    delimiter = declared[1] if declared else _delimiter(text) if path.suffix.lower() == ".csv" else "\t"
    rows = split_rows(text[6:] if declared else text, delimiter, 2 if declared else 1)
    names, rows = _columns(rows, path)
    if not rows:
        raise DataError("has a header and no rows", path=path)
    zh, en = names.index("zh"), names.index("en")
    document = names.index("document") if "document" in names else len(names)
    pairs = []
    for line, cells in rows:
        if len(cells) <= max(zh, en) or any(cells[len(names) :]):
            log.skip("bad_row", path, line, f"{len(cells)} column{'s' * (len(cells) != 1)}, not {len(names)}")
        else:
            pairs.append(Pair(cells[zh], cells[en], line, (cells[document] if document < len(cells) else "") or None))
    return log.checked(pairs, path)


def holds_table(text: str) -> bool:
    """Whether most lines of a text have a Chinese and an English cell, with a tab between."""
    lines = [line for line in text.split("\n") if line.strip()]
    return sum("\t" in line and _is_pair(line.split("\t")) for line in lines) * 2 > len(lines)


def _is_pair(cells: Sequence[str]) -> bool:
    return {"zh", "en"} <= {language_of(cell) for cell in cells}


def _delimiter(text: str) -> str:
    """The separator that gives the most rows of the usual number of cells, one Chinese and one English."""

    def rows_of_pairs(delimiter: str) -> int:
        rows = [cells for _, cells in split_rows(text, delimiter)]
        width = _width(rows)
        return sum(len(cells) == width and _is_pair(cells) for cells in rows)

    return max((delimiter for delimiter in "\t,;" if delimiter in text), key=rows_of_pairs, default=",")


def _width(rows: Sequence[Sequence[str]]) -> int:
    """The usual number of cells of rows with a Chinese and an English one, or of rows at all."""
    sample = rows[:_SAMPLE]
    widths = Counter(len(cells) for cells in sample if _is_pair(cells)) or Counter(map(len, sample))
    return max(widths, key=lambda width: widths[width], default=1)


def split_rows(text: str, delimiter: str, first_line: int = 1) -> list[_Row]:
    """Split a table into stripped cells; rows without text are left out.

    A cell in quotes is undone as RFC 4180 has it, line breaks inside included. Quotation marks that open or close a
    cell by themselves are text, also where a quotation goes from one row to the next.

    Args:
        text: the table, its lines ended by ``\n``.
        delimiter: the character between cells.
        first_line: the number of its first line.

    Returns:
        The rows, each with the number of its first line.
    """
    tabs = delimiter == "\t"  # commas are common in texts
    width = (
        _width([[raw for raw, _ in cells] for _, cells in islice(_records(text, delimiter), _SAMPLE)]) if tabs else 0
    )
    records = list(_records(text, delimiter, width))
    always = not tabs or _needlessly_quoted([found for _, cells in records for found in cells])
    rows = []
    for line, found in records:
        cells = [
            (raw if inner is None or not (always or _NEEDS_QUOTES.search(inner)) else inner.replace('""', '"')).strip()
            for raw, inner in found
        ]
        if any(cells):
            rows.append((first_line + line, cells))
    return rows


def _records(text: str, delimiter: str, width: int = 0) -> Iterator[tuple[int, list[_Cell]]]:
    """Yield the number (from 0) and the cells of each row; with a width, quotations over several rows are text."""
    pattern = re.compile(rf'"((?:[^"]++|"")*+)"(?=[{delimiter}\n]|\Z)|[^{delimiter}\n]*')
    at = line = 0
    while at < len(text):
        start, at = at, text.find("\n", at) % (len(text) + 1)
        lines = [text[start:at]]
        cells: list[_Cell] = [(raw, None) for raw in lines[0].split(delimiter)]
        if '"' in lines[0]:
            quoted, end = [], start - 1
            while end < start or text[end : end + 1] == delimiter:
                match = pattern.match(text, end + 1)
                assert match  # a cell may be empty
                quoted.append((match[0], match[1]))
                end = match.end()
            spanned = text[start:end].split("\n")
            if not (width and len(spanned) > 1 and _are_rows(spanned, len(quoted), width)):
                lines, cells, at = spanned, quoted, end
        yield line, cells
        line, at = line + len(lines), at + 1


def _are_rows(lines: Sequence[str], cells: int, width: int) -> bool:
    """Whether lines that quotation marks make one row of ``cells`` cells are rows by themselves."""
    rows = [line.split("\t") for line in lines]
    if len(rows[0]) != width or '""' in "\n".join(lines):
        return False
    return cells != width or sum(len(row) == width and _is_pair(row) for row in rows[1:]) * 2 >= len(rows) - 1


def _needlessly_quoted(cells: Sequence[_Cell]) -> bool:
    """Whether a program put quotes around cells that need none: around all, or those with commas, as Excel does."""
    bare = [raw for raw, inner in cells if inner is None and raw.strip()]
    needless = [inner for _, inner in cells if inner is not None and not _NEEDS_QUOTES.search(inner)]
    return not bare or (all("," in text for text in needless) and not any("," in text for text in bare))


def _columns(rows: list[_Row], path: Path) -> tuple[_Names, list[_Row]]:
    """Name the columns, ``zh`` and ``en`` among them; also return the rows without their header."""
    for place, (_, header) in enumerate(rows[:_HEADER_WITHIN]):
        names = [_column_name(cell) for cell in header]
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


def _column_name(cell: str) -> str | None:
    words = {_WORDS.get(word) for word in _TOKEN.findall(cell.lower())}
    return None if None in words else next((role for role in _ROLES if role in words), None)


def _chinese(rows: Sequence[_Row], column: int) -> int:
    """How many rows have Chinese in a column."""
    return sum(len(cells) > column and language_of(cells[column]) == "zh" for _, cells in rows)


def _guess_columns(rows: list[_Row], path: Path) -> tuple[_Names, list[_Row]]:
    """Name the columns of a table without header by what they hold."""
    width = _width([cells for _, cells in rows])
    columns = [[cells[i] for _, cells in rows if len(cells) == width] for i in range(width)]
    indices = [i for i, column in enumerate(columns) if width > 2 and _is_index(column)]
    if any(columns[i][0] and not _NUMBERED.fullmatch(columns[i][0]) for i in indices):
        rows = rows[1:]  # a header, though an unknown one
    used = [i for i, column in enumerate(columns) if any(column) and i not in indices]
    hint = "name the columns in a first line: zh, en, document"
    if len(used) not in (2, 3):
        message = f"{len(used)} column{'s' * (len(used) != 1)} and no header"
        raise DataError(message, path=path, line=rows[0][0], hint=f"separate zh and en with one tab, or {hint}")
    zh = max(used, key=lambda column: _chinese(rows, column))
    if not _chinese(rows, zh):
        raise DataError("no column holds Chinese", path=path, line=rows[0][0], hint=hint)
    place = used.index(zh)
    others = [i for i in used if i != zh]
    # Document names beside the Chinese repeat, texts do not.
    words = {i: len({word for cell in columns[i] for word in re.findall(r"\w+", cell)}) for i in others}
    en = min(others, key=lambda i: (-words[i] if len(used) == 3 and place == 1 else 0, abs(used.index(i) - place), -i))
    names = {i: "document" for i in used if all(columns[i])} | {zh: "zh", en: "en"}
    return [names.get(i) for i in range(width)], rows


def _is_index(cells: Sequence[str]) -> bool:
    """Whether a column, perhaps below a header, numbers the rows: each once, or from the first again and again."""
    if not all(map(_NUMBERED.fullmatch, cells[1:])) or not (_NUMBERED.fullmatch(cells[0]) or len(cells) > 1):
        return False
    numbers = [int("".join(re.findall(r"\d", cell))) for cell in cells if _NUMBERED.fullmatch(cell)]
    distinct = set(numbers)
    return len(distinct) == len(numbers) or (
        len(distinct) > 2 and all(after in (before + 1, numbers[0]) for before, after in pairwise(numbers))
    )
