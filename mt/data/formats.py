"""Readers of bilingual text: plain text, two texts side by side, JSONL (tables: ``tables``; XML: ``xml_formats``).

Every reader returns the :class:`~mt.data.pairs.Pair` objects of a file in order. A row that gives no pair is counted in
the :class:`~mt.data.pairs.ReadLog` with its line; a file that gives none raises :class:`~mt.errors.DataError`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mt.data.alignment.align import align_sentences
from mt.data.pairs import Pair, ReadLog, unlikely_lengths
from mt.errors import DataError
from mt.io.text import parse_json
from mt.io.text import read_text as read_any_text
from mt.text.han import language_of

# Aligning across paragraphs takes quadratic time and memory: some ten seconds for so many.
_MOST_PARAGRAPHS = 5000
_Lines = list[tuple[int, str]]


def read_text(path: Path) -> str:
    """Read a text file that is not empty; line ends become ``\n``."""
    text = read_any_text(path)
    if not text.strip():
        raise DataError("is empty", path=path, hint="put text in it or take it out of data.documents")
    return text


def _lines(path: Path) -> _Lines:
    """The lines of a file that are not blank, with their numbers."""
    return [(number, line.strip()) for number, line in enumerate(read_text(path).split("\n"), 1) if line.strip()]


def read_two_blocks(path: Path, log: ReadLog) -> Iterator[Pair]:
    """Read one file of one paragraph per line: the Chinese paragraphs and the English ones, told apart by script."""
    sides: dict[str, _Lines] = {"zh": [], "en": []}
    language = None
    for number, line in _lines(path):
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
