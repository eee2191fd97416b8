"""What is requested of a model besides terms: protected spans, large numbers and names of Chinese persons."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from mt.glossary.matching.source_matcher import TermMatch
from mt.inference.sentences import Sentence
from mt.text.entities import Entity
from mt.text.numbers.requested import find_numbers
from mt.text.person_names import find_person_names
from mt.text.protected import as_copied, find_protected

# Digits that English writes as they are: three and more, decimals, percentages; not before a scale, a date's or clock's
# unit. And names: Latin words with a capital or digit.
_SURE_DIGITS = re.compile(r"\d{3,}|\d+(?:[.,]\d+)+(?:%|[A-Za-z]+)?|\d+%")
_UNSURE_AFTER = re.compile(r"\s?(?:[万亿千百十余多几]|年代|世纪)")
_NAME = re.compile(r"(?=.*[A-Z0-9])..+")


def find_requested(
    sentences: Sequence[Sentence], documents: Sequence[Any] | None, *, numbers: bool, names: bool
) -> list[list[Entity]]:
    """Find the entities of each sentence; a name found once is found in all sentences of its document.

    Args:
        sentences: of all texts, in their order.
        documents: for each text the document it belongs to; None where all are one.
        numbers, names: what to look for.
    """
    found: list[list[Entity]] = []
    for _, group in groupby(
        sentences, key=lambda sentence: documents[sentence.text] if documents is not None else None
    ):
        members = list(group)
        sources = [sentence.source for sentence in members]
        persons = find_person_names(sources) if names else [[] for _ in sources]
        for sentence, own in zip(members, persons, strict=True):
            signs = any(entity.kind == "symbol" for entity in sentence.protected)
            counted = find_numbers(sentence.source) if numbers or signs else []
            entities = list(_with_numbers(sentence, counted))
            for others in (counted if numbers else [], own, list(_copied(sentence.source))):
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


def _copied(source: str) -> Iterator[Entity]:
    """Yield digits and names that a model mostly copies by itself."""
    for span in find_protected(source):
        text = source[span.start : span.end]
        if span.kind == "time" or (span.kind == "latin" and _NAME.fullmatch(text)):
            yield Entity(span.start, span.end, (as_copied(text, span.kind),), span.kind)
        elif span.kind == "digits" and _SURE_DIGITS.fullmatch(text) and not _UNSURE_AFTER.match(source, span.end):
            yield Entity(span.start, span.end, tuple(_digit_forms(text)), "digits")


def _digit_forms(text: str) -> list[str]:
    forms = [text]
    if text.isdecimal() and text[0] != "0":
        forms += [f"{int(text):,}", f"{text}s", f"{text}th"]
    if "," in text:
        forms.append(text.replace(",", ""))
    if text.endswith("%"):
        forms += [f"{text[:-1]} percent", f"{text[:-1]} per cent"]
    return forms


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
