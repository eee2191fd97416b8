"""Term bases as JSON and JSON lines: our own form, and the shapes test sets and tools use.

Read are a list of entries; an object whose ``terms``, ``entries``, ``glossary`` or ``proper`` holds them; a mapping
of source to target or list of targets; pairs ``[source, target]``; and, a line each, any of these (WMT23 gives a list
a segment, WMT25 a document with its dictionary).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from mt.errors import GlossaryError
from mt.glossary.formats.options import OPTION_NAMES, option_value
from mt.glossary.formats.reading import EntryFault, Reading, add_term, decode, language
from mt.glossary.term import Term

__all__ = ["read_json", "read_json_lines", "write_json_lines", "write_json_terms"]

_SOURCE = frozenset({"source", "src", "term"})
_TARGET = frozenset({"targets", "target", "tgt", "translation", "translations"})
_SECTIONS = ("terms", "entries", "glossary", "proper")


class _Object(dict[str, Any]):
    """A JSON object that also keeps keys given twice, which a plain ``dict`` would drop silently."""

    pairs: list[tuple[str, Any]]


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    made = _Object(pairs)
    made.pairs = pairs
    return made


def _parse(text: str, line: int | None) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        place = error.lineno if line is None else line
        raise GlossaryError(f"is not JSON ({error.msg}, column {error.colno})", line=place) from None
    except RecursionError:
        raise GlossaryError("is JSON nested too deeply to be a term base", line=line) from None
    except ValueError as error:
        raise GlossaryError(f"is not usable JSON ({error})", line=line) from None


def read_json(data: bytes, section: str | None = None) -> Reading:
    """Read a JSON term base; several lines of JSON are read as JSON lines.

    Args:
        section: the key under which a document keeps its terms, when it is none of the usual ones.

    Raises:
        GlossaryError: the bytes are no JSON, or of no known shape.
    """
    text = decode(data)
    try:
        value = _parse(text, None)
    except GlossaryError:
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) < 2 or lines[0].strip()[-1:] not in "]}":
            raise
        return read_json_lines(data, section)
    reading = Reading()
    _Collector(reading, section).collect(value, None)
    return reading


def read_json_lines(data: bytes, section: str | None = None) -> Reading:
    """Read JSON lines; an entry's line is that of the file. A dictionary repeated from line to line counts once.

    Raises:
        GlossaryError: a line is no JSON, or of no known shape.
    """
    reading = Reading()
    collector = _Collector(reading, section)
    for number, line in enumerate(decode(data).split("\n"), 1):
        if line.strip():
            collector.collect(_parse(line, number), number)
    return reading


class _Collector:
    def __init__(self, reading: Reading, section: str | None) -> None:
        self._reading = reading
        self._sections = (section,) if section else _SECTIONS
        self._seen: set[tuple[str, tuple[str, ...]]] = set()

    def collect(self, value: Any, line: int | None) -> None:
        """Take in whatever entries ``value`` holds."""
        if isinstance(value, list):
            for number, item in enumerate(value, 1):
                self._item(item, line, None if line is not None else f"entry {number}")
            return
        if not isinstance(value, _Object):
            raise GlossaryError("is not a list of entries nor an object", line=line)
        for name in self._sections:
            if isinstance(value.get(name), (list, dict)):
                self.collect(value[name], line)
                return
        if self._is_entry(value):
            self._item(value, line, None)
            return
        for source, targets in value.pairs:
            listed = [targets] if isinstance(targets, str) else targets
            if not isinstance(listed, list) or not all(isinstance(target, str) for target in listed):
                raise GlossaryError("must be a target or a list of targets", line=line, field=source[:40])
            if (source, tuple(listed)) not in self._seen or line is None:
                self._seen.add((source, tuple(listed)))
                add_term(self._reading, source, listed, line, {})

    def _is_entry(self, value: _Object) -> bool:
        names = {name.lower() for name in value}
        languages = {language(name) for name in names}
        return bool(names & _SOURCE and names & _TARGET) or {"zh", "en"} <= languages

    def _item(self, item: Any, line: int | None, place: str | None) -> None:
        try:
            source, targets, options = _entry(item)
        except GlossaryError as error:
            fault = EntryFault.of(error, "shape", line=line, field=error.field or place)
            self._reading.faults.append(fault)
            return
        before = len(self._reading.faults)
        add_term(self._reading, source, targets, line, options)
        if place and len(self._reading.faults) > before:
            fault = self._reading.faults[-1]
            self._reading.faults[-1] = EntryFault.of(fault, fault.kind, field=fault.field or place)


def _entry(item: Any) -> tuple[str, list[str], dict[str, Any]]:
    if isinstance(item, list) and len(item) == 2:
        item = _object([("source", item[0]), ("target", item[1])])
    if not isinstance(item, _Object):
        raise GlossaryError("is not an entry", hint='write {"source": …, "targets": […]}')
    source: Any = None
    targets: Any = None
    options: dict[str, Any] = {}
    for key, value in item.pairs:
        name = key.lower()
        if name in _SOURCE or (language(name) == "zh" and name not in OPTION_NAMES):
            source = value
        elif name in _TARGET or (language(name) == "en" and name not in OPTION_NAMES):
            targets = [value] if isinstance(value, str) else value
        elif value is not None and name != "line":
            if not isinstance(value, str | bool):
                raise GlossaryError("must be text or true or false", field=key)
            written = value if isinstance(value, str) else ("yes" if value else "no")
            options[name] = option_value(name, written)
    if not isinstance(source, str):
        raise GlossaryError("has no source" if source is None else "must be text", field="source")
    if targets is None and options.get("keep"):
        targets = []
    if not isinstance(targets, list) or not all(isinstance(target, str) for target in targets):
        raise GlossaryError("has no targets" if targets is None else "must be text or a list of texts", field="targets")
    return source, targets, {name: value for name, value in options.items() if value is not None}


def _as_object(term: Term) -> dict[str, Any]:
    made: dict[str, Any] = {"source": term.source, "targets": list(term.targets)}
    defaults = {"case": "any", "keep": False, "inflect": True}
    for name in OPTION_NAMES:
        if (value := getattr(term, name)) != defaults.get(name):
            made[name] = value
    return made


def write_json_terms(terms: Sequence[Term]) -> str:
    """Write ``{"terms": [{"source": …, "targets": […], options…}]}``; holds everything."""
    return json.dumps({"terms": [_as_object(term) for term in terms]}, ensure_ascii=False, indent=2) + "\n"


def write_json_lines(terms: Sequence[Term]) -> str:
    """Write an entry a line; holds everything."""
    return "".join(json.dumps(_as_object(term), ensure_ascii=False) + "\n" for term in terms)
