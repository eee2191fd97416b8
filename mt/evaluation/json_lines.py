"""Test sets and outputs as JSON lines, in the form of WMT's terminology tasks.

Each line is an object with ``zh``, ``en`` and term dictionaries under names such as ``proper`` and ``random`` (2025,
track 2) or ``terms``. Documents of several lines are split into lines, or kept whole as the task scores them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mt.errors import DataError
from mt.io.text import decode, parse_json, read_bytes
from mt.metrics.term_metric import TermDictionary

# What a segment is: a line of a document, or the whole of it.
Unit = Literal["line", "document"]

_FORM = 'write {"zh": …, "en": …}'


def read_segments(path: str | Path) -> list[str]:
    """Read one segment per line, as sacrebleu does: only line feeds separate lines, and white space at their end goes.

    A stray carriage return or U+2028 in a translation therefore does not shift all that follows, and a blank line at
    the end is an empty segment.

    Raises:
        DataError: the file is missing, a folder, empty, unreadable or of unknown encoding.
    """
    text = decode(read_bytes(path, hint="give a text file with one segment per line"), path=path)
    if not text:
        raise DataError("is empty", path=path, hint="give at least one segment")
    return [line.rstrip() for line in text.removesuffix("\n").split("\n")]


@dataclass
class JsonLines:
    """A test set read from JSON lines, and where its segments come from.

    Attributes:
        files: file -> document -> the lines of its source.
        targets: the human translations; None where a document has none.
        documents: the document of each segment; None where every document is one line.
        dictionaries: name -> a term dictionary for each segment; the same object where segments share one.
    """

    unit: Unit
    files: list[list[list[str]]] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    targets: list[str] | None = None
    documents: list[str] | None = None
    ids: list[str] = field(default_factory=list)
    dictionaries: dict[str, list[TermDictionary]] = field(default_factory=dict)

    def read_output(self, paths: Sequence[str | Path]) -> list[str]:
        """Read a system's translations of this set, from as many files as it has."""
        if len(paths) != len(self.files):
            raise DataError(
                f"{len(paths)} file(s) of a system for {len(self.files)} of the source",
                path=paths[0],
                hint="give --system NAME=FILE once for each --source, in the same order",
            )
        found: list[Any] = []
        for path, documents in zip(paths, self.files, strict=True):
            rows = _rows(path)
            if len(rows) != len(documents):
                raise DataError(f"has {len(rows)} documents, the source {len(documents)}", path=path)
            for (at, row), lines in zip(rows, documents, strict=True):
                text = _text(row, "en", path, at)
                found += [target for _, _, target in _split(lines, text, self.unit, path, at)]
        return found


def is_json_lines(paths: Sequence[str | Path]) -> bool:
    """Whether any of the names ends as JSON lines do."""
    return any(Path(path).suffix in (".jsonl", ".ndjson") for path in paths)


def read_targets(paths: Sequence[str | Path]) -> list[str]:
    """Read ``en`` of each document of each file."""
    return [_text(row, "en", path, line).strip() for path in paths for line, row in _rows(path)]


def read_json_lines(paths: Sequence[str | Path], unit: Unit) -> JsonLines:
    """Read a test set from one file or several."""
    stems = [Path(path).stem for path in paths]
    names = stems if len(set(stems)) == len(stems) else list(map(str, paths))
    found = JsonLines(unit)
    targets: list[Any] = []
    documents: list[str] = []
    own: list[dict[str, TermDictionary]] = []
    shared: dict[str, TermDictionary] = {}
    for stem, path in zip(names, paths, strict=True):
        found.files.append([])
        for document, (at, row) in enumerate(_rows(path), 1):
            source = _text(row, "zh", path, at).strip().split("\n")
            target = _text(row, "en", path, at) if "en" in row else None
            dictionaries = _dictionaries(row, path, at, shared)
            name = f"{stem}:{document}"
            found.files[-1].append(source)
            for number, text, translation in _split(source, target, unit, path, at):
                found.sources.append(text)
                targets.append(translation)
                documents.append(name)
                found.ids.append(name if number is None else f"{name}:{number + 1}")
                own.append(dictionaries)
    if not found.sources:
        raise DataError("contains no segments", path=paths[0], hint="give one JSON object per line, with zh and en")
    nothing: TermDictionary = {}
    for key in dict.fromkeys(key for dictionaries in own for key in dictionaries):
        found.dictionaries[key] = [dictionaries.get(key, nothing) for dictionaries in own]
    found.targets = None if None in targets else targets
    found.documents = documents if any(len(lines) > 1 for file in found.files for lines in file) else None
    return found


def _split(
    sources: list[str], target: str | None, unit: Unit, path: str | Path, at: int
) -> list[tuple[int | None, str, str | None]]:
    """Split a document into (line, source, target) without its blank lines; or keep it whole, with line None."""
    if unit == "document" or len(sources) == 1:
        return [(None, "\n".join(sources), target and target.strip())]
    targets: Sequence[str | None] = [None] * len(sources) if target is None else target.split("\n")
    # Blank first and last lines may be empty translations, or just surround the text.
    if target is not None and len(targets) != len(sources):
        targets = target.strip().split("\n")
    if len(targets) != len(sources):
        raise DataError(
            f"has {len(sources)} lines in zh and {len(targets)} in en",
            path=path,
            line=at,
            hint="give --unit document to score documents whole",
        )
    return [(line, text, targets[line]) for line, text in enumerate(sources) if text.strip()]


def read_dictionaries(path: str | Path, size: int) -> list[TermDictionary]:
    """Read a term dictionary for each of ``size`` segments, a JSON list or object per line (as WMT23's)."""
    shared: dict[str, TermDictionary] = {}
    found = [
        _dictionary(parse_json(line, path=path, line=number), path, number, None, shared)
        for number, line in enumerate(read_segments(path), 1)
    ]
    if len(found) != size:
        raise DataError(
            f"has {len(found)} lines, the source {size} segments", path=path, hint="give one dictionary per segment"
        )
    return found


def _rows(path: str | Path) -> list[tuple[int, dict[str, Any]]]:
    rows = []
    for number, line in enumerate(read_segments(path), 1):
        if line.strip():
            row = parse_json(line, path=path, line=number)
            if not isinstance(row, dict):
                raise DataError("is not a JSON object", path=path, line=number, hint=_FORM)
            rows.append((number, row))
    return rows


def _text(row: Mapping[str, Any], key: str, path: str | Path, number: int) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        reason = "is missing" if value is None else "is not text"
        raise DataError(reason, path=path, line=number, field=key, hint=_FORM)
    return value


def _dictionaries(
    row: Mapping[str, Any], path: str | Path, number: int, shared: dict[str, TermDictionary]
) -> dict[str, TermDictionary]:
    """Every value that is an object, or a list of objects, is a dictionary; an empty one (WMT25's noterm) is none."""
    return {
        key: _dictionary(value, path, number, key, shared)
        for key, value in row.items()
        if (isinstance(value, dict) and value)
        or (isinstance(value, list) and value and all(isinstance(item, dict) for item in value))
    }


def _dictionary(
    value: Any, path: str | Path, number: int, key: str | None, shared: dict[str, TermDictionary]
) -> TermDictionary:
    """Read a dictionary; equal ones become the same object of ``shared``."""
    known = json.dumps(value, ensure_ascii=False, sort_keys=True)
    if known in shared:
        return shared[known]
    found: dict[str, list[str]] = {}
    if not isinstance(value, dict | list):
        raise DataError("is no list nor object of terms", path=path, line=number, field=key)
    for source, targets in value.items() if isinstance(value, dict) else map(_pair, value):
        listed = [targets] if isinstance(targets, str) else targets
        if not isinstance(source, str) or not isinstance(listed, list) or not all(isinstance(t, str) for t in listed):
            raise DataError(
                f"the entry '{str(source)[:40]}' is no term with its translations",
                path=path,
                line=number,
                field=key,
                hint='write {"term": ["translation"]} or [{"zh": …, "en": …}]',
            )
        # Targets within one list are kept as they are, because WMT25 counts a repeated one twice.
        found[source] = [*found.get(source, ()), *(t for t in listed if t not in found.get(source, ()))]
    return shared.setdefault(known, found)


def _pair(item: Any) -> tuple[Any, Any]:
    return (item.get("zh"), item.get("en")) if isinstance(item, dict) else (item, None)
