"""``ParsedGlossary``: what every reader of term bases returns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mt.errors import GlossaryError
from mt.glossary.term import Term, make_term
from mt.text.han import has_han


class EntryError(GlossaryError):
    """What is wrong with one entry; ``kind`` is the name lint reports it under."""

    kind: str = "entry"

    @classmethod
    def of(cls, error: GlossaryError, kind: str, line: int | None, field: str | None = None) -> EntryError:
        """Make an entry's error of another error; ``field`` counts where that names none."""
        made = cls(error.message, path=error.path, line=line, field=error.field or field, hint=error.hint)
        made.kind = kind
        return made


@dataclass
class ParsedGlossary:
    """The contents of a term base.

    Attributes:
        terms: the usable entries.
        errors: entries that cannot be used.
        warnings: mistakes in usable entries, such as an empty alternative.
        notes: what was skipped although nothing is wrong with it, such as other languages.
    """

    terms: list[Term] = field(default_factory=list)
    errors: list[EntryError] = field(default_factory=list)
    warnings: list[EntryError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(
        self, source: str, targets: Iterable[str], options: dict[str, Any], line: int | None, place: str | None = None
    ) -> None:
        """Add an entry, or the error that makes it unusable. Empty alternatives beside others are dropped.

        Args:
            options: the other fields of :class:`Term`.
            line: line of the file, counted from 1.
            place: for errors, where the entry is if it has no line.
        """
        given = list(targets)
        filled = [target for target in given if target.strip()]
        text = source + "".join(given)
        if not text.isprintable() and any("\x00" <= c < " " and c not in "\t\n\r" for c in text):
            error = GlossaryError("holds a control character", hint="delete it")
            self.errors.append(EntryError.of(error, "control-character", line, place))
            return
        try:
            self.terms.append(make_term(source, filled, line=line, **options))
        except GlossaryError as error:
            self.errors.append(EntryError.of(error, "empty", line, place))
            return
        if filled and len(filled) < len(given):
            warning = GlossaryError(f"an empty alternative of '{source.strip()}' is dropped")
            self.warnings.append(EntryError.of(warning, "empty", line, place))

    def with_chinese_sources(self) -> ParsedGlossary:
        """Reverse a list that goes from English to Chinese, as many bilingual lists do.

        The Chinese of each pair becomes the source; English terms with one Chinese term become its alternatives.
        """
        reversed_terms = sum(1 for term in self.terms if not has_han(term.source) and any(map(has_han, term.targets)))
        if reversed_terms * 2 <= len(self.terms):
            return self
        by_source: dict[str, list[Term]] = {}
        for term in self.terms:
            for target in term.targets:
                by_source.setdefault(target, []).append(term)
        terms = []
        for source, found in by_source.items():
            first = found[0]
            options = {"case": first.case, "inflect": first.inflect, "domain": first.domain, "note": first.note}
            terms.append(make_term(source, [term.source for term in found], line=first.line, **options))
        note = f"its {len(self.terms)} entries go from English to Chinese and are read in reverse"
        return ParsedGlossary(terms, self.errors, self.warnings, [*self.notes, note])
