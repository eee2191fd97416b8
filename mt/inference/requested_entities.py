"""What is requested of a model besides terms: protected spans, large numbers and names of Chinese persons."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from mt.glossary.matching.source_matcher import TermMatch
from mt.inference.sentences import Sentence
from mt.text.entities import Entity
from mt.text.numbers.requested import find_numbers
from mt.text.person_names import find_person_names

_BETWEEN_NAMES = {"、": ", ", "，": ", ", " ": ", ", "和": " and ", "与": " and ", "及": " and ", "以及": " and "}


def find_requested(
    sentences: Sequence[Sentence], documents: Sequence[Any] | None, *, numbers: bool, names: bool
) -> list[list[Entity]]:
    """Find the entities of each sentence; a name found once is found in all sentences of its document.

    ``documents`` says for each text which document it belongs to; None where all are one.
    """
    found: list[list[Entity]] = []
    for _, group in groupby(
        sentences, key=lambda sentence: documents[sentence.text] if documents is not None else None
    ):
        members = list(group)
        sources = [sentence.source for sentence in members]
        persons = find_person_names(sources) if names else [[] for _ in sources]
        for sentence, own in zip(members, persons, strict=True):
            counted = find_numbers(sentence.source, copied=True)
            entities: list[Entity] = []
            for others in (
                [span for span in _with_numbers(sentence, counted) if span.masked],
                [number for number in counted if numbers or number.copied],
                own,
                [span for span in sentence.protected if span.copied],
            ):
                entities += without_overlaps(others, entities)
            found.append(sorted(entities, key=lambda entity: entity.start))
    return found


def _with_numbers(sentence: Sentence, counted: Sequence[Entity]) -> Iterator[Entity]:
    """Yield the protected spans, a sign together with the number in Chinese that it belongs to: ≥3亿, ￥1.2亿."""
    numbers = {number.start: number for number in counted}
    for entity in sentence.protected:
        number = numbers.get(entity.end) if entity.kind == "symbol" and not entity.target[-1].isalnum() else None
        if number is not None and number.certain and number.target[0].isdigit():
            entity = replace(entity, end=number.end, forms=(entity.target + number.target,))
        yield entity


def row_of_names(source: str, entities: Sequence[Entity]) -> str | None:
    """Return the English of a cell or sentence that is nothing but names, to which models add; None for any other."""
    written, place = "", 0
    for entity in entities:
        between = _BETWEEN_NAMES.get(source[place : entity.start]) if place else ""
        if entity.kind != "name" or not entity.certain or between is None or (not place and entity.start):
            return None
        written, place = written + between + entity.target, entity.end
    end = {"": "", "。": "."}.get(source[place:])
    return written + end if written and end is not None else None


def without_overlaps(entities: Sequence[Entity], others: Sequence[Entity | TermMatch]) -> list[Entity]:
    """Leave out entities that overlap something of higher priority: a term before all."""
    return [
        entity
        for entity in entities
        if not any(other.start < entity.end and entity.start < other.end for other in others)
    ]


def outside_masks(matches: Sequence[TermMatch], entities: Sequence[Entity]) -> list[TermMatch]:
    """Leave out terms within or across a span that is masked; one around a span has priority over it."""
    masked = [entity for entity in entities if entity.masked]
    return [
        match
        for match in matches
        if not any(
            entity.start < match.end and match.start < entity.end
            and not (match.start <= entity.start and entity.end <= match.end)
            for entity in masked
        )
    ]  # fmt: skip
