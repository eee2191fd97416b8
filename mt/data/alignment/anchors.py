"""What a sentence and its translation visibly share: numbers, Latin words, names, quotations.

Names are found through pinyin (``Xiang Qionghua`` reads 向琼花), without a dictionary. Only what occurs in a single
sentence on each side counts: repetitions differ between the languages (a name, then a pronoun), and made the alignment
of newstest2017 and of the Government Work Reports worse.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from mt.text.numbers import Number, expected
from mt.text.numbers.chinese import read_chinese
from mt.text.numbers.english import read_english
from mt.text.pinyin import readings, syllabify

# Cost, in nats, of each side in a bead without the other.
_WEIGHTS = {"number": 1.0, "latin": 1.0, "name": 1.0, "quotation": 0.5}


class Anchor(NamedTuple):
    """Something in exactly one sentence on each side: kind and form, the two indices, and its weight in nats."""

    key: tuple[str, str]
    zh: int
    en: int
    weight: float


# Each key with the indices of its sentences.
_Places = dict[tuple[str, str], set[int]]

_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]+")
_NAMES = re.compile(r"[A-Z][a-z]+(?:['’][a-z]+)?(?: [A-Z][a-z]+(?:['’][a-z]+)?)*")
_QUOTATION = re.compile(r"[“\"「]")


def find_anchors(zh: Sequence[str], en: Sequence[str]) -> list[Anchor]:
    """Find what occurs in one sentence of either side."""
    zh_places: _Places = defaultdict(set)
    en_places: _Places = defaultdict(set)
    for places, sentences, read in ((zh_places, zh, read_chinese), (en_places, en, read_english)):
        for index, text in enumerate(sentences):
            for number in _keys(read(text), text):
                places["number", number].add(index)
            for word in _LATIN.findall(text):
                places["latin", word.lower()].add(index)
            if _QUOTATION.search(text):
                places["quotation", ""].add(index)
    _add_names(zh, en, zh_places, en_places)
    return [
        Anchor(key, min(zh_places[key]), min(en_places[key]), _WEIGHTS[key[0]])
        for key in sorted(zh_places.keys() & en_places.keys())
        if len(zh_places[key]) == len(en_places[key]) == 1
    ]


def _keys(numbers: Iterable[Number], text: str) -> set[str]:
    keys = set()
    for number in expected(numbers, text):
        # The month of a date is no other number.
        month = next((part for part in number.parts if part[0] <= 12), None) if number.kind == "date" else None
        keys |= {f"{'month ' * (part is month)}{float(part[0]):.10g}" for part in number.parts}
    return keys


def _add_names(zh: Sequence[str], en: Sequence[str], zh_places: _Places, en_places: _Places) -> None:
    candidates: dict[str, set[int]] = defaultdict(set)
    for index, text in enumerate(en):
        for run in _NAMES.findall(text):
            # Surname and given name, or a single word of two syllables or more.
            words = run.split(" ")
            for name in [*words, *map(" ".join, pairwise(words))]:
                candidates[name].add(index)
    # Sentence and offset of each syllable.
    index_of: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for index, text in enumerate(zh):
        for place, character in enumerate(text):
            for reading in readings(character):
                index_of[reading.replace("ü", "u")].append((index, place))
    for name, where in candidates.items():
        holding: set[int] = set()
        for way in (way for way in _syllables(name) if len(way) > 1):
            starts = set(index_of.get(way[0], ()))
            for offset, syllable in enumerate(way[1:], 1):
                starts &= {(index, place - offset) for index, place in index_of.get(syllable, ())}
            holding |= {index for index, _ in starts}
        if holding:
            zh_places["name", name], en_places["name", name] = holding, where


def _syllables(name: str) -> list[tuple[str, ...]]:
    ways: list[tuple[str, ...]] = [()]
    for word in name.replace("’s", "").replace("'s", "").split(" "):
        ways = [head + tail for head in ways for tail in syllabify(word)]
    return [tuple(syllable.replace("ü", "u") for syllable in way) for way in ways]
