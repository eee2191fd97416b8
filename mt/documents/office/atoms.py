"""What a paragraph made of runs (OOXML) holds: text with its format, and elements that are no text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from mt.io.xml import descendants, local_name
from mt.text.han import has_han

# Of Word's breaks these are no ends of lines.
_PAGE_BREAKS = frozenset(("page", "column"))


@dataclass(frozen=True)
class Dialect:
    """How one format writes runs, by local names.

    Args:
        namespace: of its elements.
        breaks: elements that stand for a character.
        spelled: elements that are read as a character, which is written as text.
        leading, trailing: what stays at the beginning and the end of the paragraph.
        unwrapped: elements whose content counts as the paragraph's own; they go.
        wrappers: elements around runs that stay around their text.
        dropped: elements that go.
        noise: properties of a run that make no visible difference.
        keeps_space: whether white space at the ends of a text must be declared.
        english: changes the properties of a run that becomes English.
        highlight: adds a colour to the properties of a run.
    """

    namespace: str
    breaks: dict[str, str]
    spelled: Mapping[str, str] = field(default_factory=dict)
    leading: frozenset[str] = frozenset()
    trailing: frozenset[str] = frozenset()
    unwrapped: frozenset[str] = frozenset()
    wrappers: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()
    noise: frozenset[str] = frozenset()
    keeps_space: bool = True
    english: Callable[[Any], None] = lambda _: None
    highlight: Callable[[Any, str], None] = lambda *_: None

    def name(self, local: str) -> str:
        """A name with the namespace."""
        return f"{{{self.namespace}}}{local}"


@dataclass
class Atom:
    """Text with its properties, an element that stands alone, or the beginning or end of what is around others.

    An element in a run is given with a run of its own, into which it is moved when the paragraph is written.
    """

    text: str = ""
    properties: Any = None
    elements: list[Any] = field(default_factory=list)
    opens: Around | None = None
    closes: Around | None = None


@dataclass(eq=False)
class Around:
    """What stands around text: an element that holds it, or elements before and after it."""

    wrapper: Any = None
    before: list[Any] = field(default_factory=list)
    after: list[Any] = field(default_factory=list)


def read_atoms(element: Any, dialect: Dialect) -> Iterator[Atom]:
    """Yield what a paragraph, or an element in one, holds, in order."""
    for child in element:
        name = local_name(child)
        if name in dialect.leading or name in dialect.trailing or name in dialect.dropped or not name:
            continue
        if name == "r":
            yield from _run(child, dialect)
        elif name in dialect.unwrapped:
            yield from read_atoms(child, dialect)
        elif name in dialect.wrappers or (name == "fldSimple" and has_han("".join(child.itertext()))):
            around = Around(wrapper=child)
            content = next((part for part in child if local_name(part) == "sdtContent"), child)
            inner = list(read_atoms(content, dialect))
            yield Atom(opens=around)
            yield from inner
            yield Atom(closes=around)
        elif name in dialect.breaks:
            yield Atom(dialect.breaks[name], _properties(child), [child])
        else:
            yield Atom(elements=[child])


def _run(run: Any, dialect: Dialect) -> Iterator[Atom]:
    properties = _properties(run)
    for child in run:
        name = local_name(child)
        if name == "rPr" or name in dialect.dropped or not name:
            continue
        own = etree.Element(run.tag, nsmap=run.nsmap)
        own.extend([deepcopy(properties)] if properties is not None else [])
        if name == "ruby":
            # The characters; how they are read says nothing in English.
            base = [node.text or "" for node in descendants(child, "t") if _in_base(node)]
            yield Atom("".join(base), properties, [(own, child)])
            continue
        text = dialect.breaks.get(name, dialect.spelled.get(name, ""))
        if name == "br" and child.get(dialect.name("type"), "") in _PAGE_BREAKS:
            text = ""
        yield Atom((child.text or "") if name == "t" else text, properties, [(own, child)])


def _in_base(node: Any) -> bool:
    return any(local_name(up) == "rubyBase" for up in node.iterancestors())


def _properties(run: Any) -> Any:
    return next((child for child in run if local_name(child) == "rPr"), None)
