"""The one reader of tables: what separates cells, what is quoted, and which columns hold Chinese and English."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise, zip_longest

from mt.text.han import has_han, language_of

Row = tuple[int, list[str]]  # the line a row begins in, from 1, and its stripped cells
# Line from 0; cells as they stand; what is inside their quotes (empty where no cell of the row has any).
_Record = tuple[int, list[str], list[str | None]]

SEPARATORS = {"\t": "a tab", ";": "a semicolon", ",": "a comma"}
# Rows looked at to tell separator, width and columns; lines that one quoted cell may have.
SAMPLE, _CELL_LINES = 500, 50
_NEEDS_QUOTES = re.compile('[\t\n"]')
_LETTER = re.compile(r"[^\W\d_]")
_PINYIN = re.compile("[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ]|[a-z]{2}[1-5]\\b", re.I)

_NUMBERED = re.compile(r"\W*(?:no\W*)?\d+\W*", re.I)

_TOKEN = re.compile(
    r"[a-z]+|简体|繁体|簡體|繁體|中文|汉语|漢語|英文|英语|英語|原文|源文|译文|譯文|译名|翻译|翻譯|文档|[^\W_]"
)
# What a header calls a column: by language or by role. A name is made of these words and nothing else.
_WORDS = {
    **dict.fromkeys("zh zho chi cmn yue chs cht chinese mandarin 中文 汉语 漢語".split(), "zh"),
    **dict.fromkeys("en eng english 英文 英语 英語".split(), "en"),
    **dict.fromkeys("source src 原文 源文".split(), "source"),
    **dict.fromkeys("target tgt translation reference 译文 譯文 译名 翻译 翻譯".split(), "target"),
    **dict.fromkeys("document doc 文档".split(), "document"),
    **dict.fromkeys("cn tw hk mo sg us gb uk au ca hans hant simplified traditional 简体 繁体 簡體 繁體".split(), ""),
    **dict.fromkeys("text segment sentence string term language lang id name".split(), ""),
}
_ROLES = ("zh", "en", "document", "source", "target")
# What else a header may hold.
_HEADING = re.compile(
    r"(?<![a-z])(id|no|key|value|name|term|text|word|entry|source|target|note|comment|lang(uage)?|type|code|category|"
    r"domain|subject)(?![a-z])|序号|编号|名称|术语|原文|译文|译名|翻译|备注|类别|拼音",
    re.I,
)


def read_rows(text: str, separator: str | None) -> tuple[list[Row], str]:
    r"""Split a table, its lines ended by ``\n``, into rows with text; return them and the character between cells.

    ``separator`` is None for that of a CSV file: a tab, a semicolon or a comma. Excel's first line ``sep=;`` overrides.
    """
    csv, first_line = separator is None, 1
    if declared := re.match(r'"?sep=(.)"?[^\S\n]*\n', text):
        separator, text, first_line = declared[1], text[declared.end() :], 2
    elif separator is None:
        separator = max((one for one in SEPARATORS if one in text), key=lambda one: _fitness(text, one), default=",")
    return split_rows(text, separator, first_line, csv=csv), separator


def _fitness(text: str, separator: str) -> tuple[bool, int, int]:
    """Whether there is a header, and counts of rows: with a Chinese and an English cell, and of the usual width."""
    rows = [cells for _, cells, _ in islice(_records(text, separator), SAMPLE)]
    width = usual_width(rows)
    usual = [cells for cells in rows if len(cells) == width > 1]
    header = bool(rows) and len({column_role(cell) for cell in rows[0]} - {None, "document"}) > 1
    return header, sum(map(is_pair, usual)), len(usual)


def is_pair(cells: Sequence[str]) -> bool:
    """Whether a row holds a Chinese and an English cell."""
    return {"zh", "en"} <= set(map(language_of, cells))


def usual_width(rows: Sequence[Sequence[str]]) -> int:
    """The usual number of cells of rows with a Chinese and an English one, or of rows at all."""
    widths = Counter(len(cells) for cells in rows[:SAMPLE] if is_pair(cells)) or Counter(map(len, rows[:SAMPLE]))
    return max(widths, key=lambda width: widths[width], default=1)


def split_rows(text: str, separator: str, first_line: int = 1, *, csv: bool = False) -> list[Row]:
    """Split a table with a known separator; ``first_line`` is the number of its first line. Rows are stripped.

    A cell in quotes is undone as RFC 4180 has it, line breaks inside included. Quotation marks that open or close a
    cell by themselves are text and so, but for ``csv``, are those a program would not have put there.
    """
    csv, width = csv or separator != "\t", 0  # commas are common in texts
    if '"' in text and not csv:
        width = usual_width([cells for _, cells, _ in islice(_records(text, separator), SAMPLE)])
    records = list(_records(text, separator, width))
    always = csv or _needlessly_quoted(records)
    rows = []
    for line, cells, quoted in records:
        for index, inner in enumerate(quoted):
            if inner is not None and (always or _NEEDS_QUOTES.search(inner)):
                cells[index] = inner.replace('""', '"')
        cells = list(map(str.strip, cells))
        if any(cells):
            rows.append((first_line + line, cells))
    return rows


def _records(text: str, separator: str, width: int = 0) -> Iterator[_Record]:
    """Yield the rows; with a width, quotations over several rows are text."""
    end = re.escape(separator)
    pattern = re.compile(rf'[ ]*"((?:[^"]++|"")*+)"[ ]*(?=[{end}\n]|\Z)|[^{end}\n]*')
    at = line = 0
    while at < len(text):
        start, at = at, text.find("\n", at) % (len(text) + 1)
        lines = [text[start:at]]
        cells = lines[0].split(separator)
        inner: list[str | None] = []
        if '"' in lines[0]:
            found, stop = [], start - 1
            while stop < start or text[stop : stop + 1] == separator:
                match = pattern.match(text, stop + 1)
                assert match  # a cell may be empty
                found.append(match)
                stop = match.end()
            spanned = text[start:stop].split("\n")
            if len(spanned) == 1 or (
                len(spanned) <= _CELL_LINES and not (width and _are_rows(spanned, len(found), width))
            ):
                lines, at, cells, inner = spanned, stop, [match[0] for match in found], [match[1] for match in found]
        yield line, cells, inner
        line, at = line + len(lines), at + 1


def _are_rows(lines: Sequence[str], cells: int, width: int) -> bool:
    """Whether lines that quotation marks make one row of ``cells`` cells are rows by themselves."""
    rows = [line.split("\t") for line in lines]
    if len(rows[0]) != width or '""' in "\n".join(lines):
        return False
    return cells != width or sum(len(row) == width and is_pair(row) for row in rows[1:]) * 2 >= len(rows) - 1


def _needlessly_quoted(records: Sequence[_Record]) -> bool:
    """Whether a program put quotes around cells that need none: all texts, or those with commas, as Excel does."""
    needless = [inner for *_, quoted in records for inner in quoted if inner and not _NEEDS_QUOTES.search(inner)]
    pairs = [pair for _, cells, quoted in records for pair in zip_longest(cells, quoted)] if needless else []
    bare = [cell for cell, inner in pairs if inner is None and _LETTER.search(cell)]
    return not bare or (all("," in text for text in needless) and not any("," in text for text in bare))


def column_role(name: str) -> str | None:
    """Return what a cell of a header calls its column (``zh``, ``en``, ``source``, ``target``, ``document``)."""
    words = {_WORDS.get(word) for word in _TOKEN.findall(name.lower())}
    return None if None in words else next((role for role in _ROLES if role in words), None)


def language(name: str | None) -> str | None:
    """Return ``zh``, ``en``, another two- or three-letter code, or ``None`` if ``name`` names no language."""
    name = (name or "").strip().lower()
    role, code = column_role(name), re.fullmatch(r"([a-z]{2,3})([-_][a-z0-9]+)*", name)
    return role if role in ("zh", "en") else code[1] if code else None


def guess_columns(rows: Sequence[Sequence[str]]) -> tuple[int, int, bool]:
    """Tell by the cells which column holds Chinese and which its English, and whether the first row is a header."""
    columns = list(zip_longest(*rows, fillvalue=""))
    bodies = [column[1:] or column for column in columns]
    chinese = [sum(language_of(cell) == "zh" for cell in cells) for cells in bodies]
    zh = chinese.index(max(chinese))
    english = [[cell for cell in cells if language_of(cell) == "en" and not _PINYIN.search(cell)] for cells in bodies]
    filled, distinct = max(map(len, english)), max(len(set(cells)) for cells in english)
    words = [len(set(" ".join(cells).split())) for cells in english]
    likely = [
        index
        for index, cells in enumerate(english)
        if index != zh and 10 * len(cells) >= 9 * filled > 0 and 10 * len(set(cells)) >= 6 * distinct
    ]
    # Of several the nearest; on both sides of the Chinese the one with texts rather than names, else the right one.
    most = max((words[index] for index in likely if abs(index - zh) == 1), default=0)
    en = min(likely, key=lambda index: (abs(index - zh), 2 * words[index] < most, index < zh), default=int(zh == 0))
    heads = [*(column[0] for column in columns), ""]  # one column has no English
    if len(rows) == 1:
        header = False
    elif any(is_index(column) and column[0] and not re.search(r"\d", column[0]) for column in columns):
        header = True
    elif has_han(heads[zh]):
        header = has_han(heads[en]) and 2 * sum(map(has_han, bodies[en])) < len(bodies[en])
    else:
        header = any(map(_HEADING.search, (heads[zh], heads[en])))
    return zh, en, header


def is_index(cells: Sequence[str]) -> bool:
    """Whether a column, perhaps below a header, numbers the rows: each once, or from the first again and again."""
    if not all(map(_NUMBERED.fullmatch, cells[1:])) or not (_NUMBERED.fullmatch(cells[0]) or len(cells) > 1):
        return False
    numbers = [int("".join(re.findall(r"\d", cell))) for cell in cells if _NUMBERED.fullmatch(cell)]
    distinct = set(numbers)
    return len(distinct) == len(numbers) or (
        len(distinct) > 2 and all(after in (before + 1, numbers[0]) for before, after in pairwise(numbers))
    )
