"""Test sets: source, human translation, documents and terms, from text files, JSON lines or memory."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

from mt.errors import DataError
from mt.evaluation import json_lines
from mt.glossary.glossary import Glossary
from mt.glossary.term import make_term
from mt.metrics.base import as_streams, check_lengths, numbered
from mt.metrics.term_metric import TermDictionary

NO_TERMS = "none"
# The dictionary to use when none is named: the first of these that the set has.
_PREFERRED = ("proper", "terms")


@dataclass(frozen=True)
class TestSet:
    """What systems are evaluated on; a :class:`DataError` where lengths differ, or something is not text."""

    __test__: ClassVar[bool] = False  # not a test, pytest

    sources: Sequence[str]
    references: Sequence[str] | Sequence[Sequence[str]]  # the human translation, or a list of several
    documents: Sequence[str] | None = None  # the document of each segment
    ids: Sequence[str] | None = None  # a name for each segment
    glossary: Glossary | Sequence[Glossary] | None = None  # for all segments, or one for each
    # Name -> a term dictionary for each segment, the one in use first.
    dictionaries: Mapping[str, Sequence[TermDictionary]] = field(default_factory=dict)
    layout: json_lines.Layout | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        streams = as_streams(self.references)
        object.__setattr__(self, "references", streams)
        own = {"source": self.sources, "documents": self.documents, "ids": self.ids}
        check_lengths(len(streams[0]), **own, **numbered(streams))
        for name, stream in (("source", self.sources), *numbered(streams).items()):
            check_text(name, stream)

    @property
    def streams(self) -> tuple[tuple[str, ...], ...]:
        """The references, one tuple of segments each."""
        return self.references  # type: ignore[return-value]

    @property
    def glossaries(self) -> list[Glossary] | None:
        """The glossary of each segment; the same object where segments share one."""
        if self.glossary is None:
            return None
        return [self.glossary] * len(self.sources) if isinstance(self.glossary, Glossary) else list(self.glossary)

    def with_terms(self, terms: str | None = None) -> TestSet:
        """Choose the term dictionary that models are given and terms are measured by.

        ``terms`` is one of the set's own by name, a file of one dictionary per line, or ``none``; by default the
        set's ``proper`` dictionary, or ``terms``, or its first.
        """
        found = dict(self.dictionaries)
        chosen = terms if terms is not None else next((name for name in (*_PREFERRED, *found) if name in found), None)
        if chosen is None or (chosen == NO_TERMS and chosen not in found):
            return replace(self, dictionaries={})
        if chosen not in found:
            if not Path(chosen).is_file():
                names = ", ".join([*found, NO_TERMS])
                raise DataError(f"--terms {chosen} is no file nor a dictionary of the set", hint=f"choose from {names}")
            found[Path(chosen).name] = json_lines.read_dictionaries(chosen, len(self.sources))
            chosen = Path(chosen).name
        first = found.pop(chosen)
        return replace(self, glossary=glossaries_of(first), dictionaries={chosen: first} | found)

    def read_system(self, paths: Sequence[str | Path]) -> list[str]:
        """Read one system's translations, as text with one segment per line or as JSON lines in as many files."""
        return json_lines.read_output(paths, len(self.sources), self.layout)


def read_test_set(
    sources: Sequence[str | Path],
    references: Sequence[str | Path] = (),
    documents: str | Path | None = None,
    unit: json_lines.Unit = "line",
) -> TestSet:
    """Read a test set: a text file with one segment per line and its references, or files of JSON lines.

    ``documents`` has one name per line; ``unit`` says whether documents of JSON lines are split into lines.
    :meth:`TestSet.with_terms` then chooses among the dictionaries.
    """
    if json_lines.is_json_lines(sources):
        found = json_lines.read_json_lines(sources, unit)
    elif len(sources) > 1:
        raise DataError(f"{len(sources)} source files", path=sources[1], hint="give one text file, or JSON lines")
    else:
        found = {"sources": json_lines.read_segments(sources[0])}
    size = len(found["sources"])
    if references:
        found["references"] = [json_lines.read_output([path], size, found.get("layout")) for path in references]
    if found.get("references") is None:
        raise DataError("--reference is missing", hint="give the human translation, one segment per line")
    if documents is not None:
        found["documents"] = json_lines.read_output([documents], size)
    return TestSet(**found)


def glossaries_of(dictionaries: Sequence[TermDictionary]) -> list[Glossary]:
    """Make a glossary of each segment's dictionary, one object per dictionary object; empty entries are skipped."""
    made: dict[int, Glossary] = {}
    for dictionary in dictionaries:
        if id(dictionary) not in made:
            filled = {source: [t for t in targets if t.strip()] for source, targets in dictionary.items()}
            made[id(dictionary)] = Glossary(make_term(s, filled[s]) for s in filled if s.strip() and filled[s])
    return [made[id(dictionary)] for dictionary in dictionaries]


def check_text(name: str, segments: Sequence[str]) -> None:
    """Refuse segments that are not strings of Unicode text."""
    for line, text in enumerate(segments, 1):
        if not isinstance(text, str):
            raise DataError(f"{name} contains {type(text).__name__}, not text", line=line)
        if any(unicodedata.category(character) == "Cs" for character in text):
            raise DataError(f"{name} contains a lone surrogate", line=line, hint="decode it as UTF-8")
