"""Which reader and writer serves which file, and what a format cannot hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

from mt.errors import GlossaryError
from mt.glossary.formats import json_format as json_forms
from mt.glossary.formats import tables
from mt.glossary.formats.reading import EntryFault, Reading, oriented
from mt.glossary.term import Term
from mt.io.files import write_text

__all__ = [
    "READERS",
    "WRITERS",
    "Loss",
    "guess_format",
    "losses",
    "parse",
    "read_entries",
    "write_glossary",
]


def _read_xml(data: bytes, kind: str | None = None) -> Reading:
    """Read TBX or TMX by its root element; lxml is loaded only for XML."""
    from mt.glossary.formats import tbx, tmx
    from mt.io.xml import local_name, parse_xml

    kind = kind or ("tmx" if local_name(parse_xml(data, error=GlossaryError)) == "tmx" else "tbx")
    return tmx.read_tmx(data) if kind == "tmx" else tbx.read_tbx(data)


def _write_xml(terms: Sequence[Term], kind: str) -> str:
    from mt.glossary.formats import tbx, tmx

    return {"tbx": tbx.write_tbx, "tbx-2008": tbx.write_tbx_2008, "tmx": tmx.write_tmx}[kind](terms)


READERS: dict[str, Callable[[bytes], Reading]] = {
    "tsv": tables.read_tsv,
    "csv": tables.read_csv,
    "deepl": tables.read_csv,
    "amazon": tables.read_csv,
    "json": json_forms.read_json,
    "jsonl": json_forms.read_json_lines,
    "tbx": partial(_read_xml, kind="tbx"),
    "tbx-2008": partial(_read_xml, kind="tbx"),
    "tmx": partial(_read_xml, kind="tmx"),
    "xml": _read_xml,
}
WRITERS: dict[str, Callable[[Sequence[Term]], str]] = {
    "tsv": tables.write_tsv,
    "csv": tables.write_csv,
    "deepl": tables.write_deepl,
    "amazon": tables.write_amazon,
    "json": json_forms.write_json_terms,
    "jsonl": json_forms.write_json_lines,
    "tbx": partial(_write_xml, kind="tbx"),
    "tbx-2008": partial(_write_xml, kind="tbx-2008"),
    "tmx": partial(_write_xml, kind="tmx"),
}
_SUFFIXES = {".tsv": "tsv", ".tab": "tsv", ".txt": "tsv", ".csv": "csv", ".json": "json", ".jsonl": "jsonl"} | {
    ".tbx": "tbx",
    ".tmx": "tmx",
    ".xml": "xml",
}


def guess_format(path: str | Path) -> str:
    """Tell a format by a file's name; ``.xz`` and ``.gz`` after it are passed over.

    Raises:
        GlossaryError: the name tells nothing.
    """
    path = Path(path)
    if path.suffix.lower() in (".xz", ".gz"):
        path = path.with_suffix("")
    format = _SUFFIXES.get(path.suffix.lower())
    if format is None:
        raise GlossaryError(
            f"has no known ending ('{path.suffix}')", path=path, hint=f"name one of {', '.join(sorted(_SUFFIXES))}"
        )
    return format


def parse(data: bytes, format: str, section: str | None = None) -> Reading:
    """Read a term base from bytes, with its faults collected and its direction made Chinese to English.

    Raises:
        GlossaryError: the bytes are not of the format at all.
    """
    if section is not None and format in ("json", "jsonl"):
        reader = {"json": json_forms.read_json, "jsonl": json_forms.read_json_lines}[format]
        return oriented(reader(data, section))
    return oriented(READERS[format](data))


def read_entries(path: str | Path, format: str | None = None) -> Reading:
    """Read a term base with its faults collected, as ``zhen-mt glossary lint`` needs it.

    Args:
        format: one of :data:`READERS`; ``json:random`` reads the terms under the key ``random``.

    Raises:
        GlossaryError: the file cannot be read at all.
    """
    path = Path(path)
    format, _, section_name = (format or guess_format(path)).partition(":")
    section = section_name or None
    if format not in READERS:
        raise GlossaryError(f"unknown format '{format}'", path=path, hint=f"choose one of {', '.join(READERS)}")
    try:
        data = _read_bytes(path)
    except FileNotFoundError:
        raise GlossaryError("no such file", path=path, hint="give a term base, such as seeds/glossary.tsv") from None
    except IsADirectoryError:
        raise GlossaryError("is a folder", path=path, hint="give a file") from None
    except (OSError, EOFError) as error:
        raise GlossaryError(f"cannot be read ({error})", path=path) from None
    if not data.strip():
        raise GlossaryError("is empty", path=path, hint="give it at least one entry")
    try:
        reading = parse(data, format, section)
    except GlossaryError as error:
        raise GlossaryError(error.message, path=path, line=error.line, field=error.field, hint=error.hint) from None
    reading.faults = [EntryFault.of(fault, fault.kind, path=path) for fault in reading.faults]
    return reading


def _read_bytes(path: Path) -> bytes:
    if path.suffix.lower() == ".xz":
        import lzma

        try:
            with lzma.open(path) as file:
                return file.read()
        except lzma.LZMAError as error:
            raise GlossaryError(f"is not xz-compressed ({error})", path=path) from None
    if path.suffix.lower() == ".gz":
        import gzip
        import zlib

        try:
            with gzip.open(path) as file:
                return file.read()
        except zlib.error as error:
            raise GlossaryError(f"is not gzip-compressed ({error})", path=path) from None
    return path.read_bytes()


def write_glossary(terms: Sequence[Term], path: str | Path, format: str | None = None) -> None:
    """Write a term base, whole or not at all."""
    format = format or guess_format(path)
    if format not in WRITERS:
        raise GlossaryError(f"unknown format '{format}'", path=path, hint=f"choose one of {', '.join(WRITERS)}")
    write_text(path, WRITERS[format](terms))


@dataclass(frozen=True)
class Loss:
    """A field of an entry that a format cannot hold."""

    line: int | None
    source: str
    field: str
    value: str


def losses(terms: Sequence[Term], format: str) -> list[Loss]:
    """List what is lost when ``terms`` are written in ``format``, by writing and reading them back.

    Raises:
        GlossaryError: an entry holds what the format has no way to write.
    """
    back = parse(WRITERS[format](terms).encode("utf-8"), format)
    if len(back.terms) != len(terms):
        # Entries that came back under another number are told by their source.
        left: dict[str, list[Term]] = {}
        for term in back.terms:
            left.setdefault(term.source, []).append(term)
        pairs = [(term, left[term.source].pop(0) if left.get(term.source) else None) for term in terms]
    else:
        pairs = list(zip(terms, back.terms, strict=True))
    found = []
    for term, other in pairs:
        if other is None:
            found.append(Loss(term.line, term.source, "entry", " | ".join(term.targets)))
            continue
        for name in (field.name for field in fields(Term) if field.name != "line"):
            before, after = getattr(term, name), getattr(other, name)
            if before == after:
                continue
            if name == "targets":
                dropped = [target for target in before if target not in after]
                found.append(Loss(term.line, term.source, name, " | ".join(dropped) or "their order"))
            else:
                found.append(Loss(term.line, term.source, name, str(before)))
    return found
