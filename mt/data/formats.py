"""Bilingual files read into pairs: plain text, two texts side by side, TSV, JSONL; the XML formats are next door.

Every reader gives :class:`Pair` objects in file order and raises :class:`~mt.errors.DataError` with file and
line for what it cannot read. Nothing is skipped but blank lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mt.errors import DataError
from mt.io import text as io_text
from mt.text.han import HAN

__all__ = ["Pair", "language_of", "read_jsonl", "read_sides", "read_text", "read_tsv", "read_two_blocks"]


@dataclass(frozen=True)
class Pair:
    """A Chinese text and its English translation: a paragraph or a segment.

    Args:
        zh: the Chinese side, as read.
        en: the English side, as read.
        line: where the Chinese side stands in its file, from 1.
        document: the document the file says it belongs to, if it says so.
    """

    zh: str
    en: str
    line: int | None = None
    document: str | None = None


_HAN_CHARACTER = re.compile(f"[{HAN}]")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ]+(?:['’-][A-Za-zÀ-ɏ]+)*")


def read_text(path: str | Path) -> str:
    """Read a text file that must hold something; line ends become ``\n``.

    Raises:
        DataError: the file is missing, empty, or in another encoding than UTF-8 and UTF-16.
    """
    text = io_text.read_text(path)
    if not text.strip():
        raise DataError("is empty", path=path, hint="put text in it or take it out of data.documents")
    return text


def language_of(text: str) -> str | None:
    """``"zh"`` or ``"en"`` by script, ``None`` where there is neither (numbers, rules of asterisks).

    Ideographs are weighed against Latin words, so that a Chinese paragraph full of acronyms or pinyin
    readings is Chinese, an English one that quotes a name in Chinese English.
    """
    han = len(_HAN_CHARACTER.findall(text))
    words = len(_LATIN_WORD.findall(text))
    if not han and not words:
        return None
    return "zh" if han >= words else "en"


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, with their number. Only a line feed ends a line, whatever else Unicode calls one."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line


def read_two_blocks(path: str | Path) -> list[Pair]:
    """One file, one paragraph a line: the Chinese paragraphs and the English ones, told apart by script.

    Raises:
        DataError: a language is missing or the numbers of paragraphs differ.
    """
    path = Path(path)
    sides: dict[str, list[tuple[int, str]]] = {"zh": [], "en": []}
    language = None
    for number, line in _lines(read_text(path)):
        # A line without letters belongs to the paragraphs around it.
        language = language_of(line) or language
        if language is None:
            raise DataError("no letters in the first paragraph", path=path, line=number, hint="begin with Chinese text")
        sides[language].append((number, line.strip()))
    _check_counts(len(sides["zh"]), len(sides["en"]), str(path))
    return [Pair(zh, en, number) for (number, zh), (_, en) in zip(sides["zh"], sides["en"], strict=True)]


def read_sides(zh: str | Path, en: str | Path) -> list[Pair]:
    """Two files, one paragraph a line, the same paragraphs in the same order.

    Raises:
        DataError: the numbers of paragraphs differ.
    """
    sources = list(_lines(read_text(zh)))
    targets = list(_lines(read_text(en)))
    _check_counts(len(sources), len(targets), f"{zh}, {en}")
    return [
        Pair(source.strip(), target.strip(), number)
        for (number, source), (_, target) in zip(sources, targets, strict=True)
    ]


def _check_counts(chinese: int, english: int, path: str) -> None:
    if not chinese or not english:
        missing = "Chinese" if not chinese else "English"
        raise DataError(
            f"{chinese} Chinese and {english} English paragraphs",
            path=path,
            hint=f"add the {missing} text, one paragraph a line",
        )
    if chinese != english:
        raise DataError(
            f"{chinese} Chinese but {english} English paragraphs",
            path=path,
            hint="join or split paragraphs (one a line) until both sides have the same number",
        )


_HEADER = {
    **dict.fromkeys(("zh", "zh-cn", "zh_cn", "chinese", "source", "src", "中文"), "zh"),
    **dict.fromkeys(("en", "en-us", "en_us", "english", "target", "tgt", "reference", "英文"), "en"),
    **dict.fromkeys(("document", "doc", "document_id", "doc_id"), "document"),
}


_COLUMNS: tuple[str, ...] = ("zh", "en", "document")


def read_tsv(path: str | Path) -> list[Pair]:
    """Tab-separated segments: with a header that names zh, en and perhaps document (other columns are left out),
    or without one as ``zh en``, ``document zh en`` or ``zh en document``. Quotation marks have no special meaning.

    Raises:
        DataError: a line has another number of columns, or Chinese stands nowhere it can.
    """
    path = Path(path)
    rows = [(number, line.split("\t")) for number, line in _lines(read_text(path))]
    columns = [_HEADER.get(cell.strip().lower()) for cell in rows[0][1]]
    if "zh" in columns and "en" in columns:
        width = len(columns)
        rows = rows[1:]
        if not rows:
            raise DataError("has a header and no rows", path=path)
        layout: dict[str, int] = {name: columns.index(name) for name in _COLUMNS if name in columns}
    else:
        width = len(rows[0][1])
        layout = _guess_layout(rows, width, path)
    pairs = []
    for number, cells in rows:
        if len(cells) != width:
            raise DataError(
                f"{len(cells)} columns, not {width}", path=path, line=number, hint="one tab between columns"
            )
        pairs.append(
            Pair(
                cells[layout["zh"]].strip(),
                cells[layout["en"]].strip(),
                number,
                cells[layout["document"]].strip() or None if "document" in layout else None,
            )
        )
    return pairs


def _guess_layout(rows: list[tuple[int, list[str]]], width: int, path: Path) -> dict[str, int]:
    if width not in (2, 3):
        raise DataError(
            f"{width} column{'s' * (width != 1)} and no header",
            path=path,
            line=rows[0][0],
            hint="separate zh and en with one tab, or name the columns in a first line: zh, en, document",
        )
    # The column with the most Chinese cells holds the Chinese.
    chinese = [sum(language_of("".join(cells[at : at + 1])) == "zh" for _, cells in rows) for at in range(width)]
    at = max(range(width), key=lambda column: chinese[column])
    if chinese[at] * 2 < len(rows) or at not in ((0,) if width == 2 else (0, 1)):
        raise DataError(
            "no Chinese where the Chinese column should be",
            path=path,
            line=rows[0][0],
            hint="name the columns in a first line: zh, en, document",
        )
    if width == 2:
        return {"zh": 0, "en": 1}
    return {"zh": 0, "en": 1, "document": 2} if at == 0 else {"document": 0, "zh": 1, "en": 2}


def read_jsonl(path: str | Path) -> list[Pair]:
    """JSON objects, one a line: ``{"zh", "en"}`` or ``{"translation": {"zh", "en"}}``, perhaps with ``"document"``.

    Raises:
        DataError: a line is no such object.
    """
    path = Path(path)
    pairs = []
    for number, line in _lines(read_text(path)):
        entry = io_text.parse_json(line, path=path, line=number)
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
