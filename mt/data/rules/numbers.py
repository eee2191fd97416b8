"""Numbers that disagree: each in digits must be on the other side with some value it may have (``mt.text.numbers``).

Those in words need no counterpart: Chinese has 一个 where English has "a".
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from fractions import Fraction

from mt.text.numbers import Number, loosened
from mt.text.numbers.chinese import read_chinese
from mt.text.numbers.english import read_english

# Digits inside names ("3G", "B12") need no counterpart but may be one.
_ANY_DIGITS = re.compile(r"\d[\d,]{0,50}(?:\.\d{1,50})?")
_MEANT: dict[str, tuple[float, ...]] = {
    digit: (value, 10 * value) for value, digit in enumerate("零一二三四五六七八九")
}
_MEANT |= {"两": (2, 20), "俩": (2,), "双": (2,), "半": (0.5,), "廿": (20,)}


def numbers_differ(zh: str, en: str) -> str | None:
    """Reject a pair with a number in digits on one side that has no counterpart on the other."""
    en = unicodedata.normalize("NFKC", en)
    zh_numbers, en_numbers = list(read_chinese(zh)), read_english(en)
    zh_keys, en_keys = _keys(_values(zh, zh_numbers)), _keys(_values(en, en_numbers))
    # 两三千, 七八十: each digit may be meant by itself.
    zh_keys |= _keys(Fraction(digit) for character in zh for digit in _MEANT.get(character, ()))
    for text, numbers, keys in ((zh, zh_numbers, en_keys), (en, en_numbers, zh_keys)):
        for number in numbers:
            in_digits = any(character.isdecimal() for character in text[number.start : number.end])
            if in_digits and any(keys.isdisjoint(_keys(loosened(part))) for part in number.parts):
                return "numbers differ"
    return None


def _values(text: str, numbers: Iterable[Number]) -> Iterator[Fraction]:
    for number in numbers:
        for part in number.parts:
            yield from loosened(part)
    for digits in _ANY_DIGITS.findall(text):
        yield Fraction(digits.replace(",", ""))


def _keys(values: Iterable[Fraction]) -> set[str]:
    """To five digits, as numbers may be rounded."""
    return {f"{float(value):.5g}" for value in values}
