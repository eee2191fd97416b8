"""``Glossary``: a term base as a collection of terms."""

from __future__ import annotations

import functools
import hashlib
import logging
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeAlias

from mt.errors import GlossaryError
from mt.glossary.formats.json_format import parse_entry
from mt.glossary.formats.registry import read_entries, write_terms
from mt.glossary.matching.folding import fold_source
from mt.glossary.matching.source_matcher import Matcher, TermMatch
from mt.glossary.term import Term, make_term, merge_terms
from mt.io.files import file_errors

# A glossary, entries for Glossary.from_dict, or a file.
_One: TypeAlias = "Glossary | Mapping[str, Any] | str | Path"
# What Glossary.coerce takes: one of these, or several.
GlossaryLike: TypeAlias = "_One | Sequence[_One]"


_SHOWN = 5  # faulty entries named one by one
_log = logging.getLogger(__name__)


class Glossary(Collection[Term]):
    """An immutable collection of terms in order (``terms``), found in source texts by :meth:`match`.

    Several entries may share a source: all their targets are allowed. Access by source (``"川促会" in glossary``,
    ``glossary["川促会"]``, ``+``) compares as matching does: in any script, width and case.

    >>> glossary = Glossary.from_dict({"川促会": "SUCPEB", "成都": ["Chengdu", "Rongcheng"]})
    >>> len(glossary), "川促會" in glossary, glossary["成都"].targets
    (2, True, ('Chengdu', 'Rongcheng'))
    """

    def __init__(self, terms: Iterable[Term], path: str | Path | None = None) -> None:
        self.terms: tuple[Term, ...] = tuple(terms)
        self.path = None if path is None else Path(path)

    @classmethod
    def load(cls, path: str | Path, format: str | None = None, *, strict: bool = False) -> Glossary:
        """Read a term base; by default its format is that of the file's name.

        Args:
            format: one of :data:`mt.glossary.formats.registry.READERS`.
            strict: whether one entry that cannot be used is an error; else it is skipped, and logged as a warning.

        Raises:
            GlossaryError: the file is missing, empty, not of its format, without Chinese, or has no usable entry.
        """
        parsed = read_entries(path, format)
        if parsed.errors and (strict or not parsed.terms):
            raise parsed.errors[0]
        if not parsed.terms:
            raise GlossaryError("holds no entry", path=path, hint="give it at least one entry")
        for note in parsed.notes:
            _log.info("%s: note: %s", path, note)
        for error in parsed.errors[:_SHOWN]:
            _log.warning("entry skipped: %s", error)
        if len(parsed.errors) > 1:
            _log.warning("%s: %d of %d entries skipped", path, len(parsed.errors), parsed.count)
        return cls(parsed.terms, path)

    @classmethod
    def from_dict(cls, entries: Mapping[str, Any]) -> Glossary:
        """Make a glossary of source → target, list of alternative targets, or mapping of options.

        >>> options = {"targets": ["SUCPEB"], "full": "Sichuan Union Council", "acronym": "SUCPEB"}
        >>> glossary = Glossary.from_dict({"成都": "Chengdu", "川促会": options, "iPhone": {"keep": True}})

        Raises:
            GlossaryError: a source or target is empty, or an option is unknown or wrong.
        """
        terms = []
        for source, value in entries.items():
            try:
                item = dict(value) if isinstance(value, Mapping) else {"targets": value}
                source, targets, options = parse_entry({**item, "source": source})
                terms.append(make_term(source, targets, **options))
            except GlossaryError as error:
                error.field = str(source) if error.field in (None, "source") else f"{source}: {error.field}"
                raise
        return cls(terms)

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[str, str]]) -> Glossary:
        """Make a glossary of (source, target) pairs; pairs with one source become alternatives."""
        return cls(make_term(source, (target,)) for source, target in pairs)

    @classmethod
    def coerce(cls, value: GlossaryLike | None) -> Glossary | None:
        """Make a glossary of whatever may be given for one; of several, the first has priority. Errors as above."""
        if value is None or isinstance(value, Glossary):
            return value
        if isinstance(value, Mapping):
            return cls.from_dict(value)
        if isinstance(value, str | Path):
            return cls.load(value)
        given = [glossary for one in value if (glossary := cls.coerce(one)) is not None]
        return functools.reduce(cls.__add__, given) if given else None

    @classmethod
    def cache_key(cls, value: GlossaryLike | None) -> Hashable:
        """Return a key that changes when what :meth:`coerce` makes of ``value`` does: a file's time or the content.

        Raises:
            GlossaryError: there is no such file.
        """
        if isinstance(value, str | Path):
            with file_errors(value, error=GlossaryError):
                status = Path(value).stat()
            return str(Path(value).resolve()), status.st_size, status.st_mtime_ns
        if value is None or isinstance(value, Glossary):
            return value and value.fingerprint
        if isinstance(value, Mapping):
            return cls.from_dict(value).fingerprint
        return tuple(map(cls.cache_key, value))

    def save(self, path: str | Path, format: str | None = None) -> None:
        """Write a term base in one of :data:`mt.glossary.formats.registry.WRITERS`, by default that of its name.

        Raises:
            GlossaryError: an unknown format, or a term holds what it has no way to write.
        """
        write_terms(self.terms, path, format)

    def match(self, source: str, *, overlap: bool = False) -> list[TermMatch]:
        """Find the terms in a source text; see :meth:`mt.glossary.matching.source_matcher.Matcher.match`."""
        return self._matcher.match(source, overlap=overlap)

    @functools.cached_property
    def _matcher(self) -> Matcher:
        return Matcher(self.terms)

    @functools.cached_property
    def _by_source(self) -> dict[str, list[Term]]:
        terms: dict[str, list[Term]] = {}
        for term in self.terms:
            terms.setdefault(fold_source(term.source), []).append(term)
        return terms

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the terms in their order, whatever file or lines they came from."""
        digest = hashlib.sha256()
        for term in self.terms:
            *values, _line = (getattr(term, field.name) for field in fields(Term))
            digest.update(repr(values).encode())
        return digest.hexdigest()

    def __add__(self, other: Glossary) -> Glossary:
        """Join two glossaries; a source that both have keeps the left one's entries only."""
        if not isinstance(other, Glossary):
            return NotImplemented
        return Glossary((*self.terms, *(term for term in other.terms if term.source not in self)))

    def __len__(self) -> int:
        return len(self.terms)

    def __iter__(self) -> Iterator[Term]:
        return iter(self.terms)

    def __contains__(self, item: object) -> bool:
        return fold_source(item) in self._by_source if isinstance(item, str) else item in self.terms

    def __getitem__(self, source: str) -> Term:
        """Return the term of a source: all its entries merged."""
        return merge_terms(self._by_source[fold_source(source)])

    def __repr__(self) -> str:
        origin = "" if self.path is None else f" from {self.path}"
        return f"<Glossary of {len(self.terms)} terms{origin}>"

    def __getstate__(self) -> dict[str, Any]:
        # The matcher cannot be pickled; it is built again on first use.
        return {"terms": self.terms, "path": self.path}
