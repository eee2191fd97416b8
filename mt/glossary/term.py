"""One entry of a term base."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from mt.errors import GlossaryError

Case = Literal["any", "exact"]
Policy = Literal["first-full", "always-full", "always-acronym", "none"]


class EntryError(GlossaryError):
    """What is wrong with one entry; ``kind`` is the name that lint reports it under."""

    def __init__(self, message: str, kind: str, **place: Any) -> None:
        super().__init__(message, **place)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Term:
    """One entry: a source term, the targets allowed for it, and how they are to be used.

    Args:
        source: the term in Chinese.
        targets: every allowed target, preferred first, full name and acronym among them;
            for ``keep`` the source itself.
        case: ``any`` also accepts a target in other case; ``exact`` does not.
        acronym, full: short form, such as CMPAFFC, and the full name belonging to it.
        keep: not translated, but copied from the source.
        inflect: plural and possessive forms are accepted.
        domain, note: subject field, and free text for people.
        policy: see :class:`mt.glossary.mentions.MentionPolicy`; ``None`` for its default.
        line: line of the file the entry came from, counted from 1.

    Raises:
        EntryError: the source or a target is empty, or there is no target.
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

    @property
    def introduction(self) -> str:
        """The first mention of an entry with full name and acronym: "full name (ACRONYM)"."""
        return f"{self.full} ({self.acronym})"

    def __post_init__(self) -> None:
        if not self.source:
            raise EntryError("the source term is empty", "empty", line=self.line)
        if not self.targets or not all(self.targets):
            raise EntryError(f"'{self.source}' has an empty target", "empty", line=self.line)


def make_term(source: str, targets: Iterable[str], **options: Any) -> Term:
    """Build a term from what a file holds; ``options`` are the other fields of :class:`Term`.

    White space, line ends included, becomes single spaces; targets are de-duplicated, full name and acronym added.
    """
    source = " ".join(source.split())
    names = {name: " ".join(options[name].split()) for name in ("full", "acronym") if options.get(name)}
    # A full name or an acronym is always an allowed rendering.
    unique = dict.fromkeys([*(" ".join(target.split()) for target in targets), *names.values()])
    return Term(source, (source,) if options.get("keep") else tuple(unique), **options | names)


def merge_terms(terms: Sequence[Term]) -> Term:
    """Make one term of several with the same source: all their targets, the first entry's first.

    An option that one entry leaves open is taken from the first that states it; where two disagree the more
    permissive counts.
    """
    stated: dict[str, Any] = {
        name: next((value for term in terms if (value := getattr(term, name)) is not None), None)
        for name in ("acronym", "full", "domain", "note", "policy")
    }
    return replace(
        terms[0],
        targets=tuple(dict.fromkeys(target for term in terms for target in term.targets)),
        case="any" if any(term.case == "any" for term in terms) else "exact",
        keep=all(term.keep for term in terms),
        inflect=any(term.inflect for term in terms),
        **stated,
    )
