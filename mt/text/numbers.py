"""Large numbers, which Chinese counts in 万 (10⁴) and 亿 (10⁸) and English in thousands, millions and billions.

Translation models get them wrong by powers of ten more often than anything else, though their English is certain:
1218亿 is 121.8 billion. Found are numbers with such a scale (18万, 二百四十万, 五点二亿, 50多万, 600-700万) and spelt
numbers from a hundred on and decimals (一百六十, 四百一十二点五). Vague ones (几百万) and clock times are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from mt.text.entities import Entity, find_entities

_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_SCALES = {"万": 10**4, "亿": 10**8}

_SCALE = "[十百千]?万亿|[十百千]?[万亿]"
_ARABIC = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:[.．]\d+)?"
_SPELT = "[零〇一二两三四五六七八九十百千万亿]+"
_NUMBER = re.compile(
    # 18万, 1,218亿, 2 千万, 50多万, 600-700万
    rf"(?<![\dA-Za-z.．])(?<!\d,)(?:(?P<low>{_ARABIC})\s?(?:[-–—~～至到])\s?)?(?P<arabic>{_ARABIC})\s?(?P<more>[多余])?(?P<scale>{_SCALE})"
    # 二百四十万, 五点二亿, 四百一十二点五
    rf"|(?P<spelt>{_SPELT})(?:点(?P<decimals>[零〇一二三四五六七八九]+)(?P<times>{_SCALE})?)?"
)
# Before a spelt number: makes it vague (几百万) or an ordinal.
_VAGUE = re.compile(r"[几数多好若第初每半][\s]?$")
# After a decimal: 八点五十 is ten to nine. After a number: the denominator of a fraction.
_CLOCK, _FRACTION = re.compile("[十百千分刻半]"), re.compile("分之")

_WORDS = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"))
# Most decimals of a number in millions and more; with more decimals it is written out.
_DECIMALS = 3
# Spelt numbers of fewer characters and no scale (三百) are mostly spelt in English too.
_FEWEST_CHARACTERS = 3


def find_numbers(text: str) -> list[Entity]:
    """Find the numbers of a Chinese text (simplified script) that English counts otherwise, in order."""
    return list(_numbers(text))


def number_spans(zh: str, en: str) -> list[tuple[int, int, int, int]]:
    """Return (start, end, start in ``en``, end in ``en``) of each number of a pair that is found on both sides."""
    numbers = find_numbers(zh)
    spans = zip(numbers, find_entities(numbers, en), strict=True)
    return [(number.start, number.end, *span) for number, span in spans if span is not None]


def _numbers(text: str) -> Iterator[Entity]:
    for match in _NUMBER.finditer(text):
        low, more = None, match["more"] is not None
        if match["arabic"] is not None:
            scale = _scale(match["scale"])
            start, end, value = match.start("arabic"), match.end(), _plain(match["arabic"]) * scale
            # A lower end above the upper (2017-18万) is no range.
            if match["low"] is not None and (lower := _plain(match["low"]) * scale) < value:
                start, low = match.start("low"), lower
        else:
            found = _spelt_number(text, match)
            if found is None:
                continue
            start, (value, end) = match.start(), found
        if value and not _FRACTION.match(text, end) and (value.denominator == 1 or value < 10**6):
            yield Entity(start, end, tuple(number_forms(value, low=low, more=more)), "number", value)


def _spelt_number(text: str, match: re.Match[str]) -> tuple[Fraction, int] | None:
    """The value of a spelt number and where it ends; None where it is none or not to be requested."""
    run, end = match["spelt"], match.end("spelt")
    decimals = match["decimals"]
    if decimals is not None and (match["times"] is not None or len(run) > 1) and not _CLOCK.match(text, match.end()):
        end = match.end()
    else:
        decimals = None
        while len(run) > 1 and run[-1] in "百千" and run[-2] not in _DIGITS:
            # 三亿千瓦: 千 belongs to the unit of measure.
            run, end = run[:-1], end - 1
    value = _spelt(run)
    if value is None or _VAGUE.search(text, 0, match.start()):
        return None
    exact = Fraction(value)
    if decimals is not None:
        exact += Fraction(int("".join(str(_DIGITS[digit]) for digit in decimals)), 10 ** len(decimals))
        exact *= _scale(match["times"]) if match["times"] else 1
    elif value < 100 or (len(run) < _FEWEST_CHARACTERS and run[-1] not in _SCALES):
        return None
    return exact, end


def _spelt(run: str) -> int | None:
    """The value of a spelt integer; None where it is none or ambiguous."""
    total = section = 0
    digit: int | None = None
    last = 1
    for index, character in enumerate(run):
        if character in _DIGITS:
            if digit:
                return None  # 三四万: three or four
            digit = _DIGITS[character]
            if digit == 0:
                last = 1
        elif character in _UNITS:
            # 十 alone may begin a number or follow 零; another unit needs a digit before it.
            if digit is None and not (character == "十" and (index == 0 or run[index - 1] in "零〇")):
                return None
            if section and section % (10 * _UNITS[character]):
                return None  # 十九百
            last = _UNITS[character]
            section += (1 if digit is None else digit or 1) * last
            digit = None
        else:
            section += digit or 0
            if not section and not (character == "亿" and total):
                return None
            scale = last = _SCALES[character]
            if total % 10**8 if character == "万" else total >= 10**8:
                return None  # 三万五万
            total = (total + section) * scale if character == "亿" else total + section * scale
            section, digit = 0, None
    if digit:
        # 一万五 is 15,000, but 一万零五 10,005, and 二十五 25.
        section += digit * (last // 10 if last > 10 else 1)
    return total + section


def _plain(digits: str) -> Fraction:
    return Fraction(digits.replace(",", "").replace("．", "."))


def _scale(characters: str) -> int:
    value = 1
    for character in characters:
        value *= _UNITS.get(character) or _SCALES[character]
    return value


def number_forms(value: Fraction, *, low: Fraction | None = None, more: bool = False) -> list[str]:
    """Return how English may write a number, the preferred form first.

    Millions and more take the word (121.8 billion) unless that needs more than three decimals; smaller numbers are
    written in full (15,000).

    Args:
        value: the number, or the upper end of a range.
        low: the lower end of a range.
        more: whether the source says "somewhat more".
    """
    forms = _forms(value)
    if low is not None:
        lows = _forms(low)
        short, _, word = forms[0].partition(" ")
        own, _, own_word = lows[0].partition(" ")
        same = own_word == word
        dashed = [f"{own}-{short} {word}".strip()] if same else []
        joined = [f"{one} to {other}" for one, other in zip(lows, forms, strict=False)]
        return [*dashed, *joined, *([f"{own} to {short} {word}".strip()] if same else [])]
    return [f"{before} {form}" for before in ("more than", "over") for form in forms] if more else forms


def _forms(value: Fraction) -> list[str]:
    full = [f"{int(value):,}", str(int(value))] if value.denominator == 1 else [_decimal(value)]
    scaled = [
        f"{_decimal(value / size)} {word}"
        for size, word in _WORDS
        if value >= size and (value / size * 10**_DECIMALS).denominator == 1
    ]
    forms = [*scaled, *full]
    if value.denominator == 1 and 10**4 <= value < 10**6 and value % 1000 == 0:
        forms.append(f"{int(value) // 1000} thousand")
    return list(dict.fromkeys(forms))


def _decimal(value: Fraction) -> str:
    """Write a fraction with as many decimals as it has, nine significant digits at most."""
    whole, rest = divmod(value, 1)
    if not rest:
        return f"{int(whole):,}"
    decimals = 1
    while (rest * 10**decimals).denominator != 1:
        decimals += 1
        if decimals > 9:
            return f"{float(value):.9g}"
    return f"{int(whole):,}.{int(rest * 10**decimals):0{decimals}d}"
