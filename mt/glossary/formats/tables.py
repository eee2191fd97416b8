"""Term bases as tables: the native TSV and CSV, DeepL's and Amazon's, and those of spreadsheets and CAT tools.

Native is a table with the header ``source  target  options``; only there do backslashes and options count. DeepL:
``source,target[,source_lang,target_lang]`` without header
(https://developers.deepl.com/docs/customize/managing-glossaries). Amazon Translate: a header of language codes,
``zh,en`` (https://docs.aws.amazon.com/translate/latest/dg/creating-custom-terminology.html).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from mt.errors import GlossaryError
from mt.glossary.formats.languages import language
from mt.glossary.formats.options import (
    OPTION_NAMES,
    option_value,
    parse_options,
    split_cell,
    unescape,
)
from mt.glossary.formats.parsed import ParsedGlossary
from mt.glossary.term import EntryError
from mt.io.text import decode, split_lines
from mt.text.han import has_han

# What a column may be called → what it holds, in lower case.
_ROLES = {
    **dict.fromkeys("source|src|source term|source_term|term|source text|原文|源语言|术语".split("|"), "source"),
    **dict.fromkeys(
        "target|tgt|target term|target_term|translation|target text|译文|译名|目标语言".split("|"), "target"
    ),
    **dict.fromkeys(("source_lang", "source language", "source_language"), "source_language"),
    **dict.fromkeys(("target_lang", "target language", "target_language"), "target_language"),
    **dict.fromkeys("notes|comment|comments|remark|remarks|definition|备注|说明|注释".split("|"), "note"),
    **{name: name for name in (*OPTION_NAMES, "options")},
}
# The language a longer name speaks of ("Chinese_PRC", "英文术语").
_CHINESE = re.compile(r"chinese|中文|汉语|漢語|中国语|简体|簡體|繁体|繁體|(?<![a-z])(zh|cn|chs|cht)(?![a-z])", re.I)
_ENGLISH = re.compile(r"english|英文|英语|英語|(?<![a-z])(en|eng)(?![a-z])", re.I)
_HEADING = re.compile(
    r"(?<![a-z])(id|no|key|value|name|term|text|word|entry|source|target|note|comment|lang(uage)?|type|code|category|"
    r"domain|subject)(?![a-z])|序号|编号|名称|术语|原文|译文|译名|翻译|备注|类别|拼音",
    re.I,
)
_PINYIN = re.compile("[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ]|[a-z]{2}[1-5]\\b", re.I)
_DEEPL = {"source": 0, "target": 1, "source_language": 2, "target_language": 3}
_CODE = re.compile(r"[A-Za-z]{2}([-_][A-Za-z]{2,4})?")
_SEPARATORS = {"\t": "a tab", ";": "a semicolon", ",": "a comma"}
# Lines looked at to tell columns and separators; lines that one quoted cell may have.
_SAMPLE, _CELL_LINES = 500, 50

_Row = tuple[int, list[str]]  # line and cells


class _Layout(NamedTuple):
    """Column of each role; whether the first row names them; whether escapes count; cells of a row, if certain."""

    columns: dict[str, int]
    header: bool = False
    native: bool = False
    width: int | None = None


def read_tsv(data: bytes) -> ParsedGlossary:
    """Read tab-separated values, with or without header.

    Raises:
        GlossaryError: the bytes are no text, or hold no Chinese.
    """
    return _read(decode(data, error=GlossaryError), "\t")


def read_csv(data: bytes) -> ParsedGlossary:
    """Read comma-, semicolon- or tab-separated values in CSV quoting (RFC 4180); errors as :func:`read_tsv`."""
    return _read(decode(data, error=GlossaryError), None)


def _read(text: str, separator: str | None) -> ParsedGlossary:
    lines = split_lines(text)
    declared = re.fullmatch(r'"?sep=(.)"?', lines[0].strip(" \r\n")) if lines else None
    if declared:
        separator, lines[0] = declared[1], ""
    parsed = ParsedGlossary()
    chosen = separator or max(_SEPARATORS, key=lambda one: _fitness(lines, one))
    rows = list(_rows(lines, chosen, separator is None, parsed))
    layout = _layout(rows, parsed)
    others = 0
    for line, cells in rows[layout.header :]:
        with parsed.entry(line):
            others += not _add(parsed, line, cells, layout, _SEPARATORS.get(chosen, f"'{chosen}'"))
    if others:
        parsed.notes.append(f"{others} rows of other languages are skipped")
    return parsed


def _fitness(lines: Sequence[str], separator: str) -> tuple[bool, int, int]:
    """Tell whether there is a header, and count rows with Chinese and Latin cells apart, and of the commonest width."""
    rows = [cells for _, cells in _rows(lines[:_SAMPLE], separator, True, ParsedGlossary())]
    widths = Counter(len(cells) for cells in rows if len(cells) > 1)
    apart = sum(
        any(has_han(cell) and not re.search("[A-Za-z]", cell) for cell in cells) and any(map(_is_latin, cells))
        for cells in rows
    )
    return bool(rows and _header(rows[0])), apart, max(widths.values(), default=0)


def _rows(lines: Sequence[str], separator: str, always: bool, parsed: ParsedGlossary) -> Iterator[_Row]:
    """Yield rows that hold anything and are no comments; ``always``: quotes around any cell are no part of it."""
    end = re.escape(separator)
    pattern = re.compile(rf"""(?:^|{end})([ ]*"(?:[^"]|"")*+"[ ]*|[^{end}\n]*+)(?={end}|\Z)""")
    number = 0
    while number < len(lines):
        line, row = number + 1, lines[number]
        number += 1
        cells = row.split(separator)
        if '"' in row:
            cells = pattern.findall(row)
            if row.count('"') % 2:
                # A quoted cell may hold line ends; a lone quote, as of inches, runs to no such end.
                for last in range(number, min(number + _CELL_LINES, len(lines))):
                    joined = "\n".join(lines[line - 1 : last + 1])
                    if lines[last].count('"') % 2 and separator.join(found := pattern.findall(joined)) == joined:
                        cells, number = found, last + 1
                        break
                else:
                    if always:
                        with parsed.entry(line):
                            raise EntryError(f"has a quote that is never closed ('{row[:40]}')", "columns")
                        continue
            cells = _unquoted(cells, separator, always)
        if any(map(str.strip, cells)) and not _is_comment(cells):
            yield line, cells


def _unquoted(cells: Sequence[str], separator: str, always: bool) -> list[str]:
    """Undo a spreadsheet's quoting; without ``always`` only where all is quoted or the content needs it."""
    inner = [text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else None for text in map(str.strip, cells)]
    inner = [None if text is None or '"' in text.replace('""', "") else text for text in inner]
    always = always or not any(text is None and cell.strip() for text, cell in zip(inner, cells, strict=True))
    return [
        text.replace('""', '"') if text is not None and (always or re.search(rf'[,;\n"{separator}]', text)) else cell
        for text, cell in zip(inner, cells, strict=True)
    ]


def _is_comment(cells: Sequence[str]) -> bool:
    """Whether a row is a comment: after ``#`` comes a space, no Chinese, or no second cell."""
    first = cells[0].strip()
    return first.startswith("#") and len(first) > 1 and (len(cells) == 1 or first[1] == " " or not has_han(first))


def _layout(rows: Sequence[_Row], parsed: ParsedGlossary) -> _Layout:
    if not rows:
        return _Layout({})
    first = rows[0][1]
    if columns := _header(first):
        ignored = [name for index, name in enumerate(map(str.strip, first)) if name and index not in columns.values()]
        if ignored:
            parsed.notes.append(f"columns not read: {', '.join(ignored)}")
        return _Layout(columns, True, "options" in columns, len(first))
    return _Layout(_DEEPL) if _is_deepl(first) else _by_content(rows[:_SAMPLE])


def _header(cells: Sequence[str]) -> dict[str, int]:
    """Return the column of each role if a row holds their names, or nothing."""
    columns: dict[str, int] = {}
    for index, name in enumerate(cell.strip().lower() for cell in cells):
        role = _ROLES.get(name) or {"zh": "source", "en": "target"}.get(language(name) or "")
        if role is None and not columns.keys() >= {"source", "target"}:
            role = "source" if _CHINESE.search(name) else "target" if _ENGLISH.search(name) else None
        if role and (name in _ROLES or role not in columns):
            columns[role] = index
    return columns if {"source", "target"} <= columns.keys() and not _is_deepl(cells) else {}


def _is_latin(cell: str) -> bool:
    return not has_han(cell) and re.search(r"[^\W\d_]", cell) is not None and not _is_option(cell)


def _by_content(rows: Sequence[_Row]) -> _Layout:
    """Tell by the cells of each column which one holds Chinese, and which its English."""
    cells = [own for _, own in rows]
    body = cells[1:] or cells
    count = max(map(len, cells))
    columns = [[own[index].strip() if index < len(own) else "" for own in body] for index in range(count)]
    chinese = [sum(map(has_han, column)) for column in columns]
    source = chinese.index(max(chinese))
    latin = [[cell for cell in column if _is_latin(cell) and not _PINYIN.search(cell)] for column in columns]
    filled, distinct = max(map(len, latin)), max(len(set(column)) for column in latin)
    likely = [
        index
        for index, column in enumerate(latin)
        if index != source and 10 * len(column) >= 9 * filled > 0 and 10 * len(set(column)) >= 6 * distinct
    ]
    # Of several, the one right of the Chinese, else the nearest.
    target = min(likely, key=lambda index: (abs(index - source), index < source), default=int(source == 0))
    roles = {"source": source, "target": target}
    head = cells[0] + [""] * count
    if len(cells) > 1 and not has_han(head[source]):
        header = bool(_HEADING.search(head[source]) or _HEADING.search(head[target]))
    else:
        header = len(cells) > 1 and has_han(head[target]) and 2 * chinese[target] < len(body)
    if header or {source, target} != {0, 1}:
        return _Layout(roles, header, width=len(cells[0]) if header else None)
    widths = Counter(map(len, cells))
    return _Layout({"source": 0, "target": 1, "others": 2}, width=2 if 2 * widths[2] > len(cells) > 3 else None)


def _is_deepl(cells: Sequence[str]) -> bool:
    """Whether a row is an entry followed by its two language codes."""
    return (
        len(cells) >= 4
        and all(_CODE.fullmatch(cell.strip()) and language(cell) for cell in cells[2:4])
        and not any(
            _ROLES.get(cell.strip().lower()) in ("source", "target") or language(cell) in ("zh", "en")
            for cell in cells[:2]
        )
    )


def _add(parsed: ParsedGlossary, line: int, cells: list[str], layout: _Layout, separator: str) -> bool:
    """Add a row's entry; return whether its languages are Chinese and English.

    Raises:
        EntryError: it cannot be used.
    """
    columns, width = layout.columns, layout.width
    least = max(columns["source"], columns["target"])
    found = "one column" if len(cells) == 1 else f"{len(cells)} columns"
    if len(cells) <= least:
        hint = f"separate source and target with {separator}"
        raise EntryError(f"has {found} ('{cells[0][:40]}')", "columns", hint=hint)
    if width is not None and any(map(str.strip, cells[width:])) and not ("others" in columns and separator == "a tab"):
        other = "the header has" if layout.header else "others have"
        raise EntryError(f"has {found}, {other} {width}", "columns", hint=f"put quotes around {separator} in a cell")
    source, target = cells[columns["source"]], cells[columns["target"]]
    if {"source_language", "target_language"} <= columns.keys():
        direction = [language(_cell(cells, columns[f"{side}_language"])) for side in ("source", "target")]
        if direction == ["en", "zh"]:
            source, target = target, source
        elif direction != ["zh", "en"]:
            return False
    options = _options(parsed, line, cells, layout)
    if layout.native:
        parsed.add(unescape(source), map(unescape, split_cell(target, "|")), options, line)
    else:
        # An apostrophe keeps a spreadsheet from taking a cell for a formula.
        source, target = (re.sub(r"^\s*'(?=[=+@-])", "", cell) for cell in (source, target))
        parsed.add(source, target.split("|"), options, line)
    return True


def _cell(cells: Sequence[str], index: int) -> str:
    return cells[index].strip() if index < len(cells) else ""


def _is_option(cell: str) -> bool:
    try:
        return bool(parse_options(cell))
    except GlossaryError:
        return False


def _options(parsed: ParsedGlossary, line: int, cells: Sequence[str], layout: _Layout) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for role, index in layout.columns.items():
        cell = _cell(cells, index)
        if role == "options":
            options |= parse_options(cell)
        elif role in OPTION_NAMES and cell:
            try:
                options[role] = option_value(role, unescape(cell) if layout.native else cell)
            except EntryError as error:
                if layout.native:
                    raise
                parsed.warn(f"its column {role} {error.message}, which is no value of this option", "option", line)
        elif role == "others":
            others = list(filter(None, map(str.strip, cells[index:])))
            for other in filter(_is_option, others):
                options |= parse_options(other)
            if notes := "; ".join(other for other in others if not _is_option(other)):
                options.setdefault("note", notes)
    return {name: value for name, value in options.items() if value is not None}
