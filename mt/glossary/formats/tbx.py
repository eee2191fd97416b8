"""TBX, the TermBase eXchange format: ISO 30042:2019 and :2008, TBX-Basic and what CAT tools make of them.

Read by local names, so that missing namespaces, DCA and DCT style, ``tig`` and ``ntig`` all serve.
"""

import re
from collections.abc import Sequence
from typing import Any

from lxml import etree

from mt.errors import GlossaryError
from mt.glossary.formats.parsed import ParsedGlossary
from mt.glossary.formats.xml_format import XML_LANG, attribute, element, language_of, parse_root, serialise
from mt.glossary.term import Term
from mt.io.inline_codes import text_of
from mt.io.xml import children, descendants, local_name

_NAMESPACE = "urn:iso:std:iso:30042:ed-2"
# Status and type of terms, as dialects spell them.
_PREFERRED = re.compile(r"preferred(term)?(-admn-sts)?")
_FORBIDDEN = re.compile(r"(deprecated|superseded)(term)?(-admn-sts)?|forbidden|obsolete|notrecommended")
_ACRONYM = ("acronym", "abbreviation", "initialism")
_STATUS = ("administrativestatus", "normativeauthorization", "status")


class _TermNode:
    """A term of one language with the content of its ``termNote`` elements."""

    def __init__(self, node: Any) -> None:
        self.text, self.line = text_of(node), node.sourceline
        # The notes are siblings of the term; in ntig, of its group as well.
        group = node.getparent()
        if local_name(group) == "termGrp" and group.getparent() is not None:
            group = group.getparent()
        named = ((local_name(note), note) for note in group.iter())
        notes = [
            (((attribute(note, "type") or "") if name in ("termNote", "descrip", "admin") else name).lower(), note)
            for name, note in named
        ]
        values = [(kind, text_of(note).lower()) for kind, note in notes]
        status = [value for kind, value in values if kind in _STATUS]
        self.preferred = any(map(_PREFERRED.fullmatch, status))
        self.forbidden = any(map(_FORBIDDEN.fullmatch, status))
        self.types = {value for kind, value in values if kind == "termtype"}
        self.untranslated = ("translationnote", "no") in values


def read_tbx(data: bytes) -> ParsedGlossary:
    """Read a TBX file: every Chinese term of a concept becomes an entry with its English terms as targets.

    Targets are ordered preferred, admitted, unmarked, and within these as in the document. Deprecated and superseded
    English terms are skipped with a note. Weblate's ``translationNote`` "no" on a Chinese term means ``keep``.

    Raises:
        GlossaryError: it is not XML, or not TBX.
    """
    parsed = ParsedGlossary()
    incomplete = 0
    for concept in descendants(parse_root(data, "tbx", "martif", "TBX"), "termEntry", "conceptEntry"):
        terms: dict[str, list[_TermNode]] = {"zh": [], "en": []}
        for section in descendants(concept, "langSet", "langSec"):
            code = language_of(section)
            if code in terms:
                terms[code] += map(_TermNode, descendants(section, "term"))
        incomplete += not all(terms.values())
        _add_concept(parsed, concept, terms["zh"], terms["en"])
    if incomplete:
        parsed.notes.append(f"{incomplete} concepts without Chinese or without English are skipped")
    return parsed


def _add_concept(parsed: ParsedGlossary, concept: Any, chinese: list[_TermNode], english: list[_TermNode]) -> None:
    allowed = sorted((term for term in english if not term.forbidden), key=lambda term: not term.preferred)
    forbidden = [term for term in english if term.forbidden]
    parsed.notes += [f"line {term.line}: '{term.text}' is deprecated and no target" for term in forbidden]

    def described(kind: str) -> list[str]:
        nodes = descendants(concept, "descrip", kind)
        return [text_of(node) for node in nodes if (attribute(node, "type") or local_name(node)) == kind]

    notes = list(map(text_of, children(concept, "note"))) or described("definition")
    options: dict[str, Any] = {
        "acronym": next((term.text for term in allowed if not term.types.isdisjoint(_ACRONYM) and term.text), None),
        "full": next((term.text for term in allowed if "fullform" in term.types and term.text), None),
        "domain": next(iter(described("subjectField")), None),
        "note": "; ".join(filter(None, notes)),
    }
    options = {name: value for name, value in options.items() if value}
    # A concept with forbidden terms only says nothing of how to translate it.
    for term in chinese if allowed else []:
        keep = {"keep": True} if term.untranslated else {}
        try:
            parsed.add(term.text, [target.text for target in allowed], options | keep, term.line)
        except GlossaryError as error:
            parsed.reject(error, term.line)


def write_tbx(terms: Sequence[Term]) -> str:
    """Write TBX-Basic of ISO 30042:2019 in DCA style, one concept per entry.

    Holds targets and their order, acronym, full name, domain and note in the dialect's own data categories; it has
    none for the other options.
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
    root.set(XML_LANG, "zh")
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
