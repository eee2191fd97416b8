"""TBX, the TermBase eXchange format (ISO 30042:2019 and :2008 and what CAT tools make of them), and TMX 1.4.

Read by local names, so that missing namespaces, DCA and DCT style, ``tig`` and ``ntig`` all serve.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lxml import etree

from mt.errors import GlossaryError
from mt.glossary.formats.options import option_texts, option_value
from mt.glossary.formats.parsed import ParsedGlossary
from mt.glossary.term import Term
from mt.io.inline_codes import text_of
from mt.io.tables import language
from mt.io.xml import attribute, children, descendants, local_name, parse_xml

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# Status and type of terms, as dialects of TBX spell them.
_PREFERRED = re.compile(r"preferred(term)?(-admn-sts)?")
_FORBIDDEN = re.compile(r"(deprecated|superseded)(term)?(-admn-sts)?|forbidden|obsolete|notrecommended")
_ACRONYM = {"acronym", "abbreviation", "initialism"}
_STATUS = ("administrativestatus", "normativeauthorization", "status")
# Options in TMX, which has no fields for them.
_PREFIX = "x-zhen-mt:"
_TMX_HEADER = {"creationtool": "zhen-mt", "creationtoolversion": "1", "segtype": "phrase", "o-tmf": "zhen-mt"}
_TMX_HEADER |= {"adminlang": "en", "srclang": "zh", "datatype": "plaintext"}


def read_xml(data: bytes) -> ParsedGlossary:
    """Read TBX or TMX, by the root element.

    Every Chinese term of a concept becomes an entry with its English terms as targets. In TBX these are ordered
    preferred, admitted, unmarked, and within these as in the document; deprecated and superseded ones are skipped with
    a note; Weblate's ``translationNote`` "no" on a Chinese term means ``keep``.

    Raises:
        GlossaryError: it is not XML, or neither TBX nor TMX.
    """
    root = parse_xml(data, error=GlossaryError)
    if (name := local_name(root)) not in ("tbx", "martif", "TBX", "tmx"):
        raise GlossaryError(f"is XML of another kind (<{name}>)", hint="give a file of <tbx> or <tmx>")
    parsed, incomplete = ParsedGlossary(), 0
    for concept in descendants(root, "termEntry", "conceptEntry", "tu"):
        read = _unit if local_name(concept) == "tu" else _concept
        incomplete += not read(parsed, concept)
    if incomplete:
        parsed.notes.append(f"{incomplete} concepts without Chinese or without English are skipped")
    return parsed


def _by_language(sections: Iterable[Any], read: Callable[[Any], list[Any]]) -> tuple[list[Any], list[Any]]:
    """What is read from the Chinese and from the English sections."""
    found: dict[str | None, list[Any]] = {"zh": [], "en": []}
    for section in sections:
        found.setdefault(language(attribute(section, "lang")), []).extend(read(section))
    return found["zh"], found["en"]


def _unit(parsed: ParsedGlossary, unit: Any) -> bool:
    """Add a translation unit of TMX; return whether both languages are there."""
    segments = lambda variant: list(map(text_of, descendants(variant, "seg")[:1]))  # noqa: E731
    chinese, english = _by_language(descendants(unit, "tuv"), segments)
    for source in chinese if any(english) else []:
        try:
            parsed.add(source, english, _unit_options(unit), unit.sourceline)
        except GlossaryError as error:
            parsed.reject(error, unit.sourceline)
    return any(chinese) and any(english)


def _unit_options(unit: Any) -> dict[str, Any]:
    kinds = ((attribute(node, "type") or "", node) for node in children(unit, "prop"))
    names = [(kind.removeprefix(_PREFIX), text_of(node)) for kind, node in kinds if kind.startswith(_PREFIX)]
    options = {name: option_value(name, text) for name, text in names}
    options["note"] = "; ".join(filter(None, map(text_of, children(unit, "note")))) or options.get("note")
    return {name: value for name, value in options.items() if value is not None}


class _TermNode:
    """A term of one language in TBX with what its ``termNote`` elements say."""

    def __init__(self, node: Any) -> None:
        self.text, self.line = text_of(node), node.sourceline
        # The notes are siblings of the term; in ntig, of its group as well.
        group = node.getparent()
        if local_name(group) == "termGrp" and group.getparent() is not None:
            group = group.getparent()
        values = [(_kind(note).lower(), text_of(note).lower()) for note in group.iter()]
        status = [value for kind, value in values if kind in _STATUS]
        self.preferred = any(map(_PREFERRED.fullmatch, status))
        self.forbidden = any(map(_FORBIDDEN.fullmatch, status))
        self.types = {value for kind, value in values if kind == "termtype"}
        self.untranslated = ("translationnote", "no") in values


def _kind(node: Any) -> str:
    """A data category: the type of the element in DCA style, its name in DCT style."""
    name = local_name(node)
    return (attribute(node, "type") or "") if name in ("termNote", "descrip", "admin") else name


def _concept(parsed: ParsedGlossary, concept: Any) -> bool:
    """Add a concept of TBX; return whether both languages are there."""
    chinese, english = _by_language(
        descendants(concept, "langSet", "langSec"), lambda section: list(map(_TermNode, descendants(section, "term")))
    )
    allowed = sorted((term for term in english if not term.forbidden), key=lambda term: not term.preferred)
    forbidden = [term for term in english if term.forbidden]
    parsed.notes += [f"line {term.line}: '{term.text}' is deprecated and no target" for term in forbidden]

    def described(kind: str) -> list[str]:
        return [text_of(node) for node in descendants(concept, "descrip", kind) if _kind(node) == kind]

    notes = list(map(text_of, children(concept, "note"))) or described("definition")
    options: dict[str, Any] = {
        "acronym": next((term.text for term in allowed if term.types & _ACRONYM and term.text), None),
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
    return bool(chinese and english)


def write_tbx(terms: Sequence[Term]) -> str:
    """Write TBX-Basic of ISO 30042:2019 in DCA style, one concept per entry.

    Holds targets and their order, acronym, full name, domain and note in the dialect's own data categories; it has
    none for the other options.
    """
    namespaces: Any = {None: "urn:iso:std:iso:30042:ed-2"}
    root = etree.Element("tbx", {"type": "TBX-Basic", "style": "dca", _LANG: "zh"}, nsmap=namespaces)
    description = _element(_element(root, "tbxHeader"), "fileDesc")
    _element(_element(description, "titleStmt"), "title", "Glossary")
    _element(_element(description, "sourceDesc"), "p", "written by zhen-mt")
    body = _element(_element(root, "text"), "body")
    for number, term in enumerate(terms, 1):
        entry = _element(body, "conceptEntry", id=f"c{number}")
        if term.domain:
            _element(entry, "descrip", term.domain, type="subjectField")
        if term.note:
            _element(entry, "note", term.note)
        _element(_element(_element(entry, "langSec", lang="zh"), "termSec"), "term", term.source)
        english = _element(entry, "langSec", lang="en")
        for index, target in enumerate(term.targets):
            written = _element(english, "termSec")
            _element(written, "term", target)
            status = "admittedTerm-admn-sts" if index else "preferredTerm-admn-sts"
            _element(written, "termNote", status, type="administrativeStatus")
            if target in (term.acronym, term.full):
                kind = "acronym" if target == term.acronym else "fullForm"
                _element(written, "termNote", kind, type="termType")
    return _serialise(root)


def write_tmx(terms: Sequence[Term]) -> str:
    """Write TMX 1.4 with alternatives as further English variants and options as ``prop``; holds everything."""
    root = etree.Element("tmx", {"version": "1.4"})
    _element(root, "header", **_TMX_HEADER)
    body = _element(root, "body")
    for term in terms:
        unit = _element(body, "tu")
        if term.note:
            _element(unit, "note", term.note)
        for name, text in option_texts(term).items():
            if name != "note":
                _element(unit, "prop", text, type=_PREFIX + name)
        for code, texts in (("zh", (term.source,)), ("en", term.targets)):
            for text in texts:
                _element(_element(unit, "tuv", lang=code), "seg", text)
    return _serialise(root)


def _element(parent: Any, name: str, text: str | None = None, **attributes: str) -> Any:
    """Add a child to ``parent``; the attribute ``lang`` is written as ``xml:lang``."""
    child = etree.SubElement(parent, name)
    for key, value in attributes.items():
        child.set(_LANG if key == "lang" else key, value)
    try:
        child.text = text
    except ValueError:
        raise GlossaryError(f"'{(text or '')[:40]}' holds a character XML cannot hold", hint="delete it") from None
    return child


def _serialise(root: Any) -> str:
    etree.indent(root)
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written.decode("utf-8") + "\n"
