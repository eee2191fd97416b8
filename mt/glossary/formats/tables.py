"""Term bases as tables: the native TSV, CSV, and the column forms of DeepL and Amazon Translate.

DeepL: ``source,target[,source_lang,target_lang]`` without header
(https://developers.deepl.com/docs/customize/managing-glossaries). Amazon Translate: a header of language
codes, ``zh,en`` (https://docs.aws.amazon.com/translate/latest/dg/creating-custom-terminology.html).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

from mt.errors import GlossaryError
from mt.glossary.formats.languages import language
from mt.glossary.formats.options import (
    OPTION_NAMES,
    escape,
    format_options,
    option_texts,
    option_value,
    parse_options,
    split_cell,
    unescape,
)
from mt.glossary.formats.parsed import EntryError, ParsedGlossary
from mt.glossary.term import Term, make_term
from mt.io.text import decode

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
# Column of each role without a header: DeepL's four, or source, target and any number of others.
_DEEPL = {"source": 0, "target": 1, "source_language": 2, "target_language": 3}
_HEADLESS = {"source": 0, "target": 1, "others": 2}
_CODE = re.compile(r"[A-Za-z]{2}([-_][A-Za-z]{2,4})?")
_OPTION_LIKE = re.compile(r"\s*(\w+\s*=|(keep|inflect)\s*(;|$))")


def read_tsv(data: bytes) -> ParsedGlossary:
    """Read tab-separated values, with or without header.

    Raises:
        GlossaryError: the bytes are no text.
    """
    text = decode(data, error=GlossaryError)
    quoted = data[:2] in (b"\xff\xfe", b"\xfe\xff")  # Excel's "Unicode Text" quotes; our own TSV never does
    return _read_rows(_tsv_rows(text, quoted), "a tab")


def _tsv_rows(text: str, quoted: bool) -> Iterator[tuple[int, list[str]]]:
    if quoted and '"' in text:
        yield from _csv_rows(text, "\t")
        return
    ends = "\n" if "\n" in text else "\r"
    for number, line in enumerate(text.split(ends), 1):
        cells = line.removesuffix("\r").split("\t")
        if '"' in line:
            cells = [_unquoted(cell) for cell in cells]
        yield number, cells


def _unquoted(cell: str) -> str:
    """Undo a spreadsheet's quoting where doubled quotes inside leave no doubt of it."""
    inner = cell[1:-1]
    if len(cell) > 2 and cell[0] == cell[-1] == '"' and '""' in inner and '"' not in inner.replace('""', ""):
        return inner.replace('""', '"')
    return cell


def read_csv(data: bytes) -> ParsedGlossary:
    """Read comma-, semicolon- or tab-separated values in CSV quoting (RFC 4180), with or without header.

    Raises:
        GlossaryError: the bytes are no text, or a quote is never closed.
    """
    text = decode(data, error=GlossaryError)
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", first)
    delimiter = max("\t,;", key=bare.count)
    names = {"\t": "a tab", ",": "a comma", ";": "a semicolon"}
    return _read_rows(_csv_rows(text, delimiter), names[delimiter])


def _csv_rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise GlossaryError(f"cannot be read as CSV ({error})", line=line, hint="check the quotes") from None


def _read_rows(rows: Iterator[tuple[int, list[str]]], separator: str) -> ParsedGlossary:
    parsed = ParsedGlossary()
    columns: dict[str, int] = {}
    others = 0
    for line, cells in rows:
        if not any(map(str.strip, cells)):
            continue
        if not columns:
            columns = _header(cells, parsed)
            if columns:
                continue
            columns = _DEEPL if _is_deepl(cells) else _HEADLESS
        if len(cells) <= max(columns["source"], columns["target"]):
            found = "one column" if len(cells) == 1 else f"{len(cells)} columns"
            hint = f"separate source and target with {separator}"
            error = GlossaryError(f"has {found} ('{cells[0][:40]}')", hint=hint)
            parsed.errors.append(EntryError.of(error, "columns", line))
            continue
        try:
            options = _options(cells, columns)
        except GlossaryError as error:
            parsed.errors.append(EntryError.of(error, "option", line))
            continue
        source, target = cells[columns["source"]], cells[columns["target"]]
        if "source_language" in columns and "target_language" in columns:
            direction = [language(_cell(cells, columns[f"{side}_language"])) for side in ("source", "target")]
            if direction == ["en", "zh"]:
                source, target = target, source
            elif direction != ["zh", "en"]:
                others += 1
                continue
        parsed.add(unescape(source), map(unescape, split_cell(target, "|")), options, line)
    if others:
        parsed.notes.append(f"{others} rows of other languages are skipped")
    return parsed


def _header(cells: Sequence[str], parsed: ParsedGlossary) -> dict[str, int]:
    """Return the column of each role if the first row holds their names, or nothing."""
    columns: dict[str, int] = {}
    ignored = []
    for index, cell in enumerate(cells):
        name = cell.strip().lower()
        role = _ROLES.get(name) or {"zh": "source", "en": "target"}.get(language(name) or "")
        if role and (name in _ROLES or role not in columns):
            columns[role] = index
        elif name:
            ignored.append(cell.strip())
    if _is_deepl(cells) or not {"source", "target"} <= columns.keys():
        return {}
    if ignored:
        parsed.notes.append(f"columns not read: {', '.join(ignored)}")
    return columns


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


def _cell(cells: Sequence[str], index: int) -> str:
    return cells[index].strip() if index < len(cells) else ""


def _options(cells: Sequence[str], columns: dict[str, int]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for role, index in columns.items():
        cell = _cell(cells, index)
        if role == "options":
            options |= parse_options(cell)
        elif role in OPTION_NAMES and cell and (value := option_value(role, unescape(cell))) is not None:
            options[role] = value
        elif role == "others":
            notes = []
            for other in map(str.strip, cells[index:]):
                if _OPTION_LIKE.match(other):
                    options |= parse_options(other)
                elif other:
                    notes.append(other)
            if notes:
                options.setdefault("note", "; ".join(notes))
    return options


def _targets(term: Term) -> str:
    """Write the alternatives, without those at the end that full name and acronym restore when read."""
    names: dict[str, Any] = {"full": term.full, "acronym": term.acronym}
    count = len(term.targets)
    while count > 1 and make_term(term.source, term.targets[: count - 1], **names).targets == term.targets:
        count -= 1
    return "|".join(escape(target, "|") for target in term.targets[:count])


def write_tsv(terms: Sequence[Term]) -> str:
    """Write the native form: ``source  target  options`` with a header; holds everything."""
    lines = ["source\ttarget\toptions"]
    for term in terms:
        lines.append(f"{escape(term.source, '')}\t{_targets(term)}\t{format_options(term)}".rstrip("\t"))
    return "\n".join(lines) + "\n"


def write_csv(terms: Sequence[Term]) -> str:
    """Write a table with a column for each option that is used, for spreadsheets; holds everything."""
    rows = [
        {"source": escape(term.source, ""), "target": _targets(term)}
        | {name: escape(text, "") for name, text in option_texts(term).items()}
        for term in terms
    ]
    used = ["source", "target", *(name for name in OPTION_NAMES if any(name in row for row in rows))]
    return _csv_text([used, *([row.get(name, "") for name in used] for row in rows)])


def write_deepl(terms: Sequence[Term]) -> str:
    """Write DeepL's four columns; holds one target a term and no options."""
    return _csv_text([[term.source, term.targets[0], "ZH", "EN"] for term in terms])


def write_amazon(terms: Sequence[Term]) -> str:
    """Write Amazon Translate's custom terminology; holds one target a term and no options."""
    return _csv_text([["zh", "en"], *([term.source, term.targets[0]] for term in terms)])


def _csv_text(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
