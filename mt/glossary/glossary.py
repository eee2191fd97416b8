"""``Glossary``: a term base as a collection of terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mt.errors import GlossaryError
from mt.glossary.formats.registry import read_entries
from mt.glossary.matching.source_matcher import Matcher, TermMatch
from mt.glossary.term import Term, make_term

__all__ = ["Glossary"]


class Glossary(Sequence[Term]):
    """An immutable sequence of terms that can be found in a source text.

    Several entries may share a source: all their targets are allowed, in the order of the entries.
    """

    def __init__(self, terms: Iterable[Term], path: str | Path | None = None) -> None:
        self.terms: tuple[Term, ...] = tuple(terms)
        self.path = None if path is None else Path(path)
        self._matcher: Matcher | None = None

    @classmethod
    def load(cls, path: str | Path, format: str | None = None) -> Glossary:
        """Read a term base; the format is told by the file's name and content unless given.

        Args:
            format: one of :data:`mt.glossary.formats.registry.READERS`.

        Raises:
            GlossaryError: the file is missing, empty, not of its format, or an entry is wrong.
        """
        reading = read_entries(path, format)
        if reading.faults:
            raise reading.faults[0]
        if not reading.terms:
            raise GlossaryError("holds no entry", path=path, hint="give it at least one entry")
        return cls(reading.terms, path)

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[str, str]]) -> Glossary:
        """Make a glossary of (source, target) pairs; pairs with one source become alternatives."""
        return cls(make_term(source, (target,)) for source, target in pairs)

    def match(self, source: str, *, overlap: bool = False) -> list[TermMatch]:
        """Find the terms in a source text; see :meth:`mt.glossary.matching.source_matcher.Matcher.match`."""
        if self._matcher is None:
            self._matcher = Matcher(self.terms)
        return self._matcher.match(source, overlap=overlap)

    def __len__(self) -> int:
        return len(self.terms)

    def __iter__(self) -> Iterator[Term]:
        return iter(self.terms)

    def __getitem__(self, index: Any) -> Any:
        return self.terms[index]

    def __repr__(self) -> str:
        where = "" if self.path is None else f" from {self.path}"
        return f"<Glossary of {len(self.terms)} terms{where}>"

    def __getstate__(self) -> dict[str, Any]:
        # The automaton is built again where the glossary arrives: it cannot be pickled.
        return {"terms": self.terms, "path": self.path, "_matcher": None}
