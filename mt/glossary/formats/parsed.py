"""``ParsedGlossary``: what every reader of term bases returns."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mt.errors import GlossaryError
from mt.glossary.term import EntryError, Term, make_term
from mt.text.han import has_han

# Control characters, and halves of surrogate pairs, which no file can hold.
_UNWRITABLE = re.compile("[\x00-\x08\x0e-\x1f\ud800-\udfff]")


@dataclass
class ParsedGlossary:
    """The contents of a term base."""

    terms: list[Term] = field(default_factory=list)  # usable entries
    errors: list[EntryError] = field(default_factory=list)  # entries that cannot be used
    warnings: list[EntryError] = field(default_factory=list)  # mistakes in usable ones, such as an empty alternative
    notes: list[str] = field(default_factory=list)  # what was skipped though nothing is wrong with it

    @property
    def count(self) -> int:
        """Number of entries, usable or not."""
        return len(self.terms) + len(self.errors)

    def reject(self, error: GlossaryError, line: int | None, place: str | None = None) -> None:
        """Note why an entry, at a line of the file or else a ``place``, cannot be used."""
        kind = error.kind if isinstance(error, EntryError) else "shape"
        where = {"line": line, "field": ": ".join(filter(None, (place, error.field))) or None, "hint": error.hint}
        self.errors.append(EntryError(error.message, kind, **where))

    def add(self, source: str, targets: Iterable[str], options: dict[str, Any], line: int | None) -> None:
        """Add an entry or raise EntryError; ``options`` are other fields of :class:`Term`.

        Empty alternatives beside others are dropped.
        """
        given = list(targets)
        filled = [target for target in given if target.strip()]
        term = make_term(source, filled, line=line, **options)
        if _UNWRITABLE.search("".join(map(str, (source, *given, *options.values())))):
            raise EntryError("holds a control character", "control-character", hint="delete it")
        self.terms.append(term)
        if filled and len(filled) < len(given):
            self.warn(f"an empty alternative of '{source.strip()}' is dropped", "empty", line)

    def warn(self, message: str, kind: str, line: int | None) -> None:
        """Note a mistake in an entry that is used all the same."""
        self.warnings.append(EntryError(message, kind, line=line))

    def with_chinese_sources(self) -> ParsedGlossary:
        """Reverse a list that goes from English to Chinese, as many bilingual lists do.

        The Chinese of each pair becomes the source; English terms with one Chinese term become its alternatives.

        Raises:
            GlossaryError: no entry has Chinese on either side, nor is any to be kept as it is.
        """
        chinese = sum(has_han(term.source) for term in self.terms)
        reversed_terms = sum(not has_han(term.source) and any(map(has_han, term.targets)) for term in self.terms)
        if self.terms and not chinese + reversed_terms and not any(term.source in term.targets for term in self.terms):
            raise GlossaryError("has no column of Chinese", hint="give pairs of a Chinese term and an English one")
        if reversed_terms * 2 <= len(self.terms):
            return self
        by_source = defaultdict[str, list[Term]](list)
        for term in self.terms:
            for target in term.targets:
                by_source[target].append(term)
        terms = []
        for source, found in by_source.items():
            first = found[0]
            options = {"case": first.case, "inflect": first.inflect, "domain": first.domain, "note": first.note}
            terms.append(make_term(source, [term.source for term in found], line=first.line, **options))
        note = f"its {len(self.terms)} entries go from English to Chinese and are read in reverse"
        return ParsedGlossary(terms, self.errors, self.warnings, [*self.notes, note])
