"""A sentence to translate with its terms and entities, and its translation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from mt.glossary.matching.forms import with_glossary_typography
from mt.glossary.matching.output_checker import TermCheck, check_terms
from mt.glossary.matching.source_matcher import TermMatch
from mt.inference.clause_edges import as_clause
from mt.inference.engines.base import Hypothesis
from mt.inference.masking import Masks, balanced, mask, put_back
from mt.inference.sentences import Sentence
from mt.inference.translation import EntityResult, Status, TermResult
from mt.text.english_repairs import repair_translation, with_capital
from mt.text.entities import Entity, find_entities
from mt.text.entity_repairs import mend_entities
from mt.text.han import has_han


@dataclass
class Request:
    """One sentence, or a part of one.

    Args:
        sentence: what is translated.
        matches: the glossary's terms in it.
        requested: for each match the target that is requested.
        entities: numbers, names and protected spans, none of them within a term.
        follows: whether it is a part of a sentence and not its first.
        mark: the punctuation mark it ends with, if it is a part and not the last.

    Attributes:
        hypothesis: the translation, once there is one.
        checks: for each match whether the translation renders it.
        found: for each entity its span in the translation; None where it is missing.
        complete: whether the translation has every masked span exactly once.
        lost: which entities it had not when it was decoded again because of a protected span.
        constrained: whether the search was constrained to hold the terms.
        refused: terms, with their targets, that are not requested, being longer than the model can write.
        left: whether it is not decoded: its translation is known, or the source stands for it.
    """

    sentence: Sentence
    matches: list[TermMatch]
    requested: list[str]
    entities: list[Entity] = field(default_factory=list)
    follows: bool = False
    mark: str = ""
    hypothesis: Hypothesis = field(default_factory=lambda: Hypothesis("", 0.0))
    checks: list[TermCheck] = field(default_factory=list)
    found: list[tuple[int, int] | None] = field(default_factory=list)
    complete: bool = True
    lost: tuple[bool, ...] = ()
    constrained: bool = False
    refused: list[tuple[TermMatch, str]] = field(default_factory=list)
    left: bool = False

    @cached_property
    def masks(self) -> Masks:
        """The sentence as the model reads it, its protected spans masked."""
        return mask(self.sentence.source, self.entities, self.requested)

    @property
    def misses_term(self) -> bool:
        """Whether a term is not rendered."""
        return self.terms_met < len(self.checks)

    @property
    def incomplete(self) -> bool:
        """Whether a term or an entity is not rendered."""
        return self.misses_term or not self.complete or any(entity.annotated for entity in self._missing)

    @property
    def copied(self) -> tuple[int, int]:
        """How many of the copied entities the translation has, and how many of all."""
        has = [entity.copied for entity, span in zip(self.entities, self.found, strict=True) if span is not None]
        return sum(has), len(has)

    @property
    def terms_met(self) -> int:
        """How many terms are rendered."""
        return sum(check.met for check in self.checks)

    @property
    def misses_copy(self) -> bool:
        """Whether a protected span is not copied."""
        return not self.complete or any(entity.copied for entity in self._missing)

    @property
    def _missing(self) -> list[Entity]:
        return [entity for entity, span in zip(self.entities, self.found, strict=True) if span is None]

    @property
    def term_spans(self) -> list[tuple[int, int, str]]:
        """(start, end, requested target) of each match, as ``annotate`` takes them."""
        return [(match.start, match.end, target) for match, target in zip(self.matches, self.requested, strict=True)]

    @property
    def entity_spans(self) -> list[tuple[int, int, str]]:
        """(start, end, English) of each number and name, as ``annotate`` takes them."""
        return [(entity.start, entity.end, entity.target) for entity in self.entities if entity.annotated]

    def refuse_terms(self, too_long: Callable[[str], bool]) -> None:
        """Request no term whose target is too long, and report it as unsatisfied."""
        pairs = list(zip(self.matches, self.requested, strict=True))
        self.refused += [pair for pair in pairs if too_long(pair[1])]
        kept = [pair for pair in pairs if pair not in self.refused]
        self.matches, self.requested = [match for match, _ in kept], [target for _, target in kept]

    def leave(self, text: str | None = None) -> None:
        """Decode nothing: ``text``, by default the source, is the output, and no term is met."""
        self.refuse_terms(lambda _: True)
        self.entities, self.left = [], True
        self.hypothesis = Hypothesis(self.sentence.source if text is None else text, 0.0)

    def choose(self, texts: Sequence[str], *, terms: bool = True) -> int:
        """Return which of several translations, best first, renders the most entities and, if ``terms``, terms."""
        matches = self.matches if terms else []
        requested = self.requested if terms else []
        targets = Counter(entity.target for entity in self._written if entity.target)
        most, chosen = -len(self.sentence.source), 0
        for number, text in enumerate(texts):
            met = sum(check.met for check in check_terms(text, matches, requested))
            mended = mend_entities(text, self._written)
            met += sum(span is not None for span in find_entities(self._written, mended))
            met += sum(len(spans) == 1 for spans in self.masks.token_spans(text))
            # A name or number that is said again is worth no more than a lost one.
            met -= sum(max(0, _count(target, text) - count) for target, count in targets.items())
            if met > most:
                most, chosen = met, number
            if met == len(matches) + len(self._written) + len(self.masks.tokens):
                break
        return chosen

    def accept(self, hypothesis: Hypothesis, *, constrained: bool, respell: bool) -> None:
        """Keep a translation and check its terms; ``respell`` writes them with the glossary's own apostrophes etc."""
        text = balanced(hypothesis.text, self.masks)
        self.checks = check_terms(text, self.matches, self.requested)
        text = self._edited(text, mend_entities(text, self._written))
        text = self._edited(text, repair_translation(text, self.sentence.source))
        if not self.follows:
            text = self._edited(text, with_capital(text, self.sentence.source))
        if self.follows or self.mark:
            text = self._edited(text, as_clause(text, follows=self.follows, mark=self.mark))
        text = self._edited(text, self._without_second_stops(text))
        self.constrained = constrained
        if respell:
            for check in self.checks:
                if check.start is not None and check.end is not None:
                    own = with_glossary_typography(text[check.start : check.end], check.match.term)
                    text = text[: check.start] + own + text[check.end :]
        self.hypothesis = replace(hypothesis, text=self._unmask(text))

    def unmet(self, text: str, *, terms: bool, copies: bool) -> list[int]:
        """Return which constraints a model's output does not hold: of the terms, the masked spans, and the copies."""
        trial = copy(self)
        trial.accept(Hypothesis(text, 0.0), constrained=True, respell=True)
        met = [check.met for check in trial.checks] if terms else []
        met += [len(spans) == 1 for spans in self.masks.token_spans(text)]
        if copies:
            pairs = zip(self.entities, trial.found, strict=True)
            met += [span is not None for entity, span in pairs if entity.copied]
        return [index for index, is_met in enumerate(met) if not is_met]

    @property
    def _written(self) -> list[Entity]:
        """The entities that the model writes itself."""
        return [entity for entity in self.entities if not entity.masked]

    def _unmask(self, text: str) -> str:
        """Put the protected spans into a translation, and note where all entities and terms are then."""
        written = iter(find_entities(self._written, text))
        result = put_back(text, self.masks)
        self.complete = result is not None
        if result is None:
            self.found = [None if entity.masked else next(written) for entity in self.entities]
            return text
        masked = iter(result.spans)
        self.found = [
            next(masked) if entity.masked else result.moved(*span) if (span := next(written)) is not None else None
            for entity in self.entities
        ]
        for index, check in enumerate(self.checks):
            if check.start is not None and check.end is not None:
                start, end = result.moved(check.start, check.end)
                self.checks[index] = replace(check, start=start, end=end)
        return result.text

    def _without_second_stops(self, text: str) -> str:
        """Drop full stops after a term that ends in a stop of its own, such as "Co., Ltd."."""
        for end in sorted((check.end for check in self.checks if check.end), reverse=True):
            if text[end - 1] in ".!?":
                text = text[:end] + text[end:].lstrip(".")
        return text

    def _edited(self, text: str, edited: str) -> str:
        """Return the edited text, its terms checked again; the text as it was where the edit would change a term."""
        if edited == text:
            return text
        checks = check_terms(edited, self.matches, self.requested)
        # A term may end in a full stop or hold one, or begin with an article of its own.
        if any(
            old.met and not (new.met and edited[new.start : new.end] in (text[old.start : old.end], new.target))
            for old, new in zip(self.checks, checks, strict=True)
        ):
            return text
        self.checks = checks
        return edited

    def part(self, start: int, end: int) -> Request:
        """Return the request of a part of the sentence, not yet translated, with the terms and entities in it."""
        own = [number for number, match in enumerate(self.matches) if start <= match.start and match.end <= end]
        return Request(
            self.sentence.part(start, end),
            [_moved(self.matches[number], -start) for number in own],
            [self.requested[number] for number in own],
            [entity.moved(-start) for entity in self.entities if start <= entity.start and entity.end <= end],
            refused=[(_moved(match, -start), target) for match, target in self.refused if start <= match.start < end],
        )

    def parts_around_spans(self) -> list[Request]:
        """Return the parts between the masked spans, which ``join`` then copies from the text."""
        ends = [(group[0].start, group[-1].end) for group in self.masks.groups]
        cuts = [0, *(place for span in ends for place in span), len(self.sentence.source)]
        parts = [
            self.part(start, end)
            for start, end in zip(cuts[::2], cuts[1::2], strict=True)
            if has_han(self.sentence.source[start:end])
        ]
        for part in parts[1:]:
            part.follows = True
        for part in parts[:-1]:
            part.mark = " "
        if parts:
            parts[0].follows, parts[-1].mark = self.follows, self.mark
        return parts

    def term_results(self, source: str, begin: int) -> list[TermResult]:
        """Report on each match; ``begin`` is where the translation begins in the output of the text ``source``."""
        results = []
        for index, (match, check, requested) in enumerate(zip(self.matches, self.checks, self.requested, strict=True)):
            mention = self._mention(source, match, requested)
            if check.met and check.start is not None and check.end is not None:
                mention |= {
                    "target": check.target,
                    "target_start": begin + check.start,
                    "target_end": begin + check.end,
                    "status": "constrained" if self.constrained else "model",
                }
            else:
                reason = (
                    "the constrained search did not spell it as a word of its own"
                    if self.constrained
                    else "not in the output, and no hard constraint was requested"
                )
                mention |= {"status": "unsatisfied", "reason": self.hypothesis.unmet.get(index, reason)}
            results.append(TermResult(term=match.term, **mention))
        for match, requested in self.refused:
            mention = self._mention(source, match, requested) | {
                "status": "unsatisfied",
                "reason": "longer than the model can write",
            }
            results.append(TermResult(term=match.term, **mention))
        return sorted(results, key=lambda result: result.source_start)

    def entity_results(self, source: str, begin: int) -> list[EntityResult]:
        """Report on each entity; arguments as ``term_results``."""
        text, results = self.hypothesis.text, []
        lost = self.lost or [False] * len(self.entities)
        for entity, span, was_lost in zip(self.entities, self.found, lost, strict=True):
            mention = self._mention(source, entity, entity.target if entity.certain else "")
            status: Status = "unsatisfied"
            if span is not None:
                start, end = span
                mention |= {"target": text[start:end], "target_start": begin + start, "target_end": begin + end}
                status = "constrained" if was_lost else "model"
            status = status if entity.certain else "doubtful"
            results.append(EntityResult(kind=entity.kind, status=status, **mention))
        return results

    def _mention(self, source: str, place: TermMatch | Entity, requested: str) -> dict[str, Any]:
        start, end = self.sentence.span(place.start, place.end)
        return {
            "source": source[start:end],
            "source_start": start,
            "source_end": end,
            "sentence": self.sentence.number,
            "requested": requested,
        }


def _count(target: str, text: str) -> int:
    """How often a name or number stands in a text, as part of no longer one."""
    if text.count(target) < 2:
        return 0
    return len(re.findall(rf"(?<![\w.,]){re.escape(target)}(?!\w|[.,]\d)", text))


def _moved(match: TermMatch, by: int) -> TermMatch:
    return replace(match, start=match.start + by, end=match.end + by)
