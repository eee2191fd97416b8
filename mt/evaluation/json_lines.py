"""Test sets and outputs as text, one segment per line, and as JSON lines in the form of WMT's terminology tasks.

Each JSON line is an object with ``zh``, ``en`` and term dictionaries under names such as ``proper`` and ``random``
(2025, track 2) or ``terms``. Documents of several lines are split into lines, or kept whole as the task scores them.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from mt.errors import DataError
from mt.io.text import decode, parse_json, read_bytes
from mt.metrics.term_metric import TermDictionary, add_targets

# What a segment is: a line of a document, or the whole of it.
Unit = Literal["line", "document"]

_FORM = 'write {"zh": …, "en": …}'


class _Row(NamedTuple):
    """An object of a file, with its line."""

    path: str | Path
    line: int
    fields: Mapping[str, Any]

    def text(self, key: str) -> str:
        """The text under a key."""
        value = self.fields.get(key)
        if not isinstance(value, str):
            raise self.error("is missing" if value is None else "is not text", field=key, hint=_FORM)
        return value

    def error(self, message: str, **more: str) -> DataError:
        """An error about this row."""
        return DataError(message, path=self.path, line=self.line, **more)


class Layout(NamedTuple):
    """How a test set was read from JSON lines: file -> document -> the lines of its source."""

    unit: Unit
    files: list[list[list[str]]]

    def read_output(self, paths: Sequence[str | Path]) -> list[str]:
        """Read a system's translations of this set, from as many files as it has."""
        if len(paths) != len(self.files):
            hint = "give --system NAME=FILE once for each --source, in the same order"
            counts = f"{len(paths)} file(s) of a system for {len(self.files)} of the source"
            raise DataError(counts, path=paths[0], hint=hint)
        found: list[Any] = []
        for path, documents in zip(paths, self.files, strict=True):
            rows = list(_rows(path))
            if len(rows) != len(documents):
                raise DataError(f"has {len(rows)} documents, the source {len(documents)}", path=path)
            for row, lines in zip(rows, documents, strict=True):
                found += [target for _, _, target in _split(lines, row.text("en"), self.unit, row)]
        return found


def read_segments(path: str | Path) -> list[str]:
    """Read one segment per line, as sacrebleu does: only line feeds separate lines, and white space at their end goes.

    A stray carriage return or U+2028 in a translation therefore does not shift all that follows, and a blank line at
    the end is an empty segment.
    """
    text = decode(read_bytes(path, hint="give a text file with one segment per line"), path=path)
    if not text:
        raise DataError("is empty", path=path, hint="give at least one segment")
    return [line.rstrip() for line in text.removesuffix("\n").split("\n")]


def is_json_lines(paths: Sequence[str | Path]) -> bool:
    """Whether any of the names ends as JSON lines do."""
    return any(Path(path).suffix in (".jsonl", ".ndjson") for path in paths)


def read_output(paths: Sequence[str | Path], size: int, layout: Layout | None = None) -> list[str]:
    """Read translations of ``size`` segments: text, or JSON lines with the layout of the source's."""
    if is_json_lines(paths):
        if layout is not None:
            return layout.read_output(paths)
        lines = [row.text("en").strip() for path in paths for row in _rows(path)]
    else:
        lines = [line for path in paths for line in read_segments(path)]
    if len(lines) != size:
        counts, hint = f"has {len(lines)} segments, the source {size}", "give one segment per line, in the same order"
        raise DataError(counts, path=" + ".join(map(str, paths)), hint=hint)
    return lines


def read_json_lines(paths: Sequence[str | Path], unit: Unit) -> dict[str, Any]:
    """Read the fields of a :class:`mt.evaluation.test_sets.TestSet` from one file or several.

    ``references`` are None where a document has none, ``documents`` where every document is one line.
    """
    stems = [Path(path).stem for path in paths]
    names = stems if len(set(stems)) == len(stems) else list(map(str, paths))
    files: list[list[list[str]]] = [[] for _ in paths]
    segments: list[tuple[str, Any, str, str, dict[str, TermDictionary]]] = []
    shared: dict[str, TermDictionary] = {}
    for stem, path, own in zip(names, paths, files, strict=True):
        for document, row in enumerate(_rows(path), 1):
            own.append(row.text("zh").strip().split("\n"))
            target = row.text("en") if "en" in row.fields else None
            terms = {
                # An empty dictionary, such as WMT25's noterm, is none.
                key: _dictionary(value, row, shared, field=key)
                for key, value in row.fields.items()
                if value and all(isinstance(one, dict) for one in (value if isinstance(value, list) else [value]))
            }
            name = f"{stem}:{document}"
            for number, text, translation in _split(own[-1], target, unit, row):
                line = name if number is None else f"{name}:{number + 1}"
                segments.append((text, translation, name, line, terms))
    if not segments:
        raise DataError("contains no segments", path=paths[0], hint="give one JSON object per line, with zh and en")
    sources, targets, documents, ids, dictionaries = map(list, zip(*segments, strict=True))
    keys = dict.fromkeys(key for terms in dictionaries for key in terms)
    nothing: TermDictionary = {}
    return {
        "sources": sources,
        "references": None if None in targets else targets,
        "documents": documents if any(len(lines) > 1 for own in files for lines in own) else None,
        "ids": ids,
        "dictionaries": {key: [terms.get(key, nothing) for terms in dictionaries] for key in keys},
        "layout": Layout(unit, files),
    }


def _split(sources: list[str], target: str | None, unit: Unit, row: _Row) -> list[tuple[int | None, str, str | None]]:
    """Split a document into (line, source, target) without its blank lines; or keep it whole, with line None."""
    if unit == "document" or len(sources) == 1:
        return [(None, "\n".join(sources), target and target.strip())]
    targets: Sequence[str | None] = [None] * len(sources) if target is None else target.split("\n")
    # Blank first and last lines may be empty translations, or just surround the text.
    if target is not None and len(targets) != len(sources):
        targets = target.strip().split("\n")
    if len(targets) != len(sources):
        counts = f"has {len(sources)} lines in zh and {len(targets)} in en"
        raise row.error(counts, hint="give --unit document to score documents whole")
    return [(line, text, targets[line]) for line, text in enumerate(sources) if text.strip()]


def read_dictionaries(path: str | Path, size: int) -> list[TermDictionary]:
    """Read a term dictionary for each of ``size`` segments, a JSON list or object per line (as WMT23's)."""
    shared: dict[str, TermDictionary] = {}
    found = []
    for number, line in enumerate(read_segments(path), 1):
        found.append(_dictionary(parse_json(line, path=path, line=number), _Row(path, number, {}), shared))
    if len(found) != size:
        message = f"has {len(found)} lines, the source {size} segments"
        raise DataError(message, path=path, hint="give one dictionary per segment")
    return found


def _rows(path: str | Path) -> Iterator[_Row]:
    for number, line in enumerate(read_segments(path), 1):
        if line.strip():
            row = _Row(path, number, parse_json(line, path=path, line=number))
            if not isinstance(row.fields, dict):
                raise row.error("is not a JSON object", hint=_FORM)
            yield row


def _dictionary(value: Any, row: _Row, shared: dict[str, TermDictionary], **place: str) -> TermDictionary:
    """Read a dictionary; equal ones become the same object of ``shared``."""
    known = json.dumps(value, ensure_ascii=False, sort_keys=True)
    if known in shared:
        return shared[known]
    if not isinstance(value, dict | list):
        raise row.error("is no list nor object of terms", **place)
    if isinstance(value, list):
        value = [(item.get("zh"), item.get("en")) if isinstance(item, dict) else (item, None) for item in value]
    found: dict[str, Sequence[str]] = {}
    for source, targets in value.items() if isinstance(value, dict) else value:
        listed = [targets] if isinstance(targets, str) else targets
        if not isinstance(source, str) or not isinstance(listed, list) or not all(isinstance(t, str) for t in listed):
            hint = 'write {"term": ["translation"]} or [{"zh": …, "en": …}]'
            raise row.error(f"the entry '{str(source)[:40]}' is no term with its translations", hint=hint, **place)
        add_targets(found, source, listed)
    return shared.setdefault(known, found)
