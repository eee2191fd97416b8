"""The one grammar of numbers: what a Chinese text says (``chinese``) and what an English one does (``english``)."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Kind = Literal["number", "percent", "points", "fraction", "date", "time", "code"]

# Telephone and identity numbers, addresses and versions: no quantities.
CODE = r"(?:\d{11,40}|0\d{2,3}-\d{7,8}|\d{1,20}(?:-\d{1,20}){2,20}|\d{1,20}(?:\.\d{1,20}){2,20})(?!\d)"
DIGITS = r"(?:\d{1,3}(?:,\d{3}){1,9}|\d{1,25})(?!\d)(?:\.(?!\d{4}[年-]|\d\d?月\d)\d{1,25}(?!\d))?"


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a text, which may have several parts.

    Args:
        start, end: its span, in characters.
        kind: what it counts; a code is a telephone or identity number and the like.
        parts: for each part its possible values, the likeliest first. A number has one, a range two; a date year,
            month and day, as far as it has them, a clock time hour and minute. 30% is 30, or 3/10.
        more: whether the text says "somewhat more".
        certain: whether there is no other way to read it.
    """

    start: int
    end: int
    kind: Kind
    parts: tuple[tuple[Fraction, ...], ...]
    more: bool = False
    certain: bool = True


def loosened(values: Iterable[Fraction]) -> set[Fraction]:
    """Return the values and, of what may be a year, that without the century."""
    return {one for value in values for one in ((value, value % 100) if 1000 < value < 2100 else (value,))}


def expected(numbers: Iterable[Number], text: str) -> list[Number]:
    """Return the numbers of a text that its translation must have: not small ones in words, as in 一个人, a man."""
    return [
        number
        for number in numbers
        if any(character.isdecimal() for character in text[number.start : number.end])
        or (number.certain and (number.kind != "number" or number.parts[0][0] >= 100))
    ]
