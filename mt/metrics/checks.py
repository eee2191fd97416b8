"""Quality checks: errors that a reader sees first, such as missing numbers, untranslated Chinese and repetition.

Each is a share of segments, or of numbers, in percent. None is always an error, so reports show the human
reference's own share beside it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from mt.text.han import has_han

# Key -> description. For all of them lower is better.
CHECKS = {
    "missing_numbers": "numbers of the source missing in the output",
    "untranslated": "segments with Chinese characters",
    "repetition": "segments that repeat a phrase three times in a row",
    "too_short": "segments under half the reference's length",
    "too_long": "segments over twice the reference's length",
    "empty": "empty segments",
}

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
# 3万 is 30,000, 20多亿 over two billion, 90年代 the 1990s: English writes these with other digits.
_RESCALED = re.compile(r"(?:[\d,.]+\s*[多余几]?\s*[十百千万亿兆]+)+[\d,.]*|\d+(?=年代|后)")
_MONTH = re.compile(r"(?<!\d)(1[0-2]|0?[1-9])\s*月")
_MONTHS = "january february march april may june july august september october november december".split()
_REPEAT = re.compile(r"\b(\w+(?:\W+\w+){0,5}?)(?:\W+\1\b){2}", re.IGNORECASE)
_SMALL = "one two three four five six seven eight nine ten".split()
_WORDS = {str(number): word for number, word in enumerate(_SMALL, 1)}


def quality_checks(
    sources: Sequence[str], hypotheses: Sequence[str], references: Sequence[str]
) -> dict[str, float | None]:
    """Measure how much of one system's output fails each check; lengths are compared with the reference's.

    Returns:
        Each of :data:`CHECKS` in percent; ``missing_numbers`` is None where the source has no numbers.
    """
    missing = total = 0
    segments = dict.fromkeys(list(CHECKS)[1:], 0)
    for source, hypothesis, reference in zip(sources, hypotheses, references, strict=True):
        lost, count = missing_numbers(source, hypothesis)
        missing += len(lost)
        total += count
        empty = not hypothesis.strip()
        segments["empty"] += empty
        segments["untranslated"] += has_han(hypothesis)
        segments["repetition"] += bool(_REPEAT.search(hypothesis))
        # Ten characters more or less in a short line are no error.
        segments["too_short"] += not empty and 2 * len(hypothesis) + 10 < len(reference)
        segments["too_long"] += len(hypothesis) > 2 * len(reference) + 10
    shares = {name: 100.0 * count / len(sources) for name, count in segments.items()}
    return {"missing_numbers": 100.0 * missing / total if total else None, **shares}


def missing_numbers(source: str, hypothesis: str) -> tuple[list[str], int]:
    """Find the numbers of a source that its translation lacks.

    Numbers in digits count, each as often as it occurs. Those with 万, 亿 and the like, and decades, are skipped,
    since English writes them differently; N月 may be rendered by the month's name, and 1 to 10 as words.

    Returns:
        (the missing numbers, how many were expected).
    """
    source = unicodedata.normalize("NFKC", source)
    hypothesis = unicodedata.normalize("NFKC", hypothesis)
    source = _RESCALED.sub(" ", source)
    # Each expected number, and the words that may stand for it.
    expected: list[tuple[str, tuple[str, ...]]] = []
    for match in _MONTH.finditer(source):
        month = match[1].lstrip("0")
        name = _MONTHS[int(month) - 1]
        expected.append((month, (name, name[:3])))
    for text in _NUMBER.findall(_MONTH.sub(" ", source)):
        number = _plain(text)
        expected.append((number, (_WORDS[number],) if number in _WORDS else ()))
    words = Counter(re.findall(r"[a-z]+", hypothesis.lower()))
    numbers = Counter(_plain(number) for number in _NUMBER.findall(hypothesis))
    missing = []
    for number, names in expected:
        word = next((name for name in names if words[name]), None)
        if word is not None:
            words[word] -= 1
        elif numbers[number]:
            numbers[number] -= 1
        else:
            missing.append(number)
    return missing, len(expected)


def _plain(number: str) -> str:
    return number.replace(",", "").lstrip("0") or "0"
