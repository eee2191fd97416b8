"""Test sets: source, human translation, documents and term dictionaries, from text files or from WMT's JSON lines.

A set of the WMT terminology tasks is one file (or several, such as one a year): a JSON object a line with
``zh``, ``en`` and term dictionaries under names such as ``proper`` and ``random`` (2025, track 2) or
``terms``. Long documents are cut into their lines, or kept whole as the task scores them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mt.errors import DataError
from mt.evaluation.segment_files import read_segments
from mt.glossary.glossary import Glossary
from mt.glossary.term import make_term
from mt.metrics.wmt25 import TermDictionary

__all__ = ["EvaluationSet", "TermDictionary", "Unit", "glossaries_of", "read_dictionaries", "read_set"]

# What a segment is: a line of a document, or the whole of it.
Unit = Literal["line", "document"]

_JSON = (".jsonl", ".ndjson")
# The dictionary that is used when none is named, the first of these that is there.
_PREFERRED = ("proper", "terms")


@dataclass
class _Layout:
    """How documents of JSON lines were cut into segments."""

    # File -> document -> how many lines it has.
    lines: list[list[int]]
    # Segment -> its file, document and line; the line is None where the document is kept whole.
    places: list[tuple[int, int, int | None]]


@dataclass
class EvaluationSet:
    """What systems are measured on.

    Attributes:
        sources: one segment each.
        references: lists as long as the source.
        documents: the document of each segment, or None.
        ids: a name of each segment, or None.
        dictionaries: name -> a term dictionary for each segment; the same object where segments share one.
        layout: where the segments stand in files of JSON lines.
    """

    sources: list[str]
    references: list[list[str]]
    documents: list[str] | None = None
    ids: list[str] | None = None
    dictionaries: dict[str, list[TermDictionary]] = field(default_factory=dict)
    layout: _Layout | None = None

    def default_dictionary(self) -> str | None:
        """The dictionary to use when the user names none."""
        names = [*(name for name in _PREFERRED if name in self.dictionaries), *self.dictionaries]
        return names[0] if names else None

    def read_system(self, paths: Sequence[str | Path]) -> list[str]:
        """Read one system's translations of this set.

        Args:
            paths: text of a segment a line, or JSON lines in the form of the set, as many files as it has.

        Raises:
            DataError: a file cannot be read, or does not fit the source.
        """
        if not any(Path(path).suffix in _JSON for path in paths):
            return self.fitting([line for path in paths for line in read_segments(path)], *paths)
        files = [[_text(row, "en", path, n) for n, row in _rows(path)] for path in paths]
        if self.layout is None:
            return self.fitting([text.strip() for texts in files for text in texts], *paths)
        if len(paths) != len(self.layout.lines):
            raise DataError(
                f"{len(paths)} file(s) of a system for {len(self.layout.lines)} of the source",
                path=paths[0],
                hint="give --system NAME=FILE once for each --source, in the same order",
            )
        for path, texts, expected in zip(paths, files, self.layout.lines, strict=True):
            if len(texts) != len(expected):
                raise DataError(f"has {len(texts)} documents, the source {len(expected)}", path=path)
        found = []
        for file, document, line in self.layout.places:
            text, expected_lines = files[file][document], self.layout.lines[file][document]
            if line is None:
                found.append(text.strip())
                continue
            lines = text.split("\n")
            # The first and the last line may be empty translations, or only stand around the text.
            if len(lines) != expected_lines:
                lines = text.strip().split("\n")
            if len(lines) != expected_lines:
                raise DataError(
                    f"document {document + 1} has {len(lines)} lines, its source {expected_lines}",
                    path=paths[file],
                    hint="give --unit document to score documents whole",
                )
            found.append(lines[line])
        return found

    def fitting(self, lines: list[str], *paths: str | Path) -> list[str]:
        """Return ``lines``, if there are as many as segments.

        Raises:
            DataError: there are more or fewer.
        """
        if len(lines) != len(self.sources):
            raise DataError(
                f"has {len(lines)} segments, the source {len(self.sources)}",
                path=" + ".join(map(str, paths)),
                hint="give files of one segment a line, in the same order",
            )
        return lines


def read_set(
    sources: Sequence[str | Path],
    references: Sequence[str | Path] = (),
    documents: str | Path | None = None,
    unit: Unit = "line",
) -> EvaluationSet:
    """Read a test set.

    Args:
        sources: one text file of a segment a line, or files of JSON lines.
        references: text files of a segment a line; JSON lines bring their own.
        documents: the document of each segment, one name a line.
        unit: whether documents of JSON lines are cut into lines or kept whole.

    Raises:
        DataError: a file is missing or malformed, or lengths differ.
    """
    if not sources:
        raise DataError("no source", hint="give --source")
    if any(Path(path).suffix in _JSON for path in sources):
        found = _read_json_set(sources, unit)
    elif len(sources) > 1:
        raise DataError(f"{len(sources)} source files", path=sources[1], hint="give one text file, or JSON lines")
    else:
        found = EvaluationSet(read_segments(sources[0]), [])
    if references:
        found.references = [found.read_system([path]) for path in references]
    if not found.references:
        raise DataError("--reference is missing", hint="give the human translation, a segment a line")
    if documents is not None:
        found.documents = found.fitting(read_segments(documents), documents)
    return found


def _read_json_set(paths: Sequence[str | Path], unit: Unit) -> EvaluationSet:
    layout = _Layout([], [])
    stems = [Path(path).stem for path in paths]
    files = stems if len(set(stems)) == len(stems) else list(map(str, paths))
    sources: list[str] = []
    targets: list[str] = []
    documents: list[str] = []
    ids: list[str] = []
    own: list[dict[str, TermDictionary]] = []
    shared: dict[str, TermDictionary] = {}
    for file, path in enumerate(paths):
        layout.lines.append([])
        for document, (at, row) in enumerate(_rows(path)):
            source = _text(row, "zh", path, at).strip()
            target = _text(row, "en", path, at).strip() if "en" in row else None
            dictionaries = _dictionaries(row, path, at, shared)
            source_lines, target_lines = source.split("\n"), (target or "").split("\n")
            layout.lines[-1].append(len(source_lines))
            cut = unit == "line" and len(source_lines) > 1
            if cut and target is not None and len(target_lines) != len(source_lines):
                raise DataError(
                    f"has {len(source_lines)} lines in zh and {len(target_lines)} in en",
                    path=path,
                    line=at,
                    hint="give --unit document to score documents whole",
                )
            name = f"{files[file]}:{document + 1}"
            for number in [n for n, text in enumerate(source_lines) if text.strip()] if cut else [None]:
                sources.append(source if number is None else source_lines[number])
                if target is not None:
                    targets.append(target if number is None else target_lines[number])
                documents.append(name)
                ids.append(name if number is None else f"{name}:{number + 1}")
                layout.places.append((file, document, number))
                own.append(dictionaries)
    if not sources:
        raise DataError("holds no segments", path=paths[0], hint="give a JSON object a line, with zh and en")
    # A sentence a line: there are no documents to speak of.
    sentences = all(count == 1 for counts in layout.lines for count in counts)
    none: TermDictionary = {}
    names = dict.fromkeys(key for found in own for key in found)
    return EvaluationSet(
        sources,
        [targets] if len(targets) == len(sources) else [],
        None if sentences else documents,
        ids,
        {key: [found.get(key, none) for found in own] for key in names},
        layout,
    )


def read_dictionaries(path: str | Path, size: int) -> list[TermDictionary]:
    """Read a term dictionary for each segment, a JSON list or object a line (WMT23's ``term.proper``).

    Raises:
        DataError: the file cannot be read, a line holds no dictionary, or there are not ``size`` of them.
    """
    shared: dict[str, TermDictionary] = {}
    found = [
        _dictionary(_parse(line, path, number), path, number, None, shared)
        for number, line in enumerate(read_segments(path), 1)
    ]
    if len(found) != size:
        raise DataError(
            f"has {len(found)} lines, the source {size} segments", path=path, hint="give one dictionary a segment"
        )
    return found


def glossaries_of(dictionaries: Sequence[TermDictionary]) -> list[Glossary]:
    """Make a glossary of each segment's dictionary, one object for one dictionary; empty entries are left out."""
    made: dict[int, Glossary] = {}
    for dictionary in dictionaries:
        if id(dictionary) not in made:
            filled = {source: [t for t in targets if t.strip()] for source, targets in dictionary.items()}
            made[id(dictionary)] = Glossary(make_term(s, filled[s]) for s in filled if s.strip() and filled[s])
    return [made[id(dictionary)] for dictionary in dictionaries]


def _rows(path: str | Path) -> list[tuple[int, dict[str, Any]]]:
    rows = []
    for number, line in enumerate(read_segments(path), 1):
        if line.strip():
            row = _parse(line, path, number)
            if not isinstance(row, dict):
                raise DataError("is not a JSON object", path=path, line=number, hint='write {"zh": …, "en": …}')
            rows.append((number, row))
    return rows


def _parse(line: str, path: str | Path, number: int) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        raise DataError(f"is not JSON ({reason})", path=path, line=number) from None


def _text(row: Mapping[str, Any], key: str, path: str | Path, number: int) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        reason = "is missing" if value is None else "is not text"
        raise DataError(reason, path=path, line=number, field=key, hint='write {"zh": …, "en": …}')
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
        # Targets of one list stay as they are, for WMT25 counts one that stands twice twice.
        found[source] = [*found.get(source, ()), *(t for t in listed if t not in found.get(source, ()))]
    return shared.setdefault(known, found)


def _pair(item: Any) -> tuple[Any, Any]:
    return (item.get("zh"), item.get("en")) if isinstance(item, dict) else (item, None)
