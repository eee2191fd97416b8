"""Paragraphs made of runs of equally formatted text (OOXML): their text with inline codes, and written again.

What differs from the paragraph's commonest format is an inline code around its text; so is a hyperlink. What is no
text (a picture, the mark of a footnote, a field) is a code that stands alone and is moved, never copied or lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from lxml import etree

from mt.documents.office.atoms import Around, Atom, Dialect, read_atoms
from mt.documents.segment import Code, Segment, Target
from mt.io.xml import local_name, writable


@dataclass(eq=False)
class _Style:
    properties: Any


class _Same:
    """Properties, equal to those that are written alike."""

    def __init__(self, properties: Any) -> None:
        self.properties, self._written = properties, etree.tostring(properties, method="c14n", with_tail=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._written == other._written

    def __hash__(self) -> int:
        return hash(self._written)


class RunParagraph:
    """One paragraph.

    Args:
        element: the paragraph; its runs are taken out of it when it is written.
        dialect: of its format.
        fields: pairs up the atoms of fields, if the format has them.
    """

    def __init__(
        self, element: Any, dialect: Dialect, fields: Callable[[list[Atom]], list[Atom]] = lambda atoms: atoms
    ) -> None:
        self._element, self._dialect = element, dialect
        atoms = fields(list(read_atoms(element, dialect)))
        self._base: Any = None
        self._codes: list[tuple[Code, Around | _Style | list[Any]]] = []
        self.text = ""
        self._read(atoms)

    @property
    def segment(self) -> Segment:
        """Its text and codes."""
        return Segment(self.text, tuple(code for code, _ in self._codes), self._ordered)

    def _key(self, properties: Any) -> bytes:
        """The same for all properties that look the same."""
        if properties is None:
            return b""
        kept = sorted(
            etree.tostring(child, method="c14n", with_tail=False)
            for child in properties
            if local_name(child) not in self._dialect.noise and child.get(self._dialect.name("val")) not in _OFF
        )
        ignored = self._dialect.noise | {"dirty", "err", "lang", "altLang", "smtClean"}
        attributes = sorted(f"{key}={value}" for key, value in properties.attrib.items() if key not in ignored)
        return b"|".join([*kept, *map(str.encode, attributes)])

    def _read(self, atoms: Sequence[Atom]) -> None:
        """Put the text together; find its commonest format, and codes around what has another."""
        counted: Counter[bytes] = Counter()
        # For each look the properties that most of its text has.
        exact: dict[bytes, Counter[Any]] = {}
        keys = [self._key(atom.properties) if atom.text else None for atom in atoms]
        for atom, key in zip(atoms, keys, strict=True):
            if key is not None:
                exact.setdefault(key, Counter())[None if atom.properties is None else _Same(atom.properties)] += len(
                    atom.text
                )
                counted[key] += len(atom.text.strip())
        by_key = {key: same.properties if (same := own.most_common(1)[0][0]) else None for key, own in exact.items()}
        # The plainest of those that much of the text has.
        common = [key for key, count in counted.items() if 3 * count >= sum(counted.values())]
        base = min(common or [key for key, _ in counted.most_common(1)] or [b""], key=len)
        self._base = by_key.get(base)
        opened: list[tuple[int, int, Around]] = []
        found: list[tuple[int, int, int, Around | _Style | list[Any]]] = []
        # For each code the wrappers, by number, that it is in.
        within: list[frozenset[int]] = []
        for look, group in groupby(zip(keys, atoms, strict=True), key=lambda pair: pair[0]):
            own, start = [atom for _, atom in group], len(self.text)
            if look is not None:
                self.text += "".join(atom.text for atom in own)
                if look != base and self.text[start:].strip():
                    within.append(frozenset(number for _, number, _ in opened))
                    found.append((start, len(self.text), len(found), _Style(by_key[look])))
                continue
            for atom in own:
                if atom.opens is not None or atom.closes is None:
                    within.append(frozenset(number for _, number, _ in opened))
                if atom.opens is not None:
                    opened.append((start, len(found), atom.opens))
                    found.append((start, -1, len(found), atom.opens))
                elif atom.closes is not None:
                    begin, number, around = opened.pop()
                    found[number] = (begin, start, number, around)
                else:
                    found.append((start, start, len(found), atom.elements))
        found.sort(key=lambda one: (one[0], one[2]))
        place_of = {one[2]: place for place, one in enumerate(found)}
        self._codes = [(Code(start, max(end, start)), what) for start, end, _, what in found]
        self._within = [{place_of[number] for number in within[one[2]]} for one in found]
        self._ordered = tuple(_in_order([what for _, what in self._codes]))

    def write(self, target: Target) -> None:
        """Replace the runs by the translation, formatted as its codes say."""
        element, dialect = self._element, self._dialect
        kept = [child for child in element if local_name(child) in dialect.leading]
        last = [child for child in element if local_name(child) in dialect.trailing]
        for child in list(element):
            element.remove(child)
        element.extend(kept)
        order = sorted(range(len(self._codes)), key=lambda number: (target.codes[number].start, number))
        self._emit(element, target, 0, len(target.text), self._base, order)
        element.extend(last)

    def _emit(self, into: Any, target: Target, start: int, end: int, style: Any, numbers: Sequence[int]) -> None:
        """Write the English from ``start`` to ``end``, with the codes within it (by their numbers) in their order."""
        place, rest = start, list(numbers)
        while rest:
            number = rest.pop(0)
            code, what = target.codes[number], self._codes[number][1]
            self._text(into, target, place, code.start, style)
            place = code.start
            inside = [other for other in rest if self._is_within(other, number, target)]
            rest = [other for other in rest if other not in inside]
            if isinstance(what, _Style):
                self._emit(into, target, code.start, code.end, what.properties, inside)
            elif isinstance(what, Around):
                inner = into
                if what.wrapper is not None:
                    into.append(what.wrapper)
                    inner = self._emptied(what.wrapper)
                into.extend(map(self._moved, what.before))
                self._emit(inner, target, code.start, code.end, style, inside)
                into.extend(map(self._moved, what.after))
            else:
                into.extend(map(self._moved, what))
            place = max(place, code.end)
        self._text(into, target, place, end, style)

    def _is_within(self, inner: int, outer: int, target: Target) -> bool:
        """Whether a code belongs to another: it was read in it, or its text is part of what is formatted alike."""
        (own, _), (around, what) = self._codes[inner], self._codes[outer]
        if isinstance(what, Around):
            return outer in self._within[inner]
        if not isinstance(what, _Style) or target.codes[inner].end > target.codes[outer].end:
            return False
        return around.start < own.start < around.end or (around.start == own.start < own.end <= around.end)

    def _emptied(self, wrapper: Any) -> Any:
        """Take the runs out of a wrapper; return where the new ones go."""
        content = next((part for part in wrapper if local_name(part) == "sdtContent"), wrapper)
        wrapper.tail = None
        for child in list(content):
            if not local_name(child).endswith("Pr"):
                content.remove(child)
        return content

    @staticmethod
    def _moved(element: Any) -> Any:
        if isinstance(element, tuple):
            run, child = element
            child.tail = None
            run.append(child)
            return run
        element.tail = None
        return element

    def _text(self, into: Any, target: Target, start: int, end: int, properties: Any) -> None:
        """Append runs for a part of the English: one, and more where some of it is highlighted."""
        place = start
        for first, last, colour in target.marks:
            if place < min(last, end) and first < end:
                self._run_of(into, target.text[place : max(first, place)], properties, None)
                self._run_of(into, target.text[max(first, place) : min(last, end)], properties, colour)
                place = min(last, end)
        self._run_of(into, target.text[place:end], properties, None)

    def _run_of(self, into: Any, text: str, properties: Any, colour: str | None) -> None:
        """Append a run for a text and one for each break in it."""
        if not text:
            return
        dialect = self._dialect
        names = {character: name for name, character in reversed(dialect.breaks.items())}
        run = etree.SubElement(into, dialect.name("r"))
        if properties is not None or colour:
            own = deepcopy(properties) if properties is not None else etree.Element(dialect.name("rPr"))
            dialect.english(own)
            if colour:
                dialect.highlight(own, colour)
            run.append(own)
        for is_break, characters in groupby(text, key=lambda character: character in names):
            if not is_break:
                self._written(run, "".join(characters))
            else:
                for character in characters:
                    etree.SubElement(run, dialect.name(names[character]))

    def _written(self, run: Any, text: str) -> None:
        written = etree.SubElement(run, self._dialect.name("t"))
        written.text = writable(text)
        if text != text.strip() and self._dialect.keeps_space:
            written.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


def _in_order(elements: Sequence[Any]) -> Iterator[tuple[int, int]]:
    """Yield the numbers of what begins a range (of a bookmark, a comment) and of what ends it."""
    begun: dict[tuple[str, str], int] = {}
    for number, what in enumerate(elements):
        element = what[0] if isinstance(what, list) and len(what) == 1 else None
        if element is None or isinstance(element, tuple):
            continue
        name = local_name(element)
        key = next((value for key, value in element.attrib.items() if key.endswith("}id")), "")
        if name.endswith("Start"):
            begun[name.removesuffix("Start"), key] = number
        elif name.endswith("End") and (name.removesuffix("End"), key) in begun:
            yield begun[name.removesuffix("End"), key], number


# Values of properties that have no effect.
_OFF = frozenset(("0", "false", "none"))
