"""TMX 1.4, the Translation Memory eXchange format, as a term base with one unit per entry."""

from collections.abc import Sequence
from typing import Any

from lxml import etree

from mt.errors import GlossaryError
from mt.glossary.formats.options import option_texts, option_value
from mt.glossary.formats.parsed import ParsedGlossary
from mt.glossary.formats.xml_format import attribute, element, language_of, parse_root, serialise
from mt.glossary.term import Term
from mt.io.inline_codes import text_of
from mt.io.xml import children, descendants

_PREFIX = "x-zhen-mt:"
_HEADER = {"creationtool": "zhen-mt", "creationtoolversion": "1", "segtype": "phrase", "o-tmf": "zhen-mt"}
_HEADER |= {"adminlang": "en", "srclang": "zh", "datatype": "plaintext"}


def read_tmx(data: bytes) -> ParsedGlossary:
    """Read a TMX file: every Chinese variant of a unit becomes an entry with its English variants as targets.

    Raises:
        GlossaryError: it is not XML, or not TMX.
    """
    parsed = ParsedGlossary()
    incomplete = 0
    for unit in descendants(parse_root(data, "tmx"), "tu"):
        texts: dict[str, list[str]] = {"zh": [], "en": []}
        for variant in descendants(unit, "tuv"):
            code, segments = language_of(variant), descendants(variant, "seg")
            if code in texts and segments:
                texts[code].append(text_of(segments[0]))
        incomplete += not all(map(any, texts.values()))
        for source in texts["zh"] if any(texts["en"]) else []:
            try:
                parsed.add(source, texts["en"], _options(unit), unit.sourceline)
            except GlossaryError as error:
                parsed.reject(error, unit.sourceline)
    if incomplete:
        parsed.notes.append(f"{incomplete} units without Chinese or without English are skipped")
    return parsed


def _options(unit: Any) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for property in children(unit, "prop"):
        kind = attribute(property, "type") or ""
        if kind.startswith(_PREFIX):
            name = kind.removeprefix(_PREFIX)
            options[name] = option_value(name, text_of(property))
    options["note"] = "; ".join(filter(None, map(text_of, children(unit, "note")))) or options.get("note")
    return {name: value for name, value in options.items() if value is not None}


def write_tmx(terms: Sequence[Term]) -> str:
    """Write TMX 1.4 with alternatives as further English variants and options as ``prop``; holds everything."""
    root = etree.Element("tmx", {"version": "1.4"})
    element(root, "header", **_HEADER)
    body = element(root, "body")
    for term in terms:
        unit = element(body, "tu")
        if term.note:
            element(unit, "note", term.note)
        for name, text in option_texts(term).items():
            if name != "note":
                element(unit, "prop", text, type=_PREFIX + name)
        element(element(unit, "tuv", lang="zh"), "seg", term.source)
        for target in term.targets:
            element(element(unit, "tuv", lang="en"), "seg", target)
    return serialise(root)
