"""Term bases as JSON and JSON lines: our own form, and the shapes that test sets and tools use.

Accepted are a list of entries; an object whose ``terms``, ``entries``, ``glossary`` or ``proper`` holds them; a mapping
of source to target or list of targets; pairs ``[source, target]``; and, one per line, any of these (WMT23 has one list
per segment, WMT25 one document with its dictionary).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mt.errors import GlossaryError
from mt.glossary.formats.options import OPTION_NAMES, option_texts, option_value
from mt.glossary.formats.parsed import ParsedGlossary
from mt.glossary.term import Term
from mt.io.tables import language
from mt.io.text import decode, parse_json

_SOURCE = frozenset({"source", "src", "term"})
_TARGET = frozenset({"targets", "target", "tgt", "translation", "translations"})
_SECTIONS = ("terms", "entries", "glossary", "proper")


class _Object(dict[str, Any]):
    """A JSON object that also keeps keys given twice, which a plain ``dict`` would drop silently."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def read_json(data: bytes) -> ParsedGlossary:
    """Read a JSON term base, or several lines of JSON as JSON lines; errors as :func:`read_json_lines`."""
    text = decode(data, error=GlossaryError)
    try:
        value = parse_json(text, error=GlossaryError, object_pairs_hook=_Object)
    except GlossaryError:
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) < 2 or lines[0].strip()[-1:] not in "]}":
            raise
        return read_json_lines(data)
    parsed = ParsedGlossary()
    _collect(parsed, value, None, set())
    return parsed


def read_json_lines(data: bytes) -> ParsedGlossary:
    """Read JSON lines; an entry's line is that of the file. A dictionary repeated on every line counts once.

    Raises:
        GlossaryError: the bytes are no text, or a line is of no known shape.
    """
    parsed, seen = ParsedGlossary(), set[tuple[str, ...]]()
    for number, line in enumerate(decode(data, error=GlossaryError).split("\n"), 1):
        if line.strip():
            value = parse_json(line, line=number, error=GlossaryError, object_pairs_hook=_Object)
            _collect(parsed, value, number, seen)
    return parsed


def _collect(parsed: ParsedGlossary, value: Any, line: int | None, seen: set[tuple[str, ...]]) -> None:
    """Collect the entries that ``value`` holds; of mappings, those not ``seen`` on another line."""
    if isinstance(value, _Object):
        for name in _SECTIONS:
            if isinstance(value.get(name), list | dict):
                return _collect(parsed, value[name], line, seen)
        names = {name.lower() for name in value}
        if (names & _SOURCE and names & _TARGET) or {"zh", "en"} <= set(map(language, names)):
            value = [value]
    elif not isinstance(value, list):
        raise GlossaryError("is not a list of entries nor an object", line=line)
    listed = isinstance(value, list)
    items = [(f"entry {number}" if line is None else None, item) for number, item in enumerate(value, 1)]
    for place, item in items if listed else ((source[:40], [source, targets]) for source, targets in value.pairs):
        try:
            source, targets, options = parse_entry(item, strict=False)
            if listed or line is None or (source, *targets) not in seen:
                seen.add((source, *targets))
                parsed.add(source, targets, options, line)
        except GlossaryError as error:
            parsed.reject(error, line, place)
    return None


def parse_entry(item: Any, *, strict: bool = True) -> tuple[str, list[str], dict[str, Any]]:
    """Take an entry apart into source, targets and options, which may still be empty.

    Args:
        item: ``{"source": …, "targets": …, option: value, …}`` or ``[source, target]``.
        strict: whether an unknown key is an error; else it is left out.

    Raises:
        GlossaryError: it is neither, an option is unknown, or a value is of the wrong type.
    """
    if isinstance(item, list) and len(item) == 2:
        item = {"source": item[0], "target": item[1]}
    if not isinstance(item, Mapping):
        raise GlossaryError("is not an entry", hint='write {"source": …, "targets": […]}')
    source: Any = None
    targets: Any = None
    options: dict[str, Any] = {}
    for key, value in item.items():
        name = key.lower()
        code = None if name in OPTION_NAMES else language(name)
        if name in _SOURCE or code == "zh":
            source = value
        elif name in _TARGET or code == "en":
            targets = [value] if isinstance(value, str) else value
        elif value is not None and name != "line" and (strict or name in OPTION_NAMES):
            if not isinstance(value, str | bool):
                raise GlossaryError("must be text or true or false", field=key)
            options[name] = option_value(name, value if isinstance(value, str) else "yes" if value else "no")
    if not isinstance(source, str):
        raise GlossaryError("has no source" if source is None else "must be text", field="source")
    if targets is None and options.get("keep"):
        targets = []
    if not isinstance(targets, list | tuple) or not all(isinstance(target, str) for target in targets):
        raise GlossaryError("has no targets" if targets is None else "must be text or a list of texts", field="targets")
    return source, list(targets), {name: value for name, value in options.items() if value is not None}


def _entry(term: Term) -> dict[str, Any]:
    """A term as :func:`parse_entry` takes it; defaults are left out."""
    options = {name: getattr(term, name) for name in option_texts(term)}
    return {"source": term.source, "targets": list(term.targets), **options}


def write_json(terms: Sequence[Term]) -> str:
    """Write ``{"terms": [{"source": …, "targets": […], options…}]}``; holds everything."""
    return json.dumps({"terms": list(map(_entry, terms))}, ensure_ascii=False, indent=2) + "\n"


def write_json_lines(terms: Sequence[Term]) -> str:
    """Write one entry per line; holds everything."""
    return "".join(json.dumps(_entry(term), ensure_ascii=False) + "\n" for term in terms)
