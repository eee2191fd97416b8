"""Fields of Word documents: page numbers and the like stay as they are, links and tables of contents hold text."""

from collections.abc import Sequence
from typing import Any

from mt.documents.office.atoms import Around, Atom
from mt.io.xml import local_name

# Fields whose result is text of the document.
_WITH_TEXT = frozenset("HYPERLINK TOC REF QUOTE FORMTEXT MERGEFIELD STYLEREF TITLE SUBJECT".split())


def paired_fields(atoms: Sequence[Atom]) -> list[Atom]:
    """Put what begins and ends a field with text around it; make one atom, which stands alone, of any other.

    A field that continues in another paragraph is left as it is: its marks stand alone.
    """
    result: list[Atom] = []
    place = 0
    while place < len(atoms):
        end = _end(atoms, place) if _mark(atoms[place]) == "begin" else None
        if end is None:
            result.append(atoms[place])
            place += 1
            continue
        separator = next((at for at in range(place, end) if _mark(atoms[at]) == "separate"), end)
        code = "".join(_instruction(atom) for atom in atoms[place:separator]).split()
        if separator < end and code and code[0].upper() in _WITH_TEXT:
            before = [element for atom in atoms[place : separator + 1] for element in atom.elements]
            around = Around(before=before, after=atoms[end].elements)
            result += [Atom(opens=around), *paired_fields(atoms[separator + 1 : end]), Atom(closes=around)]
        else:
            result.append(Atom(elements=[element for atom in atoms[place : end + 1] for element in atom.elements]))
        place = end + 1
    return result


def _end(atoms: Sequence[Atom], begin: int) -> int | None:
    depth = 0
    for place in range(begin, len(atoms)):
        depth += {"begin": 1, "end": -1}.get(_mark(atoms[place]), 0)
        # An inner hyperlink that begins within the field and ends after it: leave both.
        if depth == 0:
            inner = atoms[begin : place + 1]
            opened = sum((atom.opens is not None) - (atom.closes is not None) for atom in inner)
            return place if opened == 0 else None
    return None


def _element(atom: Atom) -> Any:
    first = atom.elements[0] if len(atom.elements) == 1 else None
    return first[1] if isinstance(first, tuple) else first


def _mark(atom: Atom) -> str:
    element = _element(atom)
    if element is None or local_name(element) != "fldChar":
        return ""
    return str(next((value for key, value in element.attrib.items() if key.endswith("fldCharType")), ""))


def _instruction(atom: Atom) -> str:
    element = _element(atom)
    return (element.text or "") if element is not None and local_name(element) == "instrText" else ""
