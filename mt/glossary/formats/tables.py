"""Term bases as tables: the native TSV and CSV, DeepL's and Amazon's, and those of spreadsheets and CAT tools.

Native is a table with the header ``source  target  options``; only there do backslashes and options count. DeepL:
``source,target[,source_lang,target_lang]`` without header
(https://developers.deepl.com/docs/customize/managing-glossaries). Amazon Translate: a header of language codes,
``zh,en`` (https://docs.aws.amazon.com/translate/latest/dg/creating-custom-terminology.html).
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from mt.errors import GlossaryError
from mt.glossary.formats.options import (
    OPTION_NAMES,
    escape,
    format_options,
    guarded,
    option_value,
    parse_options,
    split_cell,
    unescape,
)
from mt.glossary.formats.parsed import ParsedGlossary
from mt.glossary.term import EntryError, Term
from mt.io.tables import SAMPLE, SEPARATORS, Row, column_role, guess_columns, language, read_rows
from mt.io.text import decode, inert_cell, unix_line_ends
from mt.text.han import has_han

# What a column may be called beside the names of languages and roles that all tables share, in lower case.
_ROLES = {
    **dict.fromkeys(("term", "术语", "源语言"), "source"),
    "目标语言": "target",
    **dict.fromkeys(("source_lang", "source language", "source_language"), "source_language"),
    **dict.fromkeys(("target_lang", "target language", "target_language"), "target_language"),
    **dict.fromkeys("notes comment comments remark remarks definition 备注 说明 注释".split(), "note"),
    **{name: name for name in (*OPTION_NAMES, "options")},
}
# The language a longer name speaks of ("Chinese_PRC", "英文术语").
_CHINESE = re.compile(r"chinese|中文|汉语|漢語|中国语|简体|簡體|繁体|繁體|(?<![a-z])(zh|cn|chs|cht)(?![a-z])", re.I)
_ENGLISH = re.compile(r"english|英文|英语|英語|(?<![a-z])(en|eng)(?![a-z])", re.I)
_DEEPL = {"source": 0, "target": 1, "source_language": 2, "target_language": 3}
_FORMULA = re.compile("^'(?=[=+@-])")
_CODE = re.compile(r"[A-Za-z]{2}([-_][A-Za-z]{2,4})?")


class _Layout(NamedTuple):
    """Column of each role; whether the first row names them; whether escapes count; cells of a row, if certain."""

    columns: dict[str, int]
    header: bool = False
    native: bool = False
    width: int | None = None


def read_table(data: bytes, separator: str | None = None) -> ParsedGlossary:
    """Read a table with or without header, by default comma-, semicolon- or tab-separated in CSV quoting (RFC 4180)."""
    parsed = ParsedGlossary()
    rows, used = read_rows(unix_line_ends(decode(data, error=GlossaryError)), separator)
    rows = [row for row in rows if not _is_comment(row[1])]
    if not rows:
        return parsed
    layout, name = _layout(rows, parsed), SEPARATORS.get(used, f"'{used}'")
    others = 0
    for line, cells in rows[layout.header :]:
        try:
            if separator is None and any(cell.startswith('"') and cell.count('"') % 2 for cell in cells):
                raise EntryError(f"has a quote that is never closed ('{used.join(cells)[:40]}')", "columns")
            others += not _add(parsed, line, cells, layout, name)
        except GlossaryError as error:
            parsed.reject(error, line)
    if others:
        parsed.notes.append(f"{others} rows of other languages are skipped")
    return parsed


def _is_comment(cells: Sequence[str]) -> bool:
    """Whether a row is a comment: after ``#`` comes a space, no Chinese, or no second cell."""
    first = cells[0]
    return first.startswith("#") and len(first) > 1 and (len(cells) == 1 or first[1] == " " or not has_han(first))


def _layout(rows: Sequence[Row], parsed: ParsedGlossary) -> _Layout:
    first = rows[0][1]
    if columns := _header(first):
        ignored = [name for index, name in enumerate(first) if name and index not in columns.values()]
        if ignored:
            parsed.notes.append(f"columns not read: {', '.join(ignored)}")
        return _Layout(columns, True, "options" in columns, len(first))
    if _is_deepl(first):
        return _Layout(_DEEPL)
    sample = [["" if _is_option(cell) else cell for cell in cells] for _, cells in rows[:SAMPLE]]
    source, target, header = guess_columns(sample)
    if header or {source, target} != {0, 1}:
        return _Layout({"source": source, "target": target}, header, width=len(first) if header else None)
    twos = Counter(map(len, sample))[2]
    return _Layout({"source": 0, "target": 1, "others": 2}, width=2 if 2 * twos > len(sample) > 3 else None)


def _header(cells: Sequence[str]) -> dict[str, int]:
    """Return the column of each role if a row holds their names, or nothing."""
    columns: dict[str, int] = {}
    for index, name in enumerate(map(str.lower, cells)):
        own = _ROLES.get(name)
        role = own or {"zh": "source", "en": "target"}.get(shared := column_role(name) or "", shared)
        if not role and not columns.keys() >= {"source", "target"}:
            role = "source" if _CHINESE.search(name) else "target" if _ENGLISH.search(name) else ""
        if role and (own or role not in columns):
            columns[role] = index
    columns.pop("document", None)
    return columns if {"source", "target"} <= columns.keys() and not _is_deepl(cells) else {}


def _is_deepl(cells: Sequence[str]) -> bool:
    """Whether a row is an entry followed by its two language codes."""
    return (
        len(cells) >= 4
        and all(_CODE.fullmatch(cell) and language(cell) for cell in cells[2:4])
        and not any(column_role(cell) for cell in cells[:2])
    )


def _add(parsed: ParsedGlossary, line: int, cells: list[str], layout: _Layout, separator: str) -> bool:
    """Add a row's entry or raise EntryError; return whether its languages are Chinese and English."""
    columns, width = layout.columns, layout.width
    if len(cells) <= columns["source"] or len(cells) <= columns["target"]:
        hint = f"separate source and target with {separator}"
        message = f"has {len(cells)} column{'s' * (len(cells) != 1)} ('{cells[0][:40]}')"
        raise EntryError(message, "columns", hint=hint)
    if width is not None and any(cells[width:]) and not ("others" in columns and separator == "a tab"):
        message = f"has {len(cells)} columns, {'the header has' if layout.header else 'others have'} {width}"
        raise EntryError(message, "columns", hint=f"put quotes around {separator} in a cell")
    source, target = cells[columns["source"]], cells[columns["target"]]
    if "source_language" in columns and "target_language" in columns:
        places = (columns["source_language"], columns["target_language"])
        direction = [language("".join(cells[place : place + 1])) for place in places]
        if direction == ["en", "zh"]:
            source, target = target, source
        elif direction != ["zh", "en"]:
            return False
    options = _options(parsed, line, cells, layout)
    if layout.native:
        parsed.add(unescape(source), map(unescape, split_cell(target, "|")), options, line)
    else:
        # An apostrophe keeps a spreadsheet from taking a cell for a formula.
        source, target = (_FORMULA.sub("", cell) if cell[:1] == "'" else cell for cell in (source, target))
        targets = [part.replace("\\|", "|") for part in re.split(r"(?<!\\)\|", target)]
        parsed.add(source, targets, options, line)
    return True


def _is_option(cell: str) -> bool:
    try:
        return bool(parse_options(cell))
    except GlossaryError:
        return False


def _options(parsed: ParsedGlossary, line: int, cells: Sequence[str], layout: _Layout) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for role, index in layout.columns.items():
        if role in ("source", "target") or index >= len(cells):
            continue
        cell = cells[index]
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
            others = cells[index:]
            for other in filter(_is_option, others):
                options |= parse_options(other)
            if notes := "; ".join(other for other in others if other and not _is_option(other)):
                options.setdefault("note", notes)
    return {name: value for name, value in options.items() if value is not None}


def _native_rows(terms: Sequence[Term]) -> Iterator[list[str]]:
    yield ["source", "target", "options"]
    for term in terms:
        targets = "|".join(escape(target, "|") for target in term.targets)
        yield [guarded(escape(term.source, "")), guarded(targets), format_options(term)]


def write_tsv(terms: Sequence[Term]) -> str:
    """Write the native form: ``source  target  options`` with a header; holds everything."""
    return "".join("\t".join(row).rstrip("\t") + "\n" for row in _native_rows(terms))


def write_csv(terms: Sequence[Term]) -> str:
    """Write the native form with commas; holds everything."""
    return _csv_text(_native_rows(terms))


def write_deepl(terms: Sequence[Term]) -> str:
    """Write DeepL's four columns; holds one target a term and no options."""
    return _csv_text([inert_cell(term.source), inert_cell(term.targets[0]), "ZH", "EN"] for term in terms)


def write_amazon(terms: Sequence[Term]) -> str:
    """Write Amazon Translate's custom terminology; holds one target a term and no options."""
    return _csv_text([["zh", "en"], *([inert_cell(term.source), inert_cell(term.targets[0])] for term in terms)])


def _csv_text(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
