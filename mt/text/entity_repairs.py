"""Names and digits that a model wrote a little wrong, mended where there is no doubt what they stand for."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from mt.text.entities import Entity, find_entities
from mt.text.numbers.english import MONTHS
from mt.text.stop_words import common_words

_WORD = re.compile(r"\w[\w'’.&+-]*(?<![.'’-])")
# Least similarity of a misspelt name: HHSK for HSK is mended (0.86), OPEC for APEC not (0.75).
_ALIKE = 0.8
_WEEKDAYS = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"


def mend_entities(english: str, entities: Sequence[Entity]) -> str:
    """Mend what is to be copied and is not in a translation, but something very like it is, in one place only.

    The year of a date that is said twice goes, too: June 3, 2026, 2026.
    """
    spans = find_entities(entities, english)
    for index, entity in enumerate(entities):
        if (found := spans[index]) is not None:
            places, target = _second_years(english, entity, found[1]), ""
        elif entity.copied:
            places, target = (_misspelt if entity.kind == "latin" else _incomplete)(english, entity), entity.target
        else:
            continue
        taken = [span for span in spans if span is not None]
        places = [(a, b) for a, b in places if not any(start < b and a < end for start, end in taken)]
        if len(places) == 1:
            ((start, end),) = places
            english = english[:start] + target + english[end:]
            spans = find_entities(entities, english)
    return english


def _misspelt(english: str, name: Entity) -> list[tuple[int, int]]:
    """The runs of words most like a name, but for words that are no names."""
    wanted, words = _letters(name.target), list(_WORD.finditer(english))
    alike: dict[tuple[int, int], float] = {}
    for first, word in enumerate(words):
        for last in words[first : first + 4]:
            span = word.start(), last.end()
            letters = _letters(english[slice(*span)])
            if letters and (english[span[0]].isupper() or english[span[0]].isdigit()) and letters not in common_words():
                alike[span] = SequenceMatcher(None, letters, wanted, autojunk=False).ratio()
    best = max(alike.values(), default=0)
    return [span for span, ratio in alike.items() if ratio == best >= _ALIKE]


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def _incomplete(english: str, entity: Entity) -> list[tuple[int, int]]:
    """Where a date has day and year but a wrong month or none, and where a percentage lacks its sign."""
    date = re.fullmatch(rf"(?:{'|'.join(MONTHS)}) (\d+), (\d+)", entity.target)
    if date:
        pattern = rf"(?:\b(?!{_WEEKDAYS})[A-Z][a-z]{{2,8}}\.? )?(?<!\d ){date[1]}, {date[2]}\b"
    elif entity.target.endswith("%"):
        pattern = rf"(?<![\w.,]){re.escape(entity.target[:-1])}(?![\w.,%]|[ -]?per)"
    else:
        return []
    return [match.span() for match in re.finditer(pattern, english)]


def _second_years(english: str, entity: Entity, end: int) -> list[tuple[int, int]]:
    """Where the year of a date that ends at ``end`` stands by itself after it: June 3, 2026, 26."""
    if entity.number is None or entity.number.kind != "date" or entity.number.parts[0][0] < 1000:
        return []
    year = str(entity.number.parts[0][0])
    after = re.compile(rf", {year[2:]}(?=[.,;:)]|$)").match(english, end)
    return [
        match.span() for match in ([after] if after else re.compile(rf", {year}(?=[.,;:)]|$)").finditer(english, end))
    ]
