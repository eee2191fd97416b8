"""Segments with large numbers: real pairs with a number exchanged on both sides for one in 万 or 亿.

General sentences have hardly any, while documents of governments and banks are full of them. The exchanged ones teach
a model to convert them, and to rely on those that a request annotates.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mt.text.numbers.requested import find_numbers, number_spans
from recipes.starter.filtering.filtered_pairs import FilteredPair

# A number of two to six digits that counts something: no date, age, share, time, ordinal or part of a name.
_COUNT = re.compile(
    r"(?<![\dA-Za-z.,:：/第\-－~～年])\d{2,6}(?![\dA-Za-z.,:：/\-－~～年月日号时点分秒岁届次章节页路楼班级型度%％世后])"
)
# Numbers that may be years.
_YEARS = range(1900, 2101)

_DIGITS = "零一二三四五六七八九"
_UNITS = ("", "十", "百", "千")

# Shares of numbers spelt in Chinese, followed by 多 (more than), and in 亿 instead of 万; most are written as 3.2万.
_SPELT_SHARE, _MORE_SHARE, _BILLIONS_SHARE = 0.25, 0.08, 0.5
# Significant digits; repeated ones are drawn more often.
_PRECISIONS = (1, 2, 2, 3, 3, 4)


def exchange_numbers(pairs: Iterable[FilteredPair], *, copies: int, seed: int) -> Iterator[FilteredPair]:
    """Yield ``copies`` new pairs, without terms, of each pair that has a number to exchange."""
    rng = random.Random(seed)
    for pair in pairs:
        # A pair that may only be used annotated would lose its annotation.
        sites = [] if pair.annotated_only else _sites(pair.zh, pair.en)
        for _ in range(copies if sites else 0):
            start, end, first, last = rng.choice(sites)
            written, target = _draw(rng)
            zh, en = (
                text[:begin] + new + text[stop:]
                for text, begin, new, stop in ((pair.zh, start, written, end), (pair.en, first, target, last))
            )
            # Together with its neighbours it may be read as another number.
            if (start, start + len(written), first, first + len(target)) in number_spans(zh, en):
                yield replace(pair, zh=zh, en=en, terms=())


def _sites(zh: str, en: str) -> list[tuple[int, int, int, int]]:
    sites = number_spans(zh, en)
    for match in _COUNT.finditer(zh):
        number = match[0]
        if int(number) in _YEARS or zh.count(number) > 1:
            continue
        places = [place for form in {number, f"{int(number):,}"} for place in _whole(form).finditer(en)]
        if len(places) == 1:
            sites.append((*match.span(), *places[0].span()))
    return sites


def _whole(number: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.,$-]){re.escape(number)}(?![\w%-])(?![.,]\d)(?! (?:m|b|tr)illion| thousand| percent)")


def _draw(rng: random.Random) -> tuple[str, str]:
    """Draw a number as Chinese writes it, and its English."""
    while True:
        precision = rng.choice(_PRECISIONS)
        digits = rng.randrange(10 ** (precision - 1), 10**precision)
        scale = "亿" if rng.random() < _BILLIONS_SHARE else "万"
        # Up to 9,999 of the scale: from 10,000 on Chinese uses the next one.
        places = rng.randint(max(0, precision - 4), precision - 1 if rng.random() < 0.6 else 0)
        zeros = rng.randint(0, max(0, 4 - precision)) if not places else 0
        if rng.random() < _SPELT_SHARE:
            value = digits * 10**zeros * (10**8 if scale == "亿" else 10**4)
            written = spelt(value // 10**places)
        else:
            number = str(digits * 10**zeros) if not places else f"{digits / 10**places:.{places}f}"
            more = "多" if not places and zeros and rng.random() < _MORE_SHARE else ""
            written = f"{number}{more}{scale}"
        found = find_numbers(written)
        if len(found) == 1 and (found[0].start, found[0].end) == (0, len(written)):
            return written, found[0].target


def spelt(value: int) -> str:
    """Spell a number from 1 to 10¹² - 1 in Chinese: 一百二十万零五百."""
    parts: list[str] = []
    for scale, unit in ((10**8, "亿"), (10**4, "万"), (1, "")):
        section, value = divmod(value, scale)
        if section:
            # 零 replaces missing thousands after a larger section.
            parts.append(("零" if parts and section < 1000 else "") + _section(section) + unit)
    text = "".join(parts)
    return text.removeprefix("一") if text.startswith("一十") else text


def _section(value: int) -> str:
    text = ""
    gap = False
    for place in (3, 2, 1, 0):
        digit = value // 10**place % 10
        if digit:
            text += ("零" if gap and text else "") + _DIGITS[digit] + _UNITS[place]
            gap = False
        else:
            gap = True
    return text
