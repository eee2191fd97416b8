"""Which reader and writer serves which file, and what a format cannot hold."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from mt.errors import GlossaryError
from mt.glossary.formats import json_format, tables
from mt.glossary.formats.parsed import ParsedGlossary
from mt.glossary.term import Term
from mt.io.files import write_text
from mt.io.text import read_bytes


def _xml() -> Any:
    """The formats of XML; lxml is loaded only for them."""
    from mt.glossary.formats import xml_formats

    return xml_formats


READERS: dict[str, Callable[[bytes], ParsedGlossary]] = {
    "tsv": partial(tables.read_table, separator="\t"),
    **dict.fromkeys(("csv", "deepl", "amazon"), tables.read_table),
    "json": json_format.read_json,
    "jsonl": json_format.read_json_lines,
    **dict.fromkeys(("tbx", "tmx", "xml"), lambda data: _xml().read_xml(data)),
}
WRITERS: dict[str, Callable[[Sequence[Term]], str]] = {
    "tsv": tables.write_tsv,
    "csv": tables.write_csv,
    "deepl": tables.write_deepl,
    "amazon": tables.write_amazon,
    "json": json_format.write_json,
    "jsonl": json_format.write_json_lines,
    "tbx": lambda terms: _xml().write_tbx(terms),
    "tmx": lambda terms: _xml().write_tmx(terms),
}
_SUFFIXES = {"tab": "tsv", "txt": "tsv"} | {name: name for name in ("tsv", "csv", "json", "jsonl", "tbx", "tmx", "xml")}


def format_of(path: str | Path, format: str | None, known: Iterable[str]) -> str:
    """Return ``format``, or else that of the file's name without a suffix of compression; it must be ``known``."""
    name = Path(re.sub(r"\.(xz|gz|bz2)$", "", str(path), flags=re.I))
    found = format or _SUFFIXES.get(name.suffix.lower().removeprefix("."))
    if found is None:
        hint = f"use one of .{', .'.join(sorted(_SUFFIXES))}"
        raise GlossaryError(f"has no known suffix ('{name.suffix}')", path=path, hint=hint)
    if found not in known:
        raise GlossaryError(f"unknown format '{found}'", path=path, hint=f"choose one of {', '.join(known)}")
    return found


def parse(data: bytes, format: str) -> ParsedGlossary:
    """Read a term base from bytes as :func:`read_entries` does, its direction made Chinese to English."""
    return READERS[format](data).with_chinese_sources()


def read_entries(path: str | Path, format: str | None = None) -> ParsedGlossary:
    """Read a term base in one of :data:`READERS`, by default that of its name, with its errors collected.

    Raises:
        GlossaryError: the file cannot be read at all.
    """
    format = format_of(path, format, READERS)
    data = read_bytes(path, error=GlossaryError, hint="give a term base, such as seeds/glossary.tsv")
    if not data.strip():
        raise GlossaryError("is empty", path=path, hint="give it at least one entry")
    try:
        parsed = parse(data, format)
    except GlossaryError as error:
        error.path = str(path)
        raise
    for entry_error in (*parsed.errors, *parsed.warnings):
        entry_error.path = str(path)
    return parsed


def write_terms(terms: Sequence[Term], path: str | Path, format: str | None = None) -> None:
    """Write a term base, whole or not at all.

    Raises:
        GlossaryError: an unknown format, or a term holds what the format has no way to write.
    """
    write_text(path, WRITERS[format_of(path, format, WRITERS)](terms))


class Loss(NamedTuple):
    """A field of an entry that a format cannot hold."""

    line: int | None
    source: str
    field: str
    value: str


def losses(terms: Sequence[Term], format: str) -> list[Loss]:
    """List what is lost when ``terms`` are written in ``format``, by writing and reading; errors as the former has."""
    by_source: dict[str, list[Term]] = defaultdict(list)
    for term in parse(WRITERS[format](terms).encode("utf-8"), format).terms:
        by_source[term.source].append(term)
    found = []
    for term in terms:
        if not by_source[term.source]:
            found.append(Loss(term.line, term.source, "entry", " | ".join(term.targets)))
            continue
        other = by_source[term.source].pop(0)
        for name in Term.__slots__[1:-1]:  # all but source and line
            before, after = getattr(term, name), getattr(other, name)
            if before != after:
                if name == "targets":
                    before = " | ".join(target for target in before if target not in after) or "their order"
                found.append(Loss(term.line, term.source, name, str(before)))
    return found
