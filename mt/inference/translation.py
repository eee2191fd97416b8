"""What a translation reports: its text, its score, and for every glossary term what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from mt.glossary.term import Term

__all__ = ["ReadingOutcome", "Status", "TermOutcome", "Translation"]

# model: the model rendered the term by itself or by its annotation; constrained: the search was made
# to; unsatisfied: the term is not in the output, and `reason` says why.
Status = Literal["model", "constrained", "unsatisfied"]


@dataclass(frozen=True, slots=True)
class TermOutcome:
    """One mention of a glossary term.

    Args:
        term: the entry.
        source_start, source_end: its span in the text that was given, in characters.
        target: the target in the output, as the glossary writes it; None when unsatisfied.
        target_start, target_end: its span in the output.
        status: how it came about.
        reason: why it is not there.
    """

    term: Term
    source_start: int
    source_end: int
    target: str | None
    target_start: int | None
    target_end: int | None
    status: Status
    reason: str | None = None

    def as_record(self, segment: int, source: str) -> dict[str, Any]:
        """Return the line of ``--terms-report`` (DESIGN §6)."""
        return {
            "segment": segment,
            "source": source[self.source_start : self.source_end],
            "start": self.source_start,
            "end": self.source_end,
            "target": self.target if self.target is not None else self.term.targets[0],
            "status": self.status,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class ReadingOutcome:
    """One large figure, or one person's name, that was asked for.

    Args:
        source_start, source_end: its span in the text that was given, in characters.
        target: the form that was asked for.
        target_start, target_end: the span of it, or of another of its forms, in the output; None where there is none.
    """

    source_start: int
    source_end: int
    target: str
    target_start: int | None
    target_end: int | None

    @property
    def met(self) -> bool:
        """Whether the output has it."""
        return self.target_start is not None


@dataclass(frozen=True, slots=True)
class Translation:
    """A translated text.

    Args:
        text: the output.
        score: mean log-probability a token, averaged over the text's sentences by their length.
        terms: an outcome for every mention of a glossary term, in source order.
        figures: one for every large figure that was asked for, in source order (``mt.text.numbers``).
        names: one for every name of a Chinese person that was asked for, likewise (``mt.text.person_names``).
    """

    text: str
    score: float
    terms: tuple[TermOutcome, ...] = ()
    figures: tuple[ReadingOutcome, ...] = ()
    names: tuple[ReadingOutcome, ...] = ()
