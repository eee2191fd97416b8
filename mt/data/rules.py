"""Rules for bilingual pairs; each returns why a pair is not worth training on, or None. None looks at meaning."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from fractions import Fraction

from mt.text.han import HAN
from mt.text.numbers import Number, loosened
from mt.text.numbers.chinese import read_chinese
from mt.text.numbers.english import read_english

_HAN, _NOT_HAN = re.compile(f"[{HAN}]"), re.compile(f"[^{HAN}]")
_LATIN = re.compile(r"[A-Za-z]")
_OTHER_LATIN = re.compile(r"[À-ɏ]")
JAPANESE_KOREAN = re.compile(r"[\u3041-\u30fa\u30fd-\u30ff\u1100-\u11ff\uac00-\ud7af]")
_CYRILLIC_ARABIC = re.compile(r"[\u0400-\u06ff]")
_LEAST_HAN, _LEAST_LATIN = 0.3, 0.5
# "café" and "São Tomé" pass, a French sentence does not.
_MOST_ACCENTS = 0.06

# English running text has about 3.2 characters for one Chinese character, 2 to 5 in nine of ten pairs of
# newstest2017-2018; Latin words and numbers in the Chinese count as they are. Short sides get a constant margin.
_EXPECTED, _SHORTEST, _LONGEST, _MARGIN = 3.4, 0.35, 2.8, 14.0
_LONGEST_WORD = 45

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
# From so many words on, a target with more than this share of them in the source is a copy.
_FEWEST_WORDS, _MOST_SHARED = 4, 0.6

_MARKUP = re.compile(
    r"<[a-zA-Z/!][^>]*>|&[a-zA-Z]+;|&#\d+;|\{\{|\}\}|\\[ntu\\]|\$\{|\]\(|"
    # printf and Python placeholders, and those of Qt, MediaWiki and Cataclysm
    r"%[-+#0]?\d*\.?\d*[sdiufxc]\b|%\(|%[1-9]|\{\w*\}|<[\w ]+>"
)
# "$1" is a placeholder in Chinese, which writes sums as 1美元, but "$1 million" is English.
_ZH_PLACEHOLDER = re.compile(r"\$\d(?![\d.,])")
_ADDRESS = re.compile(r"https?:|www\.|\w@\w+\.\w")
_SYMBOLS = re.compile(r"[{}<>\\|~^_=@#*$+`/\[\]■◆●★☆▲△□◇→�]")
_RUN = re.compile(r"([^\w\s])\1{3,}|([!?！？。，,])(?:\s?\2){3,}")
_MOST_SYMBOLS = 0.06

# Digits inside names ("3G", "B12") need no counterpart but may be one.
_ANY_DIGITS = re.compile(r"\d[\d,]{0,50}(?:\.\d{1,50})?")
_MEANT: dict[str, tuple[float, ...]] = {
    digit: (value, 10 * value) for value, digit in enumerate("零一二三四五六七八九")
}
_MEANT |= {"两": (2, 20), "俩": (2,), "双": (2,), "半": (0.5,), "廿": (20,)}


def drop_reason(zh: str, en: str) -> str | None:
    """Return the reason of the first rule that rejects a pair, or None."""
    rules = (wrong_script, odd_length, copied, markup_or_symbols, numbers_differ)  # cheapest first
    return next((reason for rule in rules if (reason := rule(zh, en)) is not None), None)


def wrong_script(zh: str, en: str) -> str | None:
    """Reject a pair with a side in another script than its language's."""
    if not zh or not en:
        return "empty side"
    han = len(_HAN.findall(zh))
    if han == 0 or han < _LEAST_HAN * len("".join(zh.split())) or JAPANESE_KOREAN.search(zh):
        return "source not Chinese"
    if _HAN.search(en) or JAPANESE_KOREAN.search(en):
        return "Chinese in target"
    letters = len(_LATIN.findall(en))
    if letters < _LEAST_LATIN * len("".join(en.split())) or _CYRILLIC_ARABIC.search(en):
        return "target not English"
    return "target not English" if len(_OTHER_LATIN.findall(en)) > _MOST_ACCENTS * letters + 2 else None


def odd_length(zh: str, en: str) -> str | None:
    """Reject a pair whose ratio of lengths is unlike a translation's, or with a word too long to be one."""
    outside = len(_NOT_HAN.findall(zh))
    expected = _EXPECTED * (len(zh) - outside) + outside
    if len(en) + _MARGIN < _SHORTEST * expected or len(en) > _LONGEST * expected + _MARGIN:
        return "length ratio"
    return "length ratio" if max(map(len, en.split()), default=0) > _LONGEST_WORD else None


def copied(zh: str, en: str) -> str | None:
    """Reject a pair most of whose English words are in the Chinese side already."""
    words, others = _WORD.findall(en.lower()), set(_WORD.findall(zh.lower()))
    shared = sum(word in others for word in words)
    return "copy" if zh == en or (len(words) >= _FEWEST_WORDS and shared > _MOST_SHARED * len(words)) else None


def markup_or_symbols(zh: str, en: str) -> str | None:
    """Reject a pair with markup, placeholders or addresses, or with too many symbols for running text."""
    if _ZH_PLACEHOLDER.search(zh):
        return "markup"
    for text in (zh, en):
        if _MARKUP.search(text) or _ADDRESS.search(text):
            return "markup"
        if len(_SYMBOLS.findall(text)) > _MOST_SYMBOLS * len(text) + 1 or _RUN.search(text):
            return "symbols"
    return None


def numbers_differ(zh: str, en: str) -> str | None:
    """Reject a pair with a number in digits on one side that has none of its possible values on the other.

    Numbers in words need no counterpart: Chinese has 一个 where English has "a".
    """
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
