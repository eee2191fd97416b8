"""Test sets and outputs as JSON lines, in the form of WMT's terminology tasks.

Each line is an object with ``zh``, ``en`` and term dictionaries under names such as ``proper`` and ``random`` (2025,
track 2) or ``terms``. Documents of several lines are split into lines, or kept whole as the task scores them.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mt.errors import DataError
from mt.io.text import decode, parse_json, read_bytes
from mt.metrics.term_metric import TermDictionary, add_targets

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
    files: list[list[list[str]]]
    sources: list[str]
    targets: list[str] | None
    documents: list[str] | None
    ids: list[str]
    dictionaries: dict[str, list[TermDictionary]]

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
            rows = list(_rows(path))
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
    files: list[list[list[str]]] = [[] for _ in paths]
    segments: list[tuple[str, Any, str, str, dict[str, TermDictionary]]] = []
    shared: dict[str, TermDictionary] = {}
    for stem, path, own in zip(names, paths, files, strict=True):
        for document, (at, row) in enumerate(_rows(path), 1):
            own.append(_text(row, "zh", path, at).strip().split("\n"))
            target = _text(row, "en", path, at) if "en" in row else None
            terms = _dictionaries(row, path, at, shared)
            name = f"{stem}:{document}"
            for number, text, translation in _split(own[-1], target, unit, path, at):
                line = name if number is None else f"{name}:{number + 1}"
                segments.append((text, translation, name, line, terms))
    if not segments:
        raise DataError("contains no segments", path=paths[0], hint="give one JSON object per line, with zh and en")
    sources, targets, documents, ids, dictionaries = map(list, zip(*segments, strict=True))
    keys = dict.fromkeys(key for terms in dictionaries for key in terms)
    nothing: TermDictionary = {}
    return JsonLines(
        unit=unit,
        files=files,
        sources=sources,
        targets=None if None in targets else targets,
        documents=documents if any(len(lines) > 1 for own in files for lines in own) else None,
        ids=ids,
        dictionaries={key: [terms.get(key, nothing) for terms in dictionaries] for key in keys},
    )


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


def _rows(path: str | Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(read_segments(path), 1):
        if line.strip():
            row = parse_json(line, path=path, line=number)
            if not isinstance(row, dict):
                raise DataError("is not a JSON object", path=path, line=number, hint=_FORM)
            yield number, row


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
        if value and (isinstance(value, dict) or (isinstance(value, list) and all(isinstance(v, dict) for v in value)))
    }


def _dictionary(
    value: Any, path: str | Path, number: int, key: str | None, shared: dict[str, TermDictionary]
) -> TermDictionary:
    """Read a dictionary; equal ones become the same object of ``shared``."""
    known = json.dumps(value, ensure_ascii=False, sort_keys=True)
    if known in shared:
        return shared[known]
    if not isinstance(value, dict | list):
        raise DataError("is no list nor object of terms", path=path, line=number, field=key)
    if isinstance(value, list):
        value = [(item.get("zh"), item.get("en")) if isinstance(item, dict) else (item, None) for item in value]
    found: dict[str, Sequence[str]] = {}
    for source, targets in value.items() if isinstance(value, dict) else value:
        listed = [targets] if isinstance(targets, str) else targets
        if not isinstance(source, str) or not isinstance(listed, list) or not all(isinstance(t, str) for t in listed):
            raise DataError(
                f"the entry '{str(source)[:40]}' is no term with its translations",
                path=path,
                line=number,
                field=key,
                hint='write {"term": ["translation"]} or [{"zh": …, "en": …}]',
            )
        add_targets(found, source, listed)
    return shared.setdefault(known, found)
