"""One entry of a term base."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from mt.errors import GlossaryError

Case = Literal["any", "exact"]
Policy = Literal["first-full", "always-full", "always-acronym", "none"]


@dataclass(frozen=True, slots=True)
class Term:
    """One entry: a source term, the targets allowed for it, and how they are to be used.

    Args:
        source: the term in Chinese.
        targets: every allowed target, preferred first, full name and acronym among them;
            for ``keep`` the source itself.
        case: ``any`` also accepts a target in other case; ``exact`` does not.
        acronym: short form, such as CMPAFFC.
        full: full name belonging to the acronym.
        keep: not translated, but copied from the source.
        inflect: plural and possessive forms are accepted.
        domain: subject field.
        note: free text for people.
        policy: see :class:`mt.glossary.mentions.MentionPolicy`; ``None`` for its default.
        line: line of the file the entry came from, counted from 1.

    Raises:
        GlossaryError: the source is empty, or a target is, or there is none.
    """

    source: str
    targets: tuple[str, ...]
    case: Case = "any"
    acronym: str | None = None
    full: str | None = None
    keep: bool = False
    inflect: bool = True
    domain: str | None = None
    note: str | None = None
    policy: Policy | None = None
    line: int | None = None

    def __post_init__(self) -> None:
        if not self.source:
            raise GlossaryError("the source term is empty", line=self.line)
        if not self.targets or not all(self.targets):
            raise GlossaryError(f"'{self.source}' has an empty target", line=self.line)


def make_term(source: str, targets: Iterable[str], **options: Any) -> Term:
    """Build a term from what a file holds: strips and de-duplicates targets, adds full name and acronym to them.

    Args:
        options: the other fields of :class:`Term`.
    """
    source = source.strip()
    if options.get("keep"):
        return Term(source, (source,), **options)
    unique = dict.fromkeys(target.strip() for target in targets)
    # A full name or an acronym is always an allowed rendering.
    for extra in (options.get("full"), options.get("acronym")):
        if extra:
            unique[extra] = None
    return Term(source, tuple(unique), **options)


def merge_terms(terms: Sequence[Term]) -> Term:
    """Make one term of several with the same source: all their targets, the first entry's first.

    An option that one entry leaves open is taken from the first that states it; where two disagree the more
    permissive counts.
    """
    first = terms[0]
    if len(terms) == 1:
        return first

    def stated(name: str) -> Any:
        return next((value for term in terms if (value := getattr(term, name)) is not None), None)

    return replace(
        first,
        targets=tuple(dict.fromkeys(target for term in terms for target in term.targets)),
        case="any" if any(term.case == "any" for term in terms) else "exact",
        acronym=stated("acronym"),
        full=stated("full"),
        keep=all(term.keep for term in terms),
        inflect=any(term.inflect for term in terms),
        domain=stated("domain"),
        note=stated("note"),
        policy=stated("policy"),
    )
