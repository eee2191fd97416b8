"""Term bases as tables: the native TSV, CSV, and the column forms of DeepL and Amazon Translate.

DeepL: ``source,target[,source_lang,target_lang]`` without header
(https://developers.deepl.com/docs/customize/managing-glossaries). Amazon Translate: a header of language
codes, ``zh,en`` (https://docs.aws.amazon.com/translate/latest/dg/creating-custom-terminology.html).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from mt.errors import GlossaryError
from mt.glossary.formats.options import (
    OPTION_NAMES,
    escape,
    format_options,
    option_value,
    parse_options,
    split_cell,
    unescape,
)
from mt.glossary.formats.reading import EntryFault, Reading, add_term, decode, language
from mt.glossary.term import Term

__all__ = ["read_csv", "read_tsv", "write_amazon", "write_csv", "write_deepl", "write_tsv"]

_SOURCE = frozenset({"source", "src", "source term", "source_term", "term", "source text", "原文", "源语言", "术语"})
_TARGET = frozenset(
    {"target", "tgt", "target term", "target_term", "translation", "target text", "译文", "译名", "目标语言"}
)
_NOTE = frozenset({"note", "notes", "comment", "comments", "remark", "remarks", "definition", "备注", "说明", "注释"})
_CODE = re.compile(r"[A-Za-z]{2}([-_][A-Za-z]{2,4})?")
_OPTION_LIKE = re.compile(r"\s*(\w+\s*=|(keep|inflect)\s*(;|$))")


@dataclass
class _Columns:
    """Which column holds what."""

    source: int = 0
    target: int = 1
    options: dict[int, str] = field(default_factory=dict)  # column → an option's name, or "options" for a list of them
    source_language: int | None = None
    target_language: int | None = None
    header: bool = False


def read_tsv(data: bytes) -> Reading:
    """Read tab-separated values, with or without header.

    Raises:
        GlossaryError: the bytes are no text.
    """
    text = decode(data)
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


def read_csv(data: bytes) -> Reading:
    """Read comma-, semicolon- or tab-separated values in CSV quoting (RFC 4180), with or without header.

    Raises:
        GlossaryError: the bytes are no text, or a quote is never closed.
    """
    text = decode(data)
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


def _read_rows(rows: Iterator[tuple[int, list[str]]], separator: str) -> Reading:
    reading = Reading()
    columns: _Columns | None = None
    others = 0
    for line, cells in rows:
        if not any(map(str.strip, cells)):
            continue
        if columns is None:
            columns = _header(cells, reading) or _headless(cells)
            if columns.header:
                continue
        if len(cells) <= max(columns.source, columns.target):
            found = "one column" if len(cells) == 1 else f"{len(cells)} columns"
            error = GlossaryError(
                f"has {found} ('{cells[0][:40]}')", hint=f"separate source and target with {separator}"
            )
            reading.faults.append(EntryFault.of(error, "columns", line=line))
            continue
        try:
            source, target, options = _entry(cells, columns)
        except GlossaryError as error:
            reading.faults.append(EntryFault.of(error, "option", line=line))
            continue
        if columns.source_language is not None and columns.target_language is not None:
            pair = tuple(
                language(cells[index]) if index < len(cells) else None
                for index in (columns.source_language, columns.target_language)
            )
            if pair == ("en", "zh"):
                source, target = target, source
            elif pair != ("zh", "en"):
                others += 1
                continue
        targets = split_cell(target, "|")
        if "\\" in source or "\\" in target:
            source, targets = unescape(source), [unescape(part) for part in targets]
        add_term(reading, source, targets, line, options)
    if others:
        reading.remarks.append(f"{others} rows of other languages are left out")
    return reading


def _header(cells: Sequence[str], reading: Reading) -> _Columns | None:
    """Read the first row as column names, if it is that."""
    if _deepl_row(cells):
        return None
    columns = _Columns(-1, -1, header=True)
    ignored = []
    for index, cell in enumerate(cells):
        name = cell.strip().lower()
        if name in _SOURCE or (language(name) == "zh" and columns.source < 0):
            columns.source = index
        elif name in _TARGET or (language(name) == "en" and columns.target < 0):
            columns.target = index
        elif name in ("source_lang", "source language", "source_language"):
            columns.source_language = index
        elif name in ("target_lang", "target language", "target_language"):
            columns.target_language = index
        elif name in OPTION_NAMES or name == "options":
            columns.options[index] = name
        elif name in _NOTE:
            columns.options[index] = "note"
        elif name:
            ignored.append(cell.strip())
    if columns.source < 0 or columns.target < 0:
        return None
    if ignored:
        reading.remarks.append(f"columns not read: {', '.join(ignored)}")
    return columns


def _deepl_row(cells: Sequence[str]) -> bool:
    """Whether a row is an entry followed by its two language codes."""
    return (
        len(cells) >= 4
        and all(_CODE.fullmatch(cell.strip()) and language(cell) for cell in cells[2:4])
        and not any(cell.strip().lower() in _SOURCE | _TARGET or language(cell) in ("zh", "en") for cell in cells[:2])
    )


def _headless(cells: Sequence[str]) -> _Columns:
    """Columns of a table without header: DeepL's four, or source, target and what comes after."""
    if _deepl_row(cells):
        return _Columns(source_language=2, target_language=3)
    return _Columns(options={-1: ""})


def _entry(cells: Sequence[str], columns: _Columns) -> tuple[str, str, dict[str, Any]]:
    source, target = cells[columns.source], cells[columns.target]
    options: dict[str, Any] = {}
    if columns.header:
        for index, name in columns.options.items():
            if index >= len(cells) or not (cell := cells[index].strip()):
                continue
            if name == "options":
                options |= parse_options(cell)
            elif (value := option_value(name, unescape(cell))) is not None:
                options[name] = value
    elif columns.options and len(cells) > 2:
        notes = []
        for cell in cells[2:]:
            if _OPTION_LIKE.match(cell):
                options |= parse_options(cell)
            elif cell.strip():
                notes.append(cell.strip())
        if notes and "note" not in options:
            options["note"] = "; ".join(notes)
    return source, target, options


def _targets(term: Term) -> str:
    """Write the alternatives, without those at the end that full name and acronym bring back by themselves."""
    targets = list(term.targets)
    for extra in (term.acronym, term.full):
        if extra and len(targets) > 1 and targets[-1] == extra and targets.index(extra) == len(targets) - 1:
            targets.pop()
    rebuilt = dict.fromkeys([*targets, *(extra for extra in (term.full, term.acronym) if extra)])
    return "|".join(escape(target, "|") for target in (targets if tuple(rebuilt) == term.targets else term.targets))


def write_tsv(terms: Sequence[Term]) -> str:
    """Write the native form: ``source  target  options`` with a header; holds everything."""
    lines = ["source\ttarget\toptions"]
    for term in terms:
        lines.append(f"{escape(term.source, '')}\t{_targets(term)}\t{format_options(term)}".rstrip("\t"))
    return "\n".join(lines) + "\n"


def write_csv(terms: Sequence[Term]) -> str:
    """Write a table with a column for each option that is used, for spreadsheets; holds everything."""
    cells: dict[str, Callable[[Term], str]] = {
        "case": lambda term: term.case if term.case != "any" else "",
        "keep": lambda term: "yes" if term.keep else "",
        "inflect": lambda term: "" if term.inflect else "no",
    }
    rows = []
    for term in terms:
        row = {"source": escape(term.source, ""), "target": _targets(term)}
        for name in OPTION_NAMES:
            row[name] = cells[name](term) if name in cells else escape(getattr(term, name) or "", "")
        rows.append(row)
    used = ["source", "target", *(name for name in OPTION_NAMES if any(row[name] for row in rows))]
    return _csv_text([used, *([row[name] for name in used] for row in rows)])


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
