"""TBX, the TermBase eXchange format: ISO 30042:2019 and :2008, TBX-Basic and what CAT tools make of them.

Read by local names, so that missing namespaces, DCA and DCT style, ``tig`` and ``ntig`` all serve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from mt.errors import GlossaryError
from mt.glossary.formats.reading import Reading, add_term, language
from mt.glossary.formats.xml_format import attribute, element, serialise, text_of
from mt.glossary.term import Term
from mt.io.xml import descendants, local_name, parse_xml

__all__ = ["read_tbx", "write_tbx", "write_tbx_2008"]

_NAMESPACE = "urn:iso:std:iso:30042:ed-2"
_PREFERRED = frozenset({"preferredterm-admn-sts", "preferredterm", "preferred"})
_FORBIDDEN = frozenset(
    {
        "deprecatedterm-admn-sts",
        "supersededterm-admn-sts",
        "deprecatedterm",
        "supersededterm",
        "deprecated",
        "superseded",
        "forbidden",
        "obsolete",
        "notrecommended",
    }
)
_ACRONYM = frozenset({"acronym", "abbreviation", "initialism"})
_FULL = frozenset({"fullform"})
_STATUS = frozenset({"administrativestatus", "normativeauthorization", "status"})


@dataclass
class _Written:
    """A term of one language with what its ``termNote`` elements say."""

    text: str
    line: int | None
    status: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    untranslated: bool = False


def read_tbx(data: bytes) -> Reading:
    """Read a TBX file: every Chinese term of a concept becomes an entry with its English terms as targets.

    The order of targets is preferred, then admitted, then unmarked ones in document order; deprecated and
    superseded English terms are not allowed targets and are left out with a remark. Weblate's ``translationNote``
    "no" on a Chinese term says that it is kept.

    Raises:
        GlossaryError: it is not XML, or not TBX.
    """
    root = parse_xml(data, error=GlossaryError)
    if local_name(root) not in ("martif", "tbx", "TBX"):
        raise GlossaryError(f"is XML of another kind (<{local_name(root)}>)", hint="give a TBX file")
    reading = Reading()
    alone = 0
    for entry in descendants(root, "termEntry", "conceptEntry"):
        by_language: dict[str, list[_Written]] = {}
        for section in descendants(entry, "langSet", "langSec"):
            code = language(attribute(section, "lang"))
            if code is not None:
                by_language.setdefault(code, []).extend(_terms(section))
        chinese, english = by_language.get("zh", []), by_language.get("en", [])
        if not chinese or not english:
            alone += 1
            continue
        _add_concept(reading, entry, chinese, english)
    if alone:
        reading.remarks.append(f"{alone} concepts without Chinese or without English are left out")
    return reading


def _terms(section: Any) -> list[_Written]:
    found = []
    for node in descendants(section, "term"):
        term = _Written(text_of(node), node.sourceline)
        # The notes stand beside the term; in ntig, beside its group as well.
        group = node.getparent()
        if local_name(group) == "termGrp" and group.getparent() is not None:
            group = group.getparent()
        for note in group.iter():
            name = local_name(note)
            kind = (attribute(note, "type") or "") if name in ("termNote", "descrip", "admin") else name
            value = text_of(note).lower()
            if kind.lower() in _STATUS:
                term.status.add(value)
            elif kind.lower() == "termtype":
                term.types.add(value)
            elif kind.lower() == "translationnote" and value == "no":
                term.untranslated = True
        found.append(term)
    return found


def _add_concept(reading: Reading, entry: Any, chinese: list[_Written], english: list[_Written]) -> None:
    allowed = [term for term in english if not term.status & _FORBIDDEN]
    for term in english:
        if term.status & _FORBIDDEN:
            reading.remarks.append(f"line {term.line}: '{term.text}' is deprecated and not taken as a target")
    allowed.sort(key=lambda term: 0 if term.status & _PREFERRED else 1)
    options: dict[str, Any] = {}
    for name, kinds in (("acronym", _ACRONYM), ("full", _FULL)):
        if named := [term.text for term in allowed if term.types & kinds and term.text]:
            options[name] = named[0]
    notes = [text_of(node) for node in entry.iterchildren() if local_name(node) == "note"]
    definitions = [node for node in descendants(entry, "descrip", "definition") if _kind(node) == "definition"]
    if notes or definitions:
        options["note"] = "; ".join(filter(None, notes or [text_of(node) for node in definitions]))
    subjects = [
        text_of(node) for node in descendants(entry, "descrip", "subjectField") if _kind(node) == "subjectField"
    ]
    if subjects:
        options["domain"] = subjects[0]
    options = {name: value for name, value in options.items() if value}
    for term in chinese:
        keep = {"keep": True} if term.untranslated else {}
        add_term(reading, term.text, [target.text for target in allowed], term.line, options | keep)


def _kind(node: Any) -> str:
    return attribute(node, "type") or local_name(node)


def write_tbx(terms: Sequence[Term]) -> str:
    """Write TBX-Basic of ISO 30042:2019 in DCA style, a concept an entry.

    Holds targets and their order, acronym, full name, domain and note, by the dialect's own data categories, and so
    not the other options.
    """
    namespaces: Any = {None: _NAMESPACE}
    root = etree.Element("tbx", {"type": "TBX-Basic", "style": "dca"}, nsmap=namespaces)
    _fill(root, terms, "tbxHeader", "conceptEntry", "langSec", "termSec")
    return serialise(root)


def write_tbx_2008(terms: Sequence[Term]) -> str:
    """Write TBX-Basic of ISO 30042:2008 (``martif``), which most CAT tools import; holds what ``write_tbx`` does."""
    root = etree.Element("martif", {"type": "TBX-Basic"})
    _fill(root, terms, "martifHeader", "termEntry", "langSet", "tig")
    return serialise(root)


def _fill(root: Any, terms: Sequence[Term], header: str, concept: str, section: str, group: str) -> None:
    root.set("{http://www.w3.org/XML/1998/namespace}lang", "zh")
    description = element(element(root, header), "fileDesc")
    element(element(description, "titleStmt"), "title", "Glossary")
    element(element(description, "sourceDesc"), "p", "written by zhen-mt")
    body = element(element(root, "text"), "body")
    for number, term in enumerate(terms, 1):
        entry = element(body, concept, id=f"c{number}")
        if term.domain:
            element(entry, "descrip", term.domain, type="subjectField")
        if term.note:
            element(entry, "note", term.note)
        element(element(element(entry, section, lang="zh"), group), "term", term.source)
        english = element(entry, section, lang="en")
        for index, target in enumerate(term.targets):
            written = element(english, group)
            element(written, "term", target)
            status = "admittedTerm-admn-sts" if index else "preferredTerm-admn-sts"
            element(written, "termNote", status, type="administrativeStatus")
            if target in (term.acronym, term.full):
                kind = "acronym" if target == term.acronym else "fullForm"
                element(written, "termNote", kind, type="termType")
