"""Spans of a Chinese text with one certain English form, numbers and names, and where a translation has them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mt.text.numbers import Number
from mt.text.numbers.english import find_translations
from mt.text.protected import COPIED_BY_MODELS, Kind

_SEAM = re.compile("(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=[0-9])")


@dataclass(frozen=True, slots=True)
class Entity:
    """A number, a name or a protected span in a Chinese text.

    Args:
        start, end: its span, in characters.
        forms: how English may write it, the preferred form first.
        kind: what it is.
        number: of a number, what it says; any form that says so is right.
        certain: whether its English is; if not, it is not requested, but reported for a person to look at.
    """

    start: int
    end: int
    forms: tuple[str, ...]
    kind: Literal["number", "name"] | Kind
    number: Number | None = None
    certain: bool = True

    @property
    def target(self) -> str:
        """The preferred English form; empty where none is known."""
        return self.forms[0] if self.forms else ""

    @property
    def annotated(self) -> bool:
        """Whether its English is written into the source, between tags."""
        return self.certain and self.kind in ("number", "name")

    @property
    def copied(self) -> bool:
        """Whether it is a name or digits in the source that a model mostly copies by itself."""
        return self.kind in COPIED_BY_MODELS

    @property
    def masked(self) -> bool:
        """Whether it is hidden from the model, which would change it."""
        return not self.copied and self.kind not in ("number", "name")

    def moved(self, by: int) -> Entity:
        """The same entity ``by`` characters further on."""
        return replace(self, start=self.start + by, end=self.end + by)


def find_entities(entities: Sequence[Entity], english: str) -> list[tuple[int, int] | None]:
    """Return the span of each entity in an English text, in any of its forms; None where it is missing.

    Equal entities need a span each.
    """
    english = english.replace("’", "'")
    counted = [entity for entity in entities if entity.number is not None]
    copied = [index for index, entity in enumerate(counted) if entity.copied]
    numbers = iter(find_translations([entity.number for entity in counted if entity.number], english, copied))
    begin: dict[str, int] = {}
    found: list[tuple[int, int] | None] = []
    for entity in entities:
        span = next(numbers) if entity.number is not None else None
        for form in entity.forms if entity.number is None else ():
            # Part of neither a longer number nor a word; names may be spaced (iPhone 8) or have a plural (NGOs).
            written = "[ -]?".join(map(re.escape, _SEAM.split(form))) if entity.kind == "latin" else re.escape(form)
            plural = "(?:'?s)?" if form[-1].isupper() else ""
            match = re.compile(
                rf"(?<![\w.,])(?<!\d[ -](?=\d)){written}{plural}(?!\w)(?![.,]\d)(?! (?:m|b|tr)illion| thousand)", re.I
            ).search(english, begin.get(form, 0))
            if match is not None:
                begin[form] = match.end()
                span = match.span()
                break
        found.append(span)
    return found
