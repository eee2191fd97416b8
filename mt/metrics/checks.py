"""Quality checks: errors that a reader sees first, such as missing numbers, untranslated Chinese and repetition.

Each is a share of segments, or of numbers, in percent. None is always an error, so reports show the human
reference's own share beside it.
"""

import re
import unicodedata
from collections.abc import Sequence

from mt.text.han import has_han
from mt.text.numbers import expected, loosened
from mt.text.numbers.chinese import read_chinese
from mt.text.numbers.english import read_english

# Key -> description. For all of them lower is better.
CHECKS = {
    "missing_numbers": "numbers of the source missing in the output",
    "untranslated": "segments with Chinese characters",
    "repetition": "segments that repeat a phrase three times in a row",
    "too_short": "segments under half the reference's length",
    "too_long": "segments over twice the reference's length",
    "empty": "empty segments",
}

_SHARES = ("percent", "points", "fraction")
_REPEAT = re.compile(r"\b(\w+(?:\W+\w+){0,5}?)(?:\W+\1\b){2}", re.IGNORECASE)


def quality_checks(
    sources: Sequence[str], hypotheses: Sequence[str], references: Sequence[str]
) -> dict[str, float | None]:
    """Measure, in percent, how much of one system's output fails each of :data:`CHECKS`.

    Lengths are compared with the reference's. ``missing_numbers`` is None where the source has no numbers.
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
    """Find the numbers of a source that its translation lacks, in digits, words or another scale; and how many it has.

    Expected are numbers in digits and large ones in numerals, shares, and the parts of dates and clock times, each as
    often as it occurs.
    """
    found = read_english(unicodedata.normalize("NFKC", hypothesis))
    parts = [(number.kind, part) for number in expected(read_chinese(source), source) for part in number.parts]
    missing = []
    for kind, part in parts:
        # A share as one; itself rather than a year without its century.
        share = kind == "percent"
        own = [(place, one.parts[0]) for place, one in enumerate(found) if not share or one.kind in _SHARES]
        places = (place for values in (set, loosened) for place, one in own if not values(part).isdisjoint(values(one)))
        place = next(places, None)
        if place is None:
            missing.append(str(part[0]))
        else:
            del found[place]
    return missing, len(parts)
