"""Readers of bilingual text: plain text, two texts side by side, JSONL, tables (XML: ``xml_formats``).

Every reader returns the :class:`~mt.data.pairs.Pair` objects of a file in order. A row that gives no pair is counted in
the :class:`~mt.data.pairs.ReadLog` with its line; a file that gives none raises :class:`~mt.errors.DataError`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mt.data.alignment.align import align_sentences
from mt.data.pairs import Pair, ReadLog, unlikely_lengths
from mt.documents.office.content import read_sheets, read_word
from mt.errors import DataError
from mt.io.tables import Row, column_role, guess_columns, is_index, is_pair, read_rows, usual_width
from mt.io.text import parse_json
from mt.io.text import read_text as read_any_text
from mt.text.han import language_of

# Aligning across paragraphs takes quadratic time and memory: some ten seconds for so many.
_MOST_PARAGRAPHS = 5000
_Lines = list[tuple[int, str]]
_Names = list[str | None]
# A title or a note may stand above the header.
_HEADER_WITHIN = 5


def read_text(path: Path) -> str:
    """Read a text file that is not empty; line ends become ``\n``."""
    text = read_any_text(path)
    if not text.strip():
        raise DataError("is empty", path=path, hint="put text in it or take it out of data.documents")
    return text


def _lines(path: Path) -> _Lines:
    """The lines of a file, or a Word document's paragraphs, that are not blank, with their numbers."""
    if path.suffix.lower() == ".docx":
        return list(enumerate(read_word(path)[0], 1))
    return [(number, line.strip()) for number, line in enumerate(read_text(path).split("\n"), 1) if line.strip()]


def read_two_blocks(path: Path, log: ReadLog) -> Iterator[Pair]:
    """Read the Chinese paragraphs of a text file and its English ones, told apart by script."""
    return _two_blocks(_lines(path), path, log)


def _two_blocks(lines: _Lines, path: Path, log: ReadLog) -> Iterator[Pair]:
    sides: dict[str, _Lines] = {"zh": [], "en": []}
    language = None
    for number, line in lines:
        # A line without letters belongs to the paragraphs around it.
        language = language_of(line) or language
        if language is None:
            log.skip("no_letters", path, number)
        else:
            sides[language].append((number, line))
    return _paired(sides["zh"], sides["en"], path, log)


def read_sides(zh: Path, en: Path, log: ReadLog) -> Iterator[Pair]:
    """Read two files of one paragraph per line, the same paragraphs in the same order."""
    return _paired(_lines(zh), _lines(en), zh, log, en)


def _paired(zh: _Lines, en: _Lines, path: Path, log: ReadLog, other: Path | None = None) -> Iterator[Pair]:
    """Pair paragraphs one to one, or align them by length and anchors where their numbers differ."""
    files = f"{path}, {other}" if other else str(path)
    if not zh or not en:
        hint = f"add the {'English' if zh else 'Chinese'} text, one paragraph per line"
        raise DataError(f"{len(zh)} Chinese and {len(en)} English paragraphs", path=files, hint=hint)
    if len(zh) == len(en):
        yield from (Pair(source, target, line) for (line, source), (_, target) in zip(zh, en, strict=True))
        return
    sources, targets = [text for _, text in zh], [text for _, text in en]
    problem = f"{len(zh)} Chinese but {len(en)} English paragraphs"
    if max(len(zh), len(en)) > _MOST_PARAGRAPHS or unlikely_lengths("".join(sources), "".join(targets)):
        hint = "join or split paragraphs (one per line) until both sides have the same number"
        raise DataError(problem, path=files, hint=hint)
    log.notes.append(f"{files}: {problem}, aligned across paragraphs")
    for bead in align_sentences(sources, targets):
        zh_lines, en_lines = zh[bead.zh_start : bead.zh_end], en[bead.en_start : bead.en_end]
        if zh_lines and en_lines:
            source, target = "".join(text for _, text in zh_lines), " ".join(text for _, text in en_lines)
            yield Pair(source, target, zh_lines[0][0])
        else:
            for file, lines in ((path, zh_lines), (other or path, en_lines)):
                for number, _ in lines:
                    log.skip("no_counterpart", file, number)


def read_jsonl(path: Path, log: ReadLog) -> Iterator[Pair]:
    """Read a JSON object per line: ``{"zh", "en"}`` or ``{"translation": {"zh", "en"}}``, both with ``"document"``."""
    for number, line in _lines(path):
        try:
            yield _json_pair(parse_json(line), number)
        except DataError as error:
            log.skip("bad_row", path, number, error.message)


def _json_pair(entry: Any, number: int) -> Pair:
    document = entry.get("document") if isinstance(entry, dict) else None
    match entry:
        case {"translation": {"zh": str(zh), "en": str(en)}} | {"zh": str(zh), "en": str(en)}:
            if any("\ud800" <= char <= "\udfff" for char in zh + en):
                raise DataError("it has half of a surrogate pair")
            if isinstance(document, str | int | None):
                return Pair(zh.strip(), en.strip(), number, None if document is None else str(document))
    raise DataError('it is not {"zh": text, "en": text, "document": name}')


def read_word_document(path: Path, log: ReadLog) -> tuple[Iterator[Pair], bool]:
    """Read a Word document: its tables where most rows have a Chinese and an English cell, else its paragraphs.

    Returns:
        The pairs, and whether they are segments, not paragraphs.
    """
    paragraphs, cells = read_word(path)
    rows = _numbered(cells)
    if sum(is_pair(row) for _, row in rows) * 2 > len(rows):
        return _table_pairs(rows, path, log), True
    return _two_blocks(list(enumerate(paragraphs, 1)), path, log), False


def _numbered(rows: list[list[str]]) -> list[Row]:
    return [(number, row) for number, row in enumerate(rows, 1) if any(row)]


def read_workbook(path: Path, log: ReadLog) -> Iterator[Pair]:
    """Read each sheet of an Excel workbook that has a Chinese and an English column, with or without header."""
    for sheet in read_sheets(path):
        rows = _numbered(sheet)
        if any(is_pair(row) for _, row in rows):
            yield from _table_pairs(rows, path, log)


def read_table(path: Path, log: ReadLog) -> Iterator[Pair]:
    """Read a table with or without header; cells may be quoted as ``csv.writer`` and Excel do.

    The columns are those a header names (Chinese, English and perhaps document; others are ignored) or, without one,
    the one that holds Chinese, the English one beside it and perhaps a document name. A column that numbers the rows
    is ignored. A file whose name ends in .csv is separated by tabs, commas or semicolons, any other by tabs.
    """
    rows, _ = read_rows(read_text(path), None if path.suffix.lower() == ".csv" else "\t")
    return _table_pairs(rows, path, log)


def _table_pairs(rows: list[Row], path: Path, log: ReadLog) -> Iterator[Pair]:
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
