"""What a translation reports: its text, its score, and every glossary term and entity in it."""

from dataclasses import dataclass, fields
from typing import Any, Literal, Self

from mt.glossary.term import Term
from mt.text.protected import Kind

# model: the model rendered the term by itself or by its annotation; constrained: the search was forced to;
# unsatisfied: it is not in the output; doubtful: nothing was requested, a person should look.
Status = Literal["model", "constrained", "unsatisfied", "doubtful"]


@dataclass(frozen=True, kw_only=True)
class _Mention:
    """A span of the source whose English form was requested.

    Args:
        source: the span's text.
        source_start, source_end: the span, in characters of the source.
        sentence: which sentence of the text it is in, counted from 0.
        requested: the English form that was requested.
        target: the form that the output has; None where it has none.
        target_start, target_end: its span in the output, in characters.
    """

    kind: str
    source: str
    source_start: int
    source_end: int
    sentence: int
    requested: str
    target: str | None = None
    target_start: int | None = None
    target_end: int | None = None

    @property
    def met(self) -> bool:
        """Whether the output has it."""
        return self.target is not None

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the glossary's entry as JSON values."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "term"}


@dataclass(frozen=True, kw_only=True)
class TermResult(_Mention):
    """One mention of a glossary term.

    Args:
        term: the entry; ``target`` is one of its targets, as the glossary writes it.
        status: how it came about.
        reason: why the output does not have it.
    """

    kind: Literal["term"] = "term"
    term: Term
    status: Status
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class EntityResult(_Mention):
    """One number, name or protected span; ``target`` is its form as the output has it.

    Args:
        kind: what it is.
        status: how it came about; ``constrained`` where it was lost at first.
    """

    kind: Literal["number", "name"] | Kind
    status: Status


@dataclass(frozen=True)
class Translation:
    """A translated text; ``str()`` gives the text alone.

    Args:
        source: the text that was given.
        text: the output.
        score: mean log-probability per token, averaged over the text's sentences by their length.
        terms: every mention of a glossary term, in source order.
        entities: every number, name and protected span, in source order.
    """

    source: str
    text: str
    score: float
    terms: tuple[TermResult, ...] = ()
    entities: tuple[EntityResult, ...] = ()

    def __str__(self) -> str:
        return self.text

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Make a translation of what ``to_dict`` gave; of a term's entry only source and requested target are known."""
        terms = (TermResult(term=Term(own["source"], (own["requested"],)), **own) for own in values["terms"])
        entities = (EntityResult(**own) for own in values["entities"])
        return cls(values["source"], values["text"], values["score"], tuple(terms), tuple(entities))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        results = {name: [result.to_dict() for result in getattr(self, name)] for name in ("terms", "entities")}
        return {"source": self.source, "text": self.text, "score": self.score, **results}
