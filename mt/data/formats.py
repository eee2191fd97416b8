"""Readers of bilingual text files: plain text, two texts side by side, TSV, JSONL (XML: ``mt.data.xml_formats``).

Every reader returns :class:`Pair` objects in file order and raises :class:`~mt.errors.DataError` with file and line for
what it cannot read. Only blank lines are skipped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mt.errors import DataError
from mt.io.text import parse_json
from mt.io.text import read_text as read_any_text
from mt.text.han import HAN

__all__ = ["Pair", "language_of", "read_jsonl", "read_sides", "read_text", "read_tsv", "read_two_blocks"]


@dataclass(frozen=True)
class Pair:
    """A Chinese text and its English translation: a paragraph or a segment.

    Args:
        zh, en: the two sides, as read.
        line: the line of the Chinese side in its file, from 1.
        document: the name of its document, if the file gives one.
    """

    zh: str
    en: str
    line: int | None = None
    document: str | None = None


_HAN_CHARACTER = re.compile(f"[{HAN}]")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ]+(?:['’-][A-Za-zÀ-ɏ]+)*")


def read_text(path: str | Path) -> str:
    """Read a text file that is not empty; line ends become ``\n``."""
    text = read_any_text(path)
    if not text.strip():
        raise DataError("is empty", path=path, hint="put text in it or take it out of data.documents")
    return text


def language_of(text: str) -> str | None:
    """Return ``"zh"`` or ``"en"`` by script, ``None`` for neither (numbers, rows of asterisks).

    Ideographs are counted against Latin words, so that a Chinese paragraph full of acronyms or pinyin is Chinese and
    an English one that quotes a Chinese name is English.
    """
    han, words = len(_HAN_CHARACTER.findall(text)), len(_LATIN_WORD.findall(text))
    return None if han == words == 0 else "zh" if han >= words else "en"


def _lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a file that are not blank, with their numbers."""
    return [(number, line) for number, line in enumerate(read_text(path).split("\n"), 1) if line.strip()]


def read_two_blocks(path: str | Path) -> list[Pair]:
    """Read one file of one paragraph per line: the Chinese paragraphs and the English ones, told apart by script."""
    path = Path(path)
    sides: dict[str, list[tuple[int, str]]] = {"zh": [], "en": []}
    language = None
    for number, line in _lines(path):
        # A line without letters belongs to the paragraphs around it.
        language = language_of(line) or language
        if language is None:
            raise DataError("no letters in the first paragraph", path=path, line=number, hint="begin with Chinese text")
        sides[language].append((number, line.strip()))
    _check_counts(len(sides["zh"]), len(sides["en"]), str(path))
    return [Pair(zh, en, number) for (number, zh), (_, en) in zip(sides["zh"], sides["en"], strict=True)]


def read_sides(zh: str | Path, en: str | Path) -> list[Pair]:
    """Read two files of one paragraph per line, the same paragraphs in the same order."""
    sources, targets = _lines(Path(zh)), _lines(Path(en))
    _check_counts(len(sources), len(targets), f"{zh}, {en}")
    return [Pair(zh.strip(), en.strip(), number) for (number, zh), (_, en) in zip(sources, targets, strict=True)]


def _check_counts(chinese: int, english: int, path: str) -> None:
    if not chinese or not english:
        hint = f"add the {'English' if chinese else 'Chinese'} text, one paragraph per line"
        raise DataError(f"{chinese} Chinese and {english} English paragraphs", path=path, hint=hint)
    if chinese != english:
        hint = "join or split paragraphs (one per line) until both sides have the same number"
        raise DataError(f"{chinese} Chinese but {english} English paragraphs", path=path, hint=hint)


_HEADER = {
    **dict.fromkeys(("zh", "zh-cn", "zh_cn", "chinese", "source", "src", "中文"), "zh"),
    **dict.fromkeys(("en", "en-us", "en_us", "english", "target", "tgt", "reference", "英文"), "en"),
    **dict.fromkeys(("document", "doc", "document_id", "doc_id"), "document"),
}


def read_tsv(path: str | Path) -> list[Pair]:
    """Read tab-separated segments; quotation marks have no special meaning.

    The columns are those that a header names (zh, en and perhaps document; others are ignored) or, without one,
    ``zh en``, ``document zh en`` or ``zh en document``.
    """
    path = Path(path)
    rows = [(number, line.split("\t")) for number, line in _lines(path)]
    columns = [_HEADER.get(cell.strip().lower()) for cell in rows[0][1]]
    if "zh" in columns and "en" in columns:
        rows = rows[1:]
        if not rows:
            raise DataError("has a header and no rows", path=path)
    else:
        columns = _guess_columns(rows, path)
    pairs = []
    for number, cells in rows:
        if len(cells) != len(columns):
            message = f"{len(cells)} columns, not {len(columns)}"
            raise DataError(message, path=path, line=number, hint="one tab between columns")
        # Of two columns of one name the first counts.
        row = {name: cell.strip() for name, cell in reversed(list(zip(columns, cells, strict=True)))}
        pairs.append(Pair(row["zh"], row["en"], number, row.get("document") or None))
    return pairs


def _guess_columns(rows: list[tuple[int, list[str]]], path: Path) -> list[str | None]:
    """Name the columns of a table without header by which of them holds the most Chinese."""
    first, cells = rows[0]
    if len(cells) not in (2, 3):
        raise DataError(
            f"{len(cells)} column{'s' * (len(cells) != 1)} and no header",
            path=path,
            line=first,
            hint="separate zh and en with one tab, or name the columns in a first line: zh, en, document",
        )
    chinese = [
        sum(len(row) > column and language_of(row[column]) == "zh" for _, row in rows) for column in range(len(cells))
    ]
    most = chinese.index(max(chinese))
    layouts: dict[tuple[int, int], list[str | None]] = {
        (2, 0): ["zh", "en"],
        (3, 0): ["zh", "en", "document"],
        (3, 1): ["document", "zh", "en"],
    }
    if chinese[most] * 2 < len(rows) or (len(cells), most) not in layouts:
        raise DataError(
            "no Chinese where the Chinese column should be",
            path=path,
            line=first,
            hint="name the columns in a first line: zh, en, document",
        )
    return layouts[len(cells), most]


def read_jsonl(path: str | Path) -> list[Pair]:
    """Read a JSON object per line: ``{"zh", "en"}`` or ``{"translation": {"zh", "en"}}``, both with ``"document"``."""
    path = Path(path)
    pairs = []
    for number, line in _lines(path):
        entry = parse_json(line, path=path, line=number)
        if not isinstance(entry, dict):
            raise DataError("is not a JSON object", path=path, line=number, hint='write {"zh": "…", "en": "…"}')
        texts = entry.get("translation", entry)
        zh, en = (_field(texts, name, path, number) for name in ("zh", "en"))
        document = entry.get("document")
        if document is not None and not isinstance(document, str | int):
            raise DataError("must be text", path=path, line=number, field="document")
        pairs.append(Pair(zh.strip(), en.strip(), number, None if document is None else str(document)))
    return pairs


def _field(texts: Any, name: str, path: Path, line: int) -> str:
    if not isinstance(texts, dict) or name not in texts:
        raise DataError("is missing", path=path, line=line, field=name, hint='write {"zh": "…", "en": "…"}')
    value = texts[name]
    if not isinstance(value, str):
        raise DataError("must be text", path=path, line=line, field=name)
    if not value.isprintable() and any("\ud800" <= char <= "\udfff" for char in value):
        raise DataError("has half of a surrogate pair", path=path, line=line, field=name, hint="write the character")
    return value
