"""What is asked of a model besides the glossary's terms: large figures and the names of persons."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from mt.glossary.matching.source_matcher import TermMatch
from mt.inference.sentences import Sentence
from mt.text.entities import Entity
from mt.text.numbers import find_numbers
from mt.text.person_names import find_person_names

__all__ = ["find_asked", "without_overlaps"]


def find_asked(
    sentences: Sequence[Sentence], documents: Sequence[Any] | None, *, figures: bool, names: bool
) -> list[list[Entity]]:
    """Find what each sentence holds; a name is known by all the sentences of its document.

    Args:
        sentences: of all texts, in their order.
        documents: for each text the document it belongs to; None where all are one.
        figures, names: what to look for.
    """
    found: list[list[Entity]] = []
    for _, group in groupby(
        sentences, key=lambda sentence: documents[sentence.text] if documents is not None else None
    ):
        sources = [sentence.source for sentence in group]
        persons = find_person_names(sources) if names else [[] for _ in sources]
        for source, own in zip(sources, persons, strict=True):
            numbers: list[Entity] = list(find_numbers(source)) if figures else []
            found.append(sorted([*numbers, *without_overlaps(own, numbers)], key=lambda reading: reading.start))
    return found


def without_overlaps(readings: Sequence[Entity], others: Sequence[Entity | TermMatch]) -> list[Entity]:
    """Leave out what overlaps another: a name that is part of a figure, or either that is the glossary's."""
    return [
        reading
        for reading in readings
        if not any(other.start < reading.end and reading.start < other.end for other in others)
    ]
