"""Pairs of phrases that translate each other, found in the training pairs themselves.

Annotated like terms, they teach a model to obey whatever it is asked for, and not one glossary: the
sampled terms of Dinu et al. 2019 and the sampled lemmas of Bergmanis & Pinnis 2021, without a word
aligner. Two strings count as a pair when nearly every segment that has one has the other (the Dice
coefficient over segments, as in Smadja et al. 1996, "Translating collocations for bilingual lexicons")
and each is the other's best partner.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from mt.text.han import HAN
from mt.text.stop_words import STOP_WORDS

_HAN_RUN = re.compile(f"[{HAN}]+")
_WORD = re.compile(r"[^\W\d_](?:[\w'’&-]*\w)?")
# Phrases this long are kept; longer ones are looked at only to know their parts as no phrases.
_LONGEST_HAN, _SEEN_HAN = 8, 10
_LONGEST_WORDS, _SEEN_WORDS = 4, 6
# What a phrase of its own does not begin or end with (in English, ``STOP_WORDS``).
_FUNCTION_CHARACTERS = frozenset("的了在和与及或是有为于由以对其这那之将从向被把并而也都就但等则不各该此至到因所使让给")
# More pairs than this add little and cost time.
_MOST_SEGMENTS = 8_000
# Segments in which both of a pair must occur, and the least 2·both / (first + second), counted in segments.
_MIN_COUNT, _MIN_DICE = 3, 0.6


def associated_phrases(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Return Chinese string → the English phrase that goes with it (lower case, a list of one).

    Of more than 8,000 (Chinese, English) segments an even sample is looked at.
    """
    stride = -(-len(pairs) // _MOST_SEGMENTS) if pairs else 1
    pairs = pairs[::stride]
    chinese, chinese_places = _recurring([set(_han_strings(zh)) for zh, _ in pairs])
    english, english_places = _recurring([set(_phrases(en)) for _, en in pairs])
    _drop_parts(chinese, chinese_places, list, _LONGEST_HAN)
    _drop_parts(english, english_places, str.split, _LONGEST_WORDS)
    held: list[list[str]] = [[] for _ in pairs]
    for string, places in chinese_places.items():
        for place in places:
            held[place].append(string)
    best_zh: dict[str, tuple[float, int, str]] = {}
    best_en: dict[str, tuple[float, int, str]] = {}
    for phrase, places in english_places.items():
        together: Counter[str] = Counter()
        for place in places:
            together.update(held[place])
        for string, both in together.items():
            dice = 2 * both / (len(chinese_places[string]) + len(places))
            if both < _MIN_COUNT or dice < _MIN_DICE:
                continue
            # Of equals the longer: it says more.
            if (dice, len(string), string) > best_en.get(phrase, (0.0, 0, "")):
                best_en[phrase] = (dice, len(string), string)
            if (dice, len(phrase), phrase) > best_zh.get(string, (0.0, 0, "")):
                best_zh[string] = (dice, len(phrase), phrase)
    return {string: [phrase] for string, (_, _, phrase) in sorted(best_zh.items()) if best_en[phrase][2] == string}


def _recurring(sets: Sequence[set[str]]) -> tuple[Counter[str], dict[str, list[int]]]:
    """Count strings over segments; where each that recurs occurs, but in no more than a fifth of them."""
    counts: Counter[str] = Counter()
    for strings in sets:
        counts.update(strings)
    most = max(_MIN_COUNT, len(sets) // 5)
    places: dict[str, list[int]] = defaultdict(list)
    for number, strings in enumerate(sets):
        for string in strings:
            if _MIN_COUNT <= counts[string] <= most:
                places[string].append(number)
    return counts, places


def _drop_parts(
    counts: Counter[str], places: dict[str, list[int]], cut: Callable[[str], list[str]], longest: int
) -> None:
    """Leave out strings that stand only inside one longer string, which are no phrases, and those too long."""
    for string in sorted(places, key=lambda string: (-len(cut(string)), string)):
        units = cut(string)
        separator = "" if len(units) == len(string) else " "
        for part in (separator.join(units[1:]), separator.join(units[:-1])):
            if part in places and counts[part] == counts[string]:
                del places[part]
        if len(units) > longest:
            places.pop(string, None)


def _han_strings(text: str) -> Iterator[str]:
    for run in _HAN_RUN.findall(text):
        for start in range(len(run)):
            for end in range(start + 2, min(start + _SEEN_HAN, len(run)) + 1):
                if run[start] not in _FUNCTION_CHARACTERS and run[end - 1] not in _FUNCTION_CHARACTERS:
                    yield run[start:end]


def _phrases(text: str) -> Iterator[str]:
    run: list[str] = []
    position = 0
    for word in _WORD.finditer(text):
        if text[position : word.start()].strip(" "):
            yield from _parts(run)
            run = []
        run.append(word.group().lower())
        position = word.end()
    yield from _parts(run)


def _parts(words: Sequence[str]) -> Iterator[str]:
    for start, first in enumerate(words):
        if first in STOP_WORDS or len(first) < 2:
            continue
        for end in range(start + 1, min(start + _SEEN_WORDS, len(words)) + 1):
            if words[end - 1] not in STOP_WORDS and len(" ".join(words[start:end])) > 3:
                yield " ".join(words[start:end])
