"""The numbers of a Chinese text that English writes otherwise, and the English that is requested for them.

Translation models get large numbers wrong by powers of ten more often than anything else, though their English is
certain: 1218亿 is 121.8 billion. Numbers in digits are copied, which is checked; small ones have many renderings.
"""

import re
from fractions import Fraction
from typing import Literal

from mt.text.entities import Entity
from mt.text.numbers import Kind, Number
from mt.text.numbers.chinese import read_chinese, value_of
from mt.text.numbers.english import MONTHS, ORDINALS, find_translations

_SCALES = ((10**15, "quadrillion"), (10**12, "trillion"), (10**9, "billion"), (10**6, "million"))
# Most decimals of a number in millions and more; with more decimals it is written out.
_DECIMALS = 3
_COUNTS = "no one two three four five six seven eight nine".split()
_PARTS = {value: word for word, value in ORDINALS.items()} | {4: "quarter"}


def find_numbers(text: str, *, copied: bool = False) -> list[Entity]:
    """Find the numbers of a Chinese text (simplified script) whose English is requested, in order.

    ``copied``: those in digits that English has so, too, as entities of kind ``digits``.
    """
    found: list[Entity] = []
    for number in read_chinese(text):
        written = text[number.start : number.end]
        # 2022万圣节 is no 20.22 million.
        requested = number.certain and (_is_converted(number, written) or text.startswith("万", number.end))
        if requested or (copied and _is_copied(number, written)):
            forms = _forms(number, written)
            if not requested and number.kind not in ("date", "time"):
                forms = [written, *forms]
            kind: Literal["number", "digits"] = "number" if requested else "digits"
            found.append(Entity(number.start, number.end, tuple(dict.fromkeys(forms)), kind, number))
    return found


def number_spans(zh: str, en: str) -> list[tuple[int, int, int, int]]:
    """Return (start, end, start in ``en``, end in ``en``) of each number of a pair that is found on both sides."""
    numbers = [entity.number for entity in find_numbers(zh) if entity.number is not None]
    spans = zip(numbers, find_translations(numbers, en), strict=True)
    return [(number.start, number.end, *span) for number, span in spans if span is not None]


def _is_converted(number: Number, written: str) -> bool:
    """Whether English writes a number otherwise than it stands there, and has not many ways for it."""
    in_digits = re.search(r"\d", written) is not None
    if number.kind == "number":
        # 三百 is mostly spelt in English too.
        long = len(written) > 2 and (number.parts[-1][0] >= 100 or "点" in written)
        return re.search("[百千万亿]" if in_digits else "[万亿]", written) is not None or (long and not in_digits)
    if number.kind == "date":
        return len(number.parts) > 1 - ("年" in written) and (not in_digits or len(_months(number, written)) > 1)
    if number.kind == "time":
        return ":" not in written and (not in_digits or len(number.parts) > 1)
    return not re.search("[%％/]", written)


def _is_copied(number: Number, written: str) -> bool:
    """Whether English has a number in digits so: no code, nor a small number, decade or hour, which it may spell."""
    if number.kind in ("code", "fraction") or not any(map(str.isdecimal, written)):
        return False
    if number.kind == "number":
        return number.parts[-1][0] >= 100 or number.parts[-1][0].denominator > 1
    return number.certain or re.search("[:：]", written) is not None


def _forms(number: Number, written: str) -> list[str]:
    """How English may write a number, the preferred form first."""
    if written.isdecimal():
        return [written]
    if number.kind == "date":
        return _date_forms(number, written)
    if number.kind == "time":
        return _time_forms(*(int(part[0]) for part in number.parts), written=written)
    forms = [_value_forms(number.kind, part[0], written) for part in number.parts]
    if len(forms) == 2:
        (low, _, unit), (high, _, own) = (form[0].partition(" ") for form in forms)
        return [*([f"{low}-{high} {own}".strip()] if unit == own else []), f"{forms[0][0]} to {forms[1][0]}"]
    return [f"{before} {form}" for before in ("more than", "over") for form in forms[0]] if number.more else forms[0]


def _value_forms(kind: Kind, value: Fraction, written: str) -> list[str]:
    if kind == "points":
        return [f"{_decimal(value)} percentage point{'s' * (value != 1)}"]
    if kind == "percent":
        thousand = [f"{_decimal(10 * value)} per thousand"] if written[0] == "千" or written[-1] == "‰" else []
        return [*thousand, f"{_decimal(value)} percent"]
    if kind == "fraction":
        part = _PARTS[value.denominator] + "s" * (value.numerator > 1)
        return ["half"] if part == "second" else [f"{_COUNTS[value.numerator]}-{part}"]
    scaled = [
        f"{_decimal(value / size)} {word}"
        for size, word in _SCALES
        if value >= size and (value / size * 10**_DECIMALS).denominator == 1
    ]
    return [*scaled, _decimal(value), _decimal(value).replace(",", "")]


def _months(number: Number, written: str) -> list[int]:
    """The one month of a date, or the first and the last one."""
    numbers = [int(part[0]) for part in number.parts]
    return numbers[numbers[0] > 31 :][: 2 if written.endswith(("月", "份")) else 1]


def _date_forms(number: Number, written: str) -> list[str]:
    numbers = [int(part[0]) for part in number.parts]
    year = str(numbers.pop(0)) if numbers[0] > 31 else ""
    months = [MONTHS[month - 1] for month in _months(number, written)]
    days = "-".join(map(str, numbers[len(months) :]))
    if not days:
        return [f"{' to '.join(months)} {year}".strip()]
    return [f"{months[0]} {days}{', ' * bool(year)}{year}", f"{days} {months[0]} {year}".strip()]


def _time_forms(hour: int, minute: int = 0, *, written: str) -> list[str]:
    exact, half = f"{hour}:{minute:02}", f"{(hour - 1) % 12 + 1}{f':{minute:02}' * bool(minute)}"
    named = {(12, 0): "noon"}.get((hour, minute), f"{half} {'p' if hour > 11 else 'a'}.m.")
    # 14时30分 is 14:30, 下午2点半 2:30 p.m.
    return [exact] if value_of(written[0]) is not None else [named, exact]


def _decimal(value: Fraction) -> str:
    """Write a number with as many decimals as it has, nine significant digits at most."""
    whole, rest = divmod(value, 1)
    decimals = next((places for places in range(10) if (rest * 10**places).denominator == 1), None)
    if decimals is None:
        return f"{float(value):.9g}"
    return f"{int(whole):,}" + (f".{int(rest * 10**decimals):0{decimals}d}" if decimals else "")
