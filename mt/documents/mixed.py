"""Text with elements in it (XLIFF, TMX, OpenDocument): a segment with inline codes, and written again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from mt.documents.segment import Code, Segment, Target
from mt.io.xml import local_name, writable


@dataclass(frozen=True)
class Inline:
    """How a format writes what is within text, by local names.

    Args:
        around: elements whose text is part of the text around them; all others stand alone.
        breaks: elements that stand for a character.
        marker: for an element that begins or ends a code by itself: +1 or −1, and what is the same for both.
    """

    around: frozenset[str]
    breaks: Mapping[str, str] = field(default_factory=dict)
    marker: Callable[[Any], tuple[int, str] | None] = lambda _: None


@dataclass
class _Found:
    start: int
    end: int
    # The element, and for codes between two markers the one at the end.
    element: Any
    closing: Any = None
    wraps: bool = False


class MixedContent:
    """The text of an element with its codes.

    Args:
        element: what holds the text.
        inline: how its format writes codes.
    """

    def __init__(self, element: Any, inline: Inline) -> None:
        self._inline = inline
        self._found: list[_Found] = []
        self.text = ""
        self._read(element)
        self._pair_markers()
        self._found.sort(key=lambda one: (one.start, -one.end if one.wraps or one.closing is not None else -one.start))
        self._nest()

    @property
    def segment(self) -> Segment:
        """Its text and codes."""
        return Segment(self.text, tuple(Code(one.start, one.end) for one in self._found), tuple(self._in_order()))

    def _in_order(self) -> Iterator[tuple[int, int]]:
        """Yield the numbers of what begins and what ends a code, where the two cross another."""
        begun: dict[str, int] = {}
        for number, one in enumerate(self._found):
            marker = None if one.wraps or one.closing is not None else self._inline.marker(one.element)
            if marker is not None and marker[0] > 0:
                begun[marker[1]] = number
            elif marker is not None and marker[0] < 0 and marker[1] in begun:
                yield begun[marker[1]], number

    def _read(self, element: Any) -> None:
        self.text += element.text or ""
        for child in element:
            name, start = local_name(child), len(self.text)
            if name in self._inline.breaks:
                self.text += self._inline.breaks[name]
            elif name in self._inline.around and self._inline.marker(child) is None:
                number = len(self._found)
                self._found.append(_Found(start, start, child, wraps=True))
                self._read(child)
                self._found[number].end = len(self.text)
            else:
                self._found.append(_Found(start, start, child))
            self.text += child.tail or ""

    def _pair_markers(self) -> None:
        """Make one code of an element that begins it and another that ends it."""
        opened: dict[str, _Found] = {}
        paired: list[_Found] = []
        for one in self._found:
            marker = None if one.wraps else self._inline.marker(one.element)
            if marker is not None and marker[0] > 0:
                opened[marker[1]] = one
            elif marker is not None and (begin := opened.pop(marker[1], None)) is not None:
                begin.end, begin.closing = one.start, one.element
                paired.append(one)
        self._found = [one for one in self._found if one not in paired]

    def _nest(self) -> None:
        """Let codes between markers that cross others stand as two that stand alone."""
        apart: list[_Found] = []
        around: list[_Found] = []
        for one in self._found:
            around = [other for other in around if other.end > one.start]
            if one.closing is not None and any(one.start < other.end < one.end for other in around):
                apart += [_Found(one.end, one.end, one.closing)]
                one.end, one.closing = one.start, None
            elif one.end > one.start:
                around.append(one)
        self._found = sorted([*self._found, *apart], key=lambda one: (one.start, -one.end))

    def write(self, target: Target, into: Any, *, copy: bool = False) -> None:
        """Fill an element with a translation; ``copy`` if the codes stay where they were, too."""
        attributes, tail = dict(into.attrib), into.tail
        into.clear()
        into.attrib.update(attributes)
        into.tail = tail
        order = sorted(range(len(self._found)), key=lambda number: (target.codes[number].start, number))
        self._emit(into, target, 0, len(target.text), order, copy)

    def _emit(self, into: Any, target: Target, start: int, end: int, numbers: Sequence[int], copy: bool) -> None:
        place, rest = start, list(numbers)
        while rest:
            number = rest.pop(0)
            code, own = target.codes[number], self._found[number]
            _append(into, target.text[place : code.start])
            inside = [other for other in rest if self._within(number, other)]
            rest = [other for other in rest if other not in inside]
            element = deepcopy(own.element) if copy else own.element
            element.tail = None
            into.append(element)
            inner = into
            if own.wraps:
                for child in list(element):
                    element.remove(child)
                element.text, inner = None, element
            self._emit(inner, target, code.start, code.end, inside, copy)
            if own.closing is not None:
                closing = deepcopy(own.closing) if copy else own.closing
                closing.tail = None
                into.append(closing)
            place = max(place, code.end)
        _append(into, target.text[place:end])

    def _within(self, outer: int, inner: int) -> bool:
        """Whether a code was read within another."""
        around, own = self._found[outer], self._found[inner]
        if around.wraps:
            return around.element in own.element.iterancestors()
        return (
            around.closing is not None
            and around.start <= own.start
            and own.end <= around.end
            and around.end > around.start
        )


def _append(into: Any, text: str) -> None:
    if not text:
        return
    text = writable(text)
    if len(into):
        into[-1].tail = (into[-1].tail or "") + text
    else:
        into.text = (into.text or "") + text
