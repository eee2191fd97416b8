"""Large figures, which Chinese counts in 万 (10⁴) and 亿 (10⁸) and English in thousands, millions and billions.

A translation model gets them wrong by a factor of ten or a hundred more often than it gets anything else wrong, and
there is nothing to be guessed about them: 1218亿 is 121.8 billion. Found are numbers with such a scale (18万,
二百四十万, 五点二亿, 50多万, 600-700万), and spelt-out numbers from a hundred on and decimals (一百六十,
四百一十二点五), which are easily misread one sign at a time. What is vague (几百万) or a time of day is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

__all__ = ["Figure", "find_figures", "renderings"]

_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_SCALES = {"万": 10**4, "亿": 10**8}

_SCALE = "[十百千]?万亿|[十百千]?[万亿]"
_FIGURE = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:[.．]\d+)?"
_SPELT = "[零〇一二两三四五六七八九十百千万亿]+"
_NUMBER = re.compile(
    # 18万, 1,218亿, 2 千万, 50多万, 600-700万
    rf"(?<![\dA-Za-z.．])(?<!\d,)(?:(?P<low>{_FIGURE})\s?(?:[-–—~～至到])\s?)?(?P<figure>{_FIGURE})\s?(?P<more>[多余])?(?P<scale>{_SCALE})"
    # 二百四十万, 五点二亿, 四百一十二点五
    rf"|(?P<spelt>{_SPELT})(?:点(?P<decimals>[零〇一二三四五六七八九]+)(?P<times>{_SCALE})?)?"
)
# Before a spelt number: how many tens of thousands nobody knows, or which of them it is.
_VAGUE = re.compile(r"[几数多好若第初每半][\s]?$")
# After a decimal: 八点五十 is ten to nine. After a number: the whole of a fraction.
_CLOCK, _FRACTION = re.compile("[十百千分刻半]"), re.compile("分之")

_WORDS = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"))
# Decimals of a figure in millions and more: beyond that it is written out.
_DECIMALS = 3
# Spelt numbers of fewer signs and no scale (三百) are mostly spelt in English too.
_FEWEST_SIGNS = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in a Chinese text.

    Args:
        start, end: its span, in characters.
        value: what it says.
        low: where it is a range, the lower end.
        more: whether it says that it is somewhat more.
    """

    start: int
    end: int
    value: Fraction
    low: Fraction | None = None
    more: bool = False

    @property
    def target(self) -> str:
        """The figure in English."""
        return renderings(self)[0]

    @property
    def forms(self) -> list[str]:
        """How English may write it, the preferred form first."""
        return renderings(self)

    def moved(self, by: int) -> Figure:
        """The same so many characters further on."""
        return replace(self, start=self.start + by, end=self.end + by)


def find_figures(text: str) -> list[Figure]:
    """Find the figures of a Chinese text (simplified script) that English counts otherwise, in their order."""
    return list(_figures(text))


def _figures(text: str) -> Iterator[Figure]:
    for match in _NUMBER.finditer(text):
        if match["figure"] is not None:
            scale = _scale(match["scale"])
            value = _plain(match["figure"]) * scale
            low = None if match["low"] is None else _plain(match["low"]) * scale
            if low is not None and low >= value:
                low = None  # 2017-18万: a year, or what not
            start = match.start("figure") if low is None else match.start("low")
            figure = Figure(start, match.end(), value, low, match["more"] is not None)
        else:
            found = _spelt_figure(text, match)
            if found is None:
                continue
            figure = found
        if (
            figure.value
            and not _FRACTION.match(text, figure.end)
            and (figure.value.denominator == 1 or figure.value < 10**6)
        ):
            yield figure


def _spelt_figure(text: str, match: re.Match[str]) -> Figure | None:
    run, end = match["spelt"], match.end("spelt")
    decimals = match["decimals"]
    if decimals is not None and (match["times"] is not None or len(run) > 1) and not _CLOCK.match(text, match.end()):
        end = match.end()
    else:
        decimals = None
        while len(run) > 1 and run[-1] in "百千" and run[-2] not in _DIGITS:
            # 三亿千瓦: the unit belongs to what is counted.
            run, end = run[:-1], end - 1
    value = _spelt(run)
    if value is None or _VAGUE.search(text, 0, match.start()):
        return None
    exact = Fraction(value)
    if decimals is not None:
        exact += Fraction(int("".join(str(_DIGITS[sign]) for sign in decimals)), 10 ** len(decimals))
        exact *= _scale(match["times"]) if match["times"] else 1
    elif value < 100 or (len(run) < _FEWEST_SIGNS and run[-1] not in _SCALES):
        return None
    return Figure(match.start(), end, exact)


def _spelt(run: str) -> int | None:
    """The value of a spelt number; None where it is none, or is one only in some readings."""
    total = section = 0
    digit: int | None = None
    last = 1
    for place, sign in enumerate(run):
        if sign in _DIGITS:
            if digit:
                return None  # 三四万: between three and four
            digit = _DIGITS[sign]
            if digit == 0:
                last = 1
        elif sign in _UNITS:
            # 十 alone may begin a number or follow 零; another unit counts something.
            if digit is None and not (sign == "十" and (place == 0 or run[place - 1] in "零〇")):
                return None
            if section and section % (10 * _UNITS[sign]):
                return None  # 十九百
            last = _UNITS[sign]
            section += (1 if digit is None else digit or 1) * last
            digit = None
        else:
            section += digit or 0
            if not section and not (sign == "亿" and total):
                return None
            scale = last = _SCALES[sign]
            if total % 10**8 if sign == "万" else total >= 10**8:
                return None  # 三万五万
            total = (total + section) * scale if sign == "亿" else total + section * scale
            section, digit = 0, None
    if digit:
        # 一万五 is 15,000, but 一万零五 10,005, and 二十五 25.
        section += digit * (last // 10 if last > 10 else 1)
    return total + section


def _plain(figure: str) -> Fraction:
    return Fraction(figure.replace(",", "").replace("．", "."))


def _scale(signs: str) -> int:
    value = 1
    for sign in signs:
        value *= _UNITS.get(sign) or _SCALES[sign]
    return value


def renderings(figure: Figure) -> list[str]:
    """Return how English may write a figure, the preferred form first.

    Millions and more are written with the word (121.8 billion) unless that would take more than three decimals,
    smaller figures in full (15,000).
    """
    forms = _forms(figure.value)
    if figure.low is not None:
        lows = _forms(figure.low)
        short, word = forms[0].split(" ")[0], forms[0].partition(" ")[2]
        own, same = lows[0].split(" ")[0], lows[0].partition(" ")[2] == word
        pairs = [f"{own}-{short} {word}".strip()] if same else []
        pairs += [f"{low} to {high}" for low, high in zip(lows, forms, strict=False)]
        return [*pairs, *([f"{own} to {short} {word}".strip()] if same else [])]
    if figure.more:
        return [f"{before} {form}" for before in ("more than", "over") for form in forms]
    return forms


def _forms(value: Fraction) -> list[str]:
    full = [f"{int(value):,}", str(int(value))] if value.denominator == 1 else [_decimal(value)]
    scaled = []
    for size, word in _WORDS:
        if value >= size:
            number = value / size
            if (number * 10**_DECIMALS).denominator == 1:
                scaled.append(f"{_decimal(number)} {word}")
    forms = [*scaled, *full]
    if value.denominator == 1 and value >= 10**4 and value % 1000 == 0 and value < 10**6:
        forms.append(f"{int(value) // 1000} thousand")
    return list(dict.fromkeys(forms))


def _decimal(value: Fraction) -> str:
    whole, rest = divmod(value, 1)
    if not rest:
        return f"{int(whole):,}"
    decimals = 1
    while (rest * 10**decimals).denominator != 1:
        decimals += 1
        if decimals > 9:
            return f"{float(value):.9g}"
    return f"{int(whole):,}.{int(rest * 10**decimals):0{decimals}d}"
