"""What a source says that is not to be guessed, figures and names: their English, and where a translation has it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol, Self

__all__ = ["Reading", "find_readings"]


class Reading(Protocol):
    """A span of a Chinese text and its English: ``figures.Figure``, ``person_names.PersonName``."""

    @property
    def start(self) -> int:
        """Where it begins, in characters."""

    @property
    def end(self) -> int:
        """Where it ends."""

    @property
    def target(self) -> str:
        """Its English, as it is asked for."""

    @property
    def forms(self) -> list[str]:
        """How English may write it, the preferred form first."""

    def moved(self, by: int) -> Self:
        """The same so many characters further on."""


def find_readings(readings: Sequence[Reading], english: str) -> list[tuple[int, int] | None]:
    """Return where each stands in an English text, in any of its forms; None where it does not."""
    english = english.replace("’", "'")
    begin: dict[str, int] = {}
    found: list[tuple[int, int] | None] = []
    for reading in readings:
        place = None
        for form in reading.forms:
            # Neither a part of a longer number nor of a word.
            pattern = rf"(?<![\w.,])(?<!\d[ -]){re.escape(form)}(?!\w)(?![.,]\d)(?! (?:m|b|tr)illion| thousand)"
            place = re.compile(pattern, re.I).search(english, begin.get(form, 0))
            if place is not None:
                begin[form] = place.end()
                break
        found.append(None if place is None else place.span())
    return found
