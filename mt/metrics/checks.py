"""Faults that a reader sees first: numbers lost, Chinese left standing, output too short, too long or looping.

Each is a share of segments, or of numbers, in percent; the human reference's own share stands beside it,
for none of these is always an error.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from mt.text.han import has_han

__all__ = ["FAULTS", "faults", "numbers_lost"]

# Key -> what it says. All are lower the better.
FAULTS = {
    "numbers_lost": "numbers of the source not in the output",
    "untranslated": "segments with Chinese characters",
    "repeating": "segments that repeat a phrase three times running",
    "too_short": "segments under half the reference's length",
    "too_long": "segments over twice the reference's length",
    "empty": "empty segments",
}

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
# 3万 is 30,000, 20多亿 over two billion, 90年代 the 1990s: those numbers do not come back as they stand.
_RESCALED = re.compile(r"(?:[\d,.]+\s*[多余几]?\s*[十百千万亿兆]+)+[\d,.]*|\d+(?=年代|后)")
_MONTH = re.compile(r"(?<!\d)(1[0-2]|0?[1-9])\s*月")
_MONTHS = "January February March April May June July August September October November December".split()
_REPEAT = re.compile(r"\b(\w+(?:\W+\w+){0,5}?)(?:\W+\1\b){2}", re.IGNORECASE)
_SMALL = "one two three four five six seven eight nine ten".split()
_WORDS = {str(number): word for number, word in enumerate(_SMALL, 1)}


def faults(sources: Sequence[str], hypotheses: Sequence[str], references: Sequence[str]) -> dict[str, float | None]:
    """Count the faults of one system.

    Args:
        sources: one string a segment.
        hypotheses: likewise.
        references: likewise; lengths are compared with it.

    Returns:
        Each of :data:`FAULTS` in percent; None for numbers where the source has none.
    """
    size = len(sources)
    lost = wanted = 0
    segments = dict.fromkeys(list(FAULTS)[1:], 0)
    for source, hypothesis, reference in zip(sources, hypotheses, references, strict=True):
        missing, count = numbers_lost(source, hypothesis)
        lost += len(missing)
        wanted += count
        empty = not hypothesis.strip()
        segments["empty"] += empty
        segments["untranslated"] += has_han(hypothesis)
        segments["repeating"] += bool(_REPEAT.search(hypothesis))
        # A few characters more or less in a short line are no fault.
        segments["too_short"] += not empty and 2 * len(hypothesis) + 10 < len(reference)
        segments["too_long"] += len(hypothesis) > 2 * len(reference) + 10
    shares = {name: 100.0 * count / size for name, count in segments.items()}
    return {"numbers_lost": 100.0 * lost / wanted if wanted else None, **shares}


def numbers_lost(source: str, hypothesis: str) -> tuple[list[str], int]:
    """Find the numbers of a source that its translation lacks.

    Numbers written in digits count, each as often as it stands; those with 万, 亿 and the like, and decades, are left
    out, for English writes them otherwise; N月 may come as the month's name, and 1 to 10 in words.

    Returns:
        (the numbers lost, how many were looked for).
    """
    source = unicodedata.normalize("NFKC", source)
    hypothesis = unicodedata.normalize("NFKC", hypothesis)
    words = Counter(re.findall(r"[a-z]+", hypothesis.lower()))
    source = _RESCALED.sub(" ", source)
    months = [match[1].lstrip("0") for match in _MONTH.finditer(source)]
    numbers = [_plain(number) for number in _NUMBER.findall(_MONTH.sub(" ", source))]
    there = Counter(_plain(number) for number in _NUMBER.findall(hypothesis))
    lost = []
    for number, names in [
        *((month, (_MONTHS[int(month) - 1].lower(), _MONTHS[int(month) - 1][:3].lower())) for month in months),
        *((number, (_WORDS[number],) if number in _WORDS else ()) for number in numbers),
    ]:
        name = next((name for name in names if words[name]), None)
        if name is not None:
            words[name] -= 1
        elif there[number]:
            there[number] -= 1
        else:
            lost.append(number)
    return lost, len(months) + len(numbers)


def _plain(number: str) -> str:
    number = number.replace(",", "")
    return number.lstrip("0") or "0"
