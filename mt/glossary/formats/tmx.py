"""TMX 1.4, the Translation Memory eXchange format, as a term base: a unit an entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lxml import etree

from mt.errors import GlossaryError
from mt.glossary.formats.options import OPTION_NAMES, option_value
from mt.glossary.formats.reading import EntryFault, Reading, add_term, language
from mt.glossary.formats.xml_format import attribute, element, serialise, text_of
from mt.glossary.term import Term
from mt.io.xml import descendants, local_name, parse_xml

__all__ = ["read_tmx", "write_tmx"]

_PREFIX = "x-zhen-mt:"
# Inline elements that hold a tool's own codes, not text.
_CODES = frozenset({"bpt", "ept", "ph", "it", "ut"})


def read_tmx(data: bytes) -> Reading:
    """Read a TMX file: every Chinese variant of a unit becomes an entry with its English variants as targets.

    Raises:
        GlossaryError: it is not XML, or not TMX.
    """
    root = parse_xml(data, error=GlossaryError)
    if local_name(root) != "tmx":
        raise GlossaryError(f"is XML of another kind (<{local_name(root)}>)", hint="give a TMX file")
    reading = Reading()
    alone = 0
    for unit in descendants(root, "tu"):
        by_language: dict[str, list[str]] = {}
        for variant in descendants(unit, "tuv"):
            code = language(attribute(variant, "lang"))
            segment = next(iter(descendants(variant, "seg")), None)
            if code is not None and segment is not None:
                by_language.setdefault(code, []).append(_segment_text(segment))
        if not by_language.get("zh") or not by_language.get("en"):
            alone += 1
            continue
        try:
            options = _options(unit)
        except GlossaryError as error:
            reading.faults.append(EntryFault.of(error, "option", line=unit.sourceline))
            continue
        for source in by_language["zh"]:
            add_term(reading, source, by_language["en"], unit.sourceline, options)
    if alone:
        reading.remarks.append(f"{alone} units without Chinese or without English are left out")
    return reading


def _segment_text(segment: Any) -> str:
    parts = [segment.text or ""]
    for child in segment.iterchildren():
        if local_name(child) not in _CODES:
            parts.append(_segment_text(child))
        parts.append(child.tail or "")
    return " ".join("".join(parts).split())


def _options(unit: Any) -> dict[str, Any]:
    options: dict[str, Any] = {}
    notes = []
    for child in unit.iterchildren():
        if local_name(child) == "note":
            notes.append(text_of(child))
        elif local_name(child) == "prop" and (kind := attribute(child, "type") or "").startswith(_PREFIX):
            name = kind.removeprefix(_PREFIX)
            options[name] = option_value(name, text_of(child))
    if notes:
        options["note"] = "; ".join(filter(None, notes))
    return {name: value for name, value in options.items() if value is not None and value != ""}


def write_tmx(terms: Sequence[Term]) -> str:
    """Write TMX 1.4 with alternatives as further English variants and options as ``prop``; holds everything."""
    root = etree.Element("tmx", {"version": "1.4"})
    attributes = {
        "creationtool": "zhen-mt",
        "creationtoolversion": "1",
        "segtype": "phrase",
        "o-tmf": "zhen-mt",
        "adminlang": "en",
        "srclang": "zh",
        "datatype": "plaintext",
    }
    element(root, "header").attrib.update(attributes)
    body = element(root, "body")
    for term in terms:
        unit = element(body, "tu")
        if term.note:
            element(unit, "note", term.note)
        written = {
            "case": term.case if term.case != "any" else None,
            "keep": "yes" if term.keep else None,
            "inflect": None if term.inflect else "no",
        }
        for name in OPTION_NAMES:
            value = written[name] if name in written else getattr(term, name)
            if value and name != "note":
                element(unit, "prop", value, type=_PREFIX + name)
        element(element(unit, "tuv", lang="zh"), "seg", term.source)
        for target in term.targets:
            element(element(unit, "tuv", lang="en"), "seg", target)
    return serialise(root)
