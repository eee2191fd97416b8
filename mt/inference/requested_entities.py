"""What is requested of a model besides the glossary's terms: large numbers and the names of Chinese persons."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from mt.glossary.matching.source_matcher import TermMatch
from mt.inference.sentences import Sentence
from mt.text.entities import Entity
from mt.text.numbers.requested import find_numbers
from mt.text.person_names import find_person_names


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
        sources = [sentence.source for sentence in group]
        persons = find_person_names(sources) if names else [[] for _ in sources]
        for source, own in zip(sources, persons, strict=True):
            counted = find_numbers(source) if numbers else []
            certain = [name for name in own if name.certain]
            found.append(sorted([*counted, *without_overlaps(certain, counted)], key=lambda entity: entity.start))
    return found


def without_overlaps(entities: Sequence[Entity], others: Sequence[Entity | TermMatch]) -> list[Entity]:
    """Leave out entities that overlap something of higher priority: a number before a name, a term before both."""
    return [
        entity
        for entity in entities
        if not any(other.start < entity.end and entity.start < other.end for other in others)
    ]
