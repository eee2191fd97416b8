"""Hanyu Pinyin without tones: the readings of a character, the syllables of a name.

Readings come from the table of ``pypinyin`` (Unihan and the mozillazg pinyin data). Tones are ignored: scraped readings
have marks, digits or nothing, and tones differ between the mainland and Taiwan (質 zhì / zhí).
"""

import unicodedata
from functools import cache, lru_cache

# Macron, acute, caron, grave; a breve often stands for the caron.
_TONE_MARKS = frozenset("\u0304\u0301\u030c\u0300\u0306")
# Chinese word processors write pinyin with the phonetic alphabet's a and g; v stands for ü.
_LETTERS = str.maketrans({"ɑ": "a", "ɡ": "g", "v": "ü"})
_LONGEST_SYLLABLE = 6
_ALPHABET = frozenset("abcdefghijklmnopqrstuvwxyzü")


def toneless(syllable: str) -> str:
    """Strip tone marks or a tone digit: ``"lǚ"`` → ``"lü"``, ``"lv3"`` → ``"lü"``, ``"jí"`` → ``"ji"``."""
    letters = unicodedata.normalize("NFD", syllable.lower().translate(_LETTERS))
    bare = "".join(letter for letter in letters if letter not in _TONE_MARKS)
    return unicodedata.normalize("NFC", bare).rstrip("12345")


@lru_cache(maxsize=16384)
def readings(char: str) -> frozenset[str]:
    """Every toneless reading of one character; empty for all but ideographs."""
    from pypinyin.constants import PINYIN_DICT

    return frozenset(toneless(reading) for reading in PINYIN_DICT.get(ord(char), "").split(",") if reading)


@cache
def _syllables() -> frozenset[str]:
    """Every syllable, ü also as the u and v of names."""
    from pypinyin.constants import PINYIN_DICT

    found: set[str] = set()
    for code, listed in PINYIN_DICT.items():
        # The basic block only: rarer characters have dialect readings that are not Mandarin syllables.
        if 0x4E00 <= code <= 0x9FFF:
            found.update(toneless(reading) for reading in listed.split(","))
    found = {syllable for syllable in found if set(syllable) & set("aeiouü") and set(syllable) <= _ALPHABET}
    return frozenset(found | {syllable.replace("ü", "u") for syllable in found})


@lru_cache(maxsize=16384)
def syllabify(word: str) -> tuple[tuple[str, ...], ...]:
    """Every way to split ``word`` (any case, no tones, an apostrophe allowed) into pinyin syllables.

    ``"Xian"`` gives ``("xian",)`` and ``("xi", "an")``; a word that is not pinyin gives ``()``.
    """
    rest = word.lower().replace("’", "'")
    if "'" in rest:
        # The apostrophe marks a syllable's start: Xi'an is never one syllable.
        combined: list[tuple[str, ...]] = [()]
        for part in rest.split("'"):
            combined = [head + tail for head in combined for tail in syllabify(part)]
        return tuple(combined)
    ways: list[list[tuple[str, ...]]] = [[()]]
    for end in range(1, len(rest) + 1):
        ways.append(
            [
                (*head, rest[start:end])
                for start in range(max(0, end - _LONGEST_SYLLABLE), end)
                if rest[start:end] in _syllables()
                for head in ways[start]
            ]
        )
    return tuple(ways[len(rest)]) if rest else ()
