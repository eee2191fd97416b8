"""A sentence to be translated with its terms; what came of it; and texts put together of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mt.glossary.matching.output_checker import TermCheck, check_terms
from mt.glossary.matching.source_matcher import TermMatch
from mt.glossary.matching.typography import with_own_marks
from mt.inference.clause_edges import as_clause
from mt.inference.engines.torch_engine import Hypothesis
from mt.inference.sentences import Sentence, join
from mt.inference.translation import ReadingOutcome, TermOutcome, Translation
from mt.text.english_repairs import repair_sentence_gaps
from mt.text.entities import Entity, find_entities

__all__ = ["Request", "assemble"]


@dataclass
class Request:
    """One sentence.

    Args:
        sentence: what is translated.
        matches: the glossary's terms in it.
        wanted: for each the target that is asked for.
        readings: large figures and names that are asked for besides, none of them within a term.

    Attributes:
        hypothesis: the translation, once there is one.
        checks: for each match whether that renders it.
        constrained: whether the search was made to.
        reasons: why hard constraints were not met, by match.
        follows: whether it is a part of a sentence and not its first.
        mark: what it ends with, if it is a part and not the last.
    """

    sentence: Sentence
    matches: list[TermMatch]
    wanted: list[str]
    readings: list[Entity] = field(default_factory=list)
    hypothesis: Hypothesis = field(default_factory=lambda: Hypothesis("", 0.0))
    checks: list[TermCheck] = field(default_factory=list)
    constrained: bool = False
    reasons: dict[int, str] = field(default_factory=dict)
    follows: bool = False
    mark: str = ""

    @property
    def missing(self) -> bool:
        """Whether a term is not rendered."""
        return any(not check.met for check in self.checks)

    @property
    def incomplete(self) -> bool:
        """Whether a term or a reading is not rendered."""
        return self.missing or None in find_entities(self.readings, self.hypothesis.text)

    @property
    def spans(self) -> list[tuple[int, int, str]]:
        """(start, end, wanted target) of each match, as ``annotate`` takes them."""
        return [(match.start, match.end, wanted) for match, wanted in zip(self.matches, self.wanted, strict=True)]

    @property
    def reading_spans(self) -> list[tuple[int, int, str]]:
        """(start, end, English) of each reading, as ``annotate`` takes them."""
        return [(reading.start, reading.end, reading.target) for reading in self.readings]

    def choose(self, texts: Sequence[str], *, terms: bool = True) -> int:
        """Return which of several translations, the best first, has the most of what is asked for; of equals the first.

        Readings are asked for in any case, ``terms`` perhaps.
        """
        matches = self.matches if terms else []
        most, chosen = -1, 0
        for number, text in enumerate(texts):
            met = sum(check.met for check in check_terms(text, matches))
            met += sum(place is not None for place in find_entities(self.readings, text))
            if met > most:
                most, chosen = met, number
            if met == len(matches) + len(self.readings):
                break
        return chosen

    def take(self, hypothesis: Hypothesis, *, constrained: bool, respell: bool) -> None:
        """Keep a translation and check its terms; ``respell`` gives them the glossary's own marks."""
        text = hypothesis.text
        self.checks = check_terms(text, self.matches)
        text = self._exchanged(text, repair_sentence_gaps(text, self.sentence.source))
        if self.follows or self.mark:
            text = self._exchanged(text, as_clause(text, follows=self.follows, mark=self.mark))
        self.constrained = constrained
        if respell:
            for check in self.checks:
                if check.start is not None and check.end is not None:
                    own = with_own_marks(text[check.start : check.end], check.match.term)
                    text = text[: check.start] + own + text[check.end :]
        self.hypothesis = replace(hypothesis, text=text)

    def _exchanged(self, text: str, other: str) -> str:
        """Return the other text, with the terms checked in it, unless it writes one that is met in another way."""
        if other == text:
            return text
        checks = check_terms(other, self.matches)
        # A term may end in a full stop or hold one, or begin with an article of its own.
        if any(
            old.met and not (new.met and _written(other, new) in (_written(text, old), new.target))
            for old, new in zip(self.checks, checks, strict=True)
        ):
            return text
        self.checks = checks
        return other

    def outcomes(self, start: int) -> list[TermOutcome]:
        """Return what became of each match; the translation begins at ``start`` of the text it is part of."""
        return [self._outcome(index, start) for index in range(len(self.matches))]

    def reading_outcomes(self, start: int) -> list[tuple[Entity, ReadingOutcome]]:
        """Return what became of each reading; the translation begins at ``start`` of the text it is part of."""
        outcomes = []
        for reading, place in zip(self.readings, find_entities(self.readings, self.hypothesis.text), strict=True):
            first, last = (None, None) if place is None else (start + place[0], start + place[1])
            span = self.sentence.span(reading.start, reading.end)
            outcomes.append((reading, ReadingOutcome(*span, reading.target, first, last)))
        return outcomes

    def _outcome(self, index: int, start: int) -> TermOutcome:
        match, check = self.matches[index], self.checks[index]
        source_start, source_end = self.sentence.span(match.start, match.end)
        if check.met and check.start is not None and check.end is not None:
            return TermOutcome(
                match.term,
                source_start,
                source_end,
                check.target,
                start + check.start,
                start + check.end,
                "constrained" if self.constrained else "model",
            )
        reason = self.reasons.get(index)
        if reason is None:
            reason = (
                "not in the output, and no hard constraint was asked for"
                if not self.constrained
                else "the constrained search did not spell it as a word of its own"
            )
        return TermOutcome(match.term, source_start, source_end, None, None, None, "unsatisfied", reason)


def _written(text: str, check: TermCheck) -> str:
    return text[check.start : check.end]


def assemble(texts: Sequence[str], requests: Sequence[Request]) -> list[Translation]:
    """Put sentences together into texts, their terms placed in the texts as given and as put out."""
    sentences = [request.sentence for request in requests]
    joined, starts = join(texts, sentences, [request.hypothesis.text for request in requests])
    outcomes: list[list[TermOutcome]] = [[] for _ in texts]
    figures: list[list[ReadingOutcome]] = [[] for _ in texts]
    names: list[list[ReadingOutcome]] = [[] for _ in texts]
    scores: list[list[tuple[float, int]]] = [[] for _ in texts]
    for request, start in zip(requests, starts, strict=True):
        number = request.sentence.text
        scores[number].append((request.hypothesis.score, len(request.hypothesis.text)))
        outcomes[number] += request.outcomes(start)
        for reading, outcome in request.reading_outcomes(start):
            (names if reading.kind == "name" else figures)[number].append(outcome)
    return [
        Translation(text, _mean(parts), tuple(terms), tuple(numbers), tuple(persons))
        for text, parts, terms, numbers, persons in zip(joined, scores, outcomes, figures, names, strict=True)
    ]


def _mean(parts: Sequence[tuple[float, int]]) -> float:
    weight = sum(length for _, length in parts)
    return sum(score * length for score, length in parts) / weight if weight else 0.0
