"""Numbers that disagree: digits, Chinese numerals, number words, and the scales 万 and 亿 against million and billion.

Each number in digits must be on the other side with some value it may have: 3.5万 is 35,000 or 35 thousand, 二〇一八年
is 2018, 20世纪90年代 the 1990s, 5月 May, 三成 30%. Numbers in words need no counterpart: Chinese has 一个 where English
has "a".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2, "俩": 2, "双": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_ZH_SCALES = {"十": 1e1, "百": 1e2, "千": 1e3, "万": 1e4, "十万": 1e5, "百万": 1e6, "千万": 1e7, "亿": 1e8, "十亿": 1e9}
_ZH_SCALES |= {"百亿": 1e10, "千亿": 1e11, "万亿": 1e12, "成": 10}
_ZH_DIGITS = re.compile(r"(?<![A-Za-z\d.])(\d[\d,]*(?:\.\d+)?)(?![A-Za-z])")
_ZH_SCALE = re.compile(r"\s*[多余几]?\s*([十百千]?万亿?|[十百千]?亿|[十百千成])")
_ZH_NUMERAL = re.compile(r"[零〇○一二两俩双三四五六七八九十百千万亿]+(?:点[零〇○一二三四五六七八九]+)?")
_ZH_DECADE = re.compile(r"(\d{2})世纪(\d{2})年代")

_EN_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "mln": 1e6, "mn": 1e6, "m": 1e6, "billion": 1e9}
_EN_SCALES |= {"bn": 1e9, "trillion": 1e12, "tn": 1e12, "trln": 1e12, "k": 1e3, "dozen": 12, "percent": 1, "lakh": 1e5}
_EN_DIGITS = re.compile(
    r"(?<![A-Za-z\d.])(\d[\d,]*(?:\.\d+)?)(?:st|nd|rd|th|s|'s)?"
    r"(?:[\s-]*(hundred|thousand|million|mln|mn|m|billion|bn|trillion|trln|tn|k|dozen)\b)?(?![A-Za-z])",
    re.I,
)
_UNDER_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen".split()
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORDS = {word: value for value, word in enumerate(_UNDER_TWENTY)}
_WORDS |= {word: 10 * value for value, word in enumerate(_TENS, 2)}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12}
_LOOSE = {"once": 1, "single": 1, "twice": 2, "double": 2, "pair": 2, "couple": 2, "both": 2, "half": 0.5, "triple": 3}
_LOOSE |= {"quarter": 4, "decade": 10, "dozen": 12, "century": 100, "centuries": 100, "dual": 2, "twin": 2, "teens": 10}
_NAMES = "january february march april may june july august september october november december".split()
_MONTHS = {form: number for number, name in enumerate(_NAMES, 1) for form in (name, name[:3])} | {"sept": 9}
# Digits inside names ("3G", "B12") need no counterpart but may be one.
_ANY_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?")
_EN_WORD = re.compile(r"[a-z]+")


def numbers_differ(zh: str, en: str) -> str | None:
    """Reject a pair with a number in digits on one side that has no counterpart on the other."""
    zh = unicodedata.normalize("NFKC", zh)
    en = unicodedata.normalize("NFKC", en)
    zh_numbers = list(_zh_numbers(zh))
    en_numbers = list(_en_numbers(en))
    if not zh_numbers and not en_numbers:
        return None
    zh_values = {value for candidates in zh_numbers for value in candidates} | set(_zh_numerals(zh))
    en_values = {value for candidates in en_numbers for value in candidates} | set(_en_words(en))
    zh_values |= {_plain(digits) for digits in _ANY_DIGITS.findall(zh)}
    en_values |= {_plain(digits) for digits in _ANY_DIGITS.findall(en)}
    for numbers, values in ((zh_numbers, en_values), (en_numbers, zh_values)):
        # To five digits, as they may be rounded.
        keys = {f"{value:.5g}" for value in values}
        if any(keys.isdisjoint(f"{value:.5g}" for value in candidates) for candidates in numbers):
            return "numbers differ"
    return None


def _plain(digits: str) -> float:
    return float(digits.replace(",", ""))


def _zh_numbers(text: str) -> Iterator[set[float]]:
    """The values each number in digits may have."""
    decades = {}
    for match in _ZH_DECADE.finditer(text):
        whole = (int(match[1]) - 1) * 100 + int(match[2])
        decades[match.start(1)] = decades[match.start(2)] = float(whole)
    for match in _ZH_DIGITS.finditer(text):
        value = _plain(match[1])
        candidates = {value, value % 100} if 1000 < value < 2100 else {value}
        scale = _ZH_SCALE.match(text, match.end())
        if scale is not None and scale[1] in _ZH_SCALES:
            candidates.add(value * _ZH_SCALES[scale[1]])
        if match.start(1) in decades:
            candidates.add(decades[match.start(1)])
        if match.end() < len(text) and text[match.end()] in "时点:" and value <= 24:
            # 14点 is 2 p.m.
            candidates.add((value - 12) % 24)
        yield candidates


def _zh_numerals(text: str) -> Iterator[float]:
    for match in _ZH_NUMERAL.finditer(text):
        run, _, fraction = match[0].partition("点")
        if run:
            yield from _numeral(run)
        if fraction and run:
            decimals = "".join(str(_DIGITS[c]) for c in fraction)
            for value in _numeral(run):
                yield float(f"{value:.0f}.{decimals}")
    # 两三千, 七八十: each digit may be meant by itself.
    yield from (float(_DIGITS[c]) for c in text if c in _DIGITS)
    yield from (10.0 * _DIGITS[text[i - 1]] for i, c in enumerate(text) if c == "成" and i and text[i - 1] in _DIGITS)
    if "半" in text:
        yield 0.5
    if "廿" in text:
        yield 20.0


def _numeral(run: str) -> Iterator[float]:
    if all(c in _DIGITS for c in run):
        value = float("".join(str(_DIGITS[c]) for c in run))
        yield value
        if 1000 < value < 2100:
            yield value % 100
        return
    total, section, digit = 0.0, 0.0, 0.0
    for c in run:
        if c in _DIGITS:
            digit = _DIGITS[c]
        elif c in _UNITS:
            section += (digit or 1.0) * _UNITS[c]
            digit = 0.0
        else:
            scale = 1e4 if c == "万" else 1e8
            total = (total + section + digit or 1.0) * scale if c == "亿" else total + (section + digit or 1.0) * scale
            section = digit = 0.0
    yield total + section + digit


def _en_numbers(text: str) -> Iterator[set[float]]:
    afternoon = re.search(r"\d\s?p\.?m\b", text, re.I) is not None
    for match in _EN_DIGITS.finditer(text):
        value = _plain(match[1])
        candidates = {value}
        if match[2]:
            candidates.add(value * _EN_SCALES[match[2].lower()])
        if 1000 < value < 2100:
            candidates.add(value % 100)
            if text[match.end(1) : match.end(1) + 1] == "s":
                candidates.add(value // 100 + 1)
        if afternoon and value <= 12:
            candidates.add(value + 12)
        yield candidates


def _en_words(text: str) -> Iterator[float]:
    """The values of number words, alone and put together: "two hundred and fifty thousand"."""
    total, section, running = 0.0, 0.0, False
    for word in [*_EN_WORD.findall(text.lower()), ""]:
        value = _word_value(word)
        if value is not None:
            yield value
            # "nineteen ninety-eight", "twenty ten"
            if running and 10 <= section < 100 and value >= 10:
                section *= 100
            section += value
            running = True
        elif word in _EN_SCALES and word not in ("m", "k", "percent"):
            scale = _EN_SCALES[word]
            yield scale
            section = (section or 1.0) * scale
            if scale >= 1000:
                total, section = total + section, 0.0
            running = True
        elif word == "and" and running:
            continue
        else:
            if running:
                yield total + section
                yield section
            total, section, running = 0.0, 0.0, False
        if word in _MONTHS:
            yield float(_MONTHS[word])
        if word in _LOOSE:
            yield float(_LOOSE[word])


def _word_value(word: str) -> float | None:
    if word in _WORDS:
        return float(_WORDS[word])
    if word in _ORDINALS:
        return float(_ORDINALS[word])
    for ending, instead in (("ieth", "y"), ("th", ""), ("ies", "y"), ("s", "")):
        if word.endswith(ending) and word[: -len(ending)] + instead in _WORDS:
            return float(_WORDS[word[: -len(ending)] + instead])
    return None
