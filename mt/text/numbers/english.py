"""Numbers in English texts, in digits and words, and where a translation has those of its source."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, permutations
from unicodedata import numeric

from mt.text.numbers import CODE, DIGITS, Kind, Number

MONTHS = "January February March April May June July August September October November December".split()
_UNDER_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen".split()
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_CARDINALS = dict(zip(_UNDER_TWENTY, range(20), strict=True)) | dict(zip(_TENS, range(20, 100, 10), strict=True))
ORDINALS = {f"{word[:-1]}ieth" if word[-1] == "y" else f"{word}th": value for word, value in _CARDINALS.items()}
ORDINALS |= {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12}
# Words that stand for a number now and then.
_OTHERS = {"once": 1, "single": 1, "twice": 2, "double": 2, "pair": 2, "couple": 2, "both": 2, "dual": 2, "twin": 2}
_OTHERS |= {"triple": 3, "quarter": 4, "decade": 10, "teens": 10, "century": 100, "centuries": 100}
_WORDS = _CARDINALS | ORDINALS | {f"{word[:-1]}ies": 10 * ten for ten, word in enumerate(_TENS, 2)} | _OTHERS
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SCALES |= {"quadrillion": 10**15, "k": 10**3, "m": 10**6, "mn": 10**6, "mln": 10**6, "bn": 10**9, "tn": 10**12}
_PARTS = {"half": 2, "halve": 2, "quarter": 4, **ORDINALS, **_CARDINALS}

_WORD = rf"(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})\b"
_SCALE = r"(?:dozen|hundred|thousand|(?:quadr|tr|b|m)illion)\b"
_ONES = "(?:one|two|three|four|five|six|seven|eight|nine)"
_TOKEN = re.compile(rf"{DIGITS}|[a-z]+", re.I)
_PATTERN = re.compile(
    # RMB44, Euro1.5
    rf"""(?:(?<![A-Za-z\d])|(?<=(?<![A-Za-z])[A-Z]{{3}})|(?<=Euro)|(?<=\$A))(?<!\d[.,])(?:
    (?P<code>{CODE})
    | (?P<month>{"|".join(f"{name[:3]}(?:{name[3:]}|t)?" for name in MONTHS if name[0] != "M")}
      |(?-i:Mar(?:ch)?|May))\b
    | (?P<hour>[01]?\d|2[0-4])(?:(?:[:.](?P<minute>[0-5]\d))?\s?(?P<half>[ap])\.?\s?m\b\.?|:(?P<past>[0-5]\d)(?!\d))
    | (?P<noon>noon|midnight)\b | half\spast\s(?P<before>{_ONES}|ten|eleven|twelve|1?\d)\b
    | (?P<some>an?|{_ONES}|[1-9])[\s-]
      (?P<part>hal(?:f|ve)|quarter|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth)s?\b(?!\s(?:an?\s)?{_SCALE})
    | (?P<low>[1-9]|{_ONES})(?:/|\s(?:in|out\sof)\s(?:every\s)?)(?P<high>10|[2-9]|{_ONES}|ten)(?![\d/]|\s{_SCALE})
    | (?P<sign>[½⅓⅔¼¾])
    | (?P<number>(?:(?P<alone>half\s)?(?:an?\s)?(?={_SCALE}))?(?:{DIGITS}(?!,\d{{3}})|{_WORD}|{_SCALE})
      (?:(?:[\s-]+(?:odd\s)?|(?<=dred|sand|lion)\sand\s)(?:{_WORD}|{_SCALE}))*)
      (?P<suffix>(?:st|nd|rd|th|'?s|k|m|mn|mln|bn|tn)(?![A-Za-z\d]))?
    | (?P<only>half)\b)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_KINDS: dict[str, Kind] = {
    "hour": "time", "noon": "time", "before": "time", "month": "date", "code": "code",
    "part": "fraction", "low": "fraction", "sign": "fraction", "only": "fraction",
}  # fmt: skip
_SHARES = ("percent", "fraction")
_AS_SHARES = (*_SHARES, "points")
_PERCENT = re.compile(
    r"[\s-]?(?:(?P<points>percent(?:age)?[\s-]points?)|(?P<one>[%％]|per\s?cent|percent|pct)"
    r"|(?P<ten>‰|per (?:mille?|thousand|1,000)))",
    re.I,
)
_MORE = re.compile(
    r"(?:more than|over|above|exceed(?:s|ed|ing)?|in excess of|upwards? of|beyond|at least|surpass(?:es|ed|ing)?|some)"
    r"\s(?:(?:RMB|CNY|US|HK)?\s?[$€£¥]?\s?)?$",
    re.I,
)
_MORE_AFTER = re.compile(r"[\s-]?(?:odd|plus|or more|and more)\b|\+", re.I)
# Between the parts of a range, of a date or of a time.
_BETWEEN = re.compile(
    r"\.?\s?(?:[-–—~/,.:]|to|and|or|through|until|till|of|(?:,?\s)?in)?\s?(?:the\s|the year\s)?", re.I
)
_AFTERNOON = re.compile(r"\d\s?p\.?\s?m\b|afternoon|evening|night|o'clock", re.I)


def read_english(text: str) -> list[Number]:
    """Return the numbers of an English text in order, each of one part: of a date its month, its day and its year."""
    text = text.replace("’", "'")
    late = _AFTERNOON.search(text) is not None
    found: list[Number] = []
    for match in _PATTERN.finditer(text):
        for start, end, *values in _read(match):
            kind: Kind = next((kind for group, kind in _KINDS.items() if match[group]), "number")
            if kind == "number" and (percent := _PERCENT.match(text, end)):
                kind, end = "points" if percent["points"] else "percent", percent.end()
                share = Fraction(values[0]) / (10 if percent["ten"] else 1)
                values = [share, share / 100]
            elif late and kind == "number" and 0 < values[0] < 12:
                values.append(values[0] + 12)
            more = bool(_MORE.search(text, max(0, start - 30), start) or _MORE_AFTER.match(text, end))
            more |= "odd " in text[start:end]
            found.append(Number(start, end, kind, (tuple(map(Fraction, values)),), more))
    return _with_shared_units(text, found)


def _read(match: re.Match[str]) -> Iterator[tuple[int, int, *tuple[Fraction | int, ...]]]:
    """The numbers of a match: start, end, values."""
    start, end = match.span()
    if match["code"]:
        for digits in re.finditer(r"\d+", match[0]):
            yield start + digits.start(), start + digits.end(), int(digits[0])
    elif match["month"]:
        yield start, end, 1 + [name[:3] for name in MONTHS].index(match["month"][:3].capitalize())
    elif match["hour"]:
        hour, half = int(match["hour"]), (match["half"] or "").lower()
        # 12 a.m. is midnight.
        yield start, end, *((hour % 12 + 12 * (half == "p"),) if half else (hour, (hour + 12) % 24))
        if minute := int(match["minute"] or match["past"] or 0):
            yield match.end("hour") + 1, end, minute
    elif match["before"]:
        hour = _count(match["before"])
        yield start, end, hour, hour + 12
        yield end, end, 30
    elif match["noon"]:
        yield start, end, *((12,) if match["noon"].lower() == "noon" else (0, 24, 12))
    elif match["part"] or match["low"]:
        count, whole = _count(match["some"] or match["low"]), _count(match["part"] or match["high"])
        # The first three quarters; a third one.
        yield start, end, Fraction(count, whole), count, whole
    elif match["sign"] or match["only"]:
        yield start, end, Fraction(numeric(match["sign"] or "½")).limit_denominator(9)
    else:
        yield from _quantities(match)


def _count(word: str) -> int:
    """The number of a word or of digits; "a" is one."""
    return int(word) if word.isdigit() else _PARTS.get(word.lower(), 1)


def _quantities(match: re.Match[str]) -> Iterator[tuple[int, int, *tuple[Fraction | int, ...]]]:
    """Split a run of digits and words into numbers: one and two hundred and five, nineteen ninety-eight."""
    begin = end = match.start()
    total, section = Fraction(0), Fraction(0)
    # What may be added: less than a hundred after "hundred", less than ten after "ninety".
    room: float = float("inf")
    for token in _TOKEN.finditer(match.string, begin, match.end("number")):
        word = token[0].lower()
        if size := _SCALES.get(word):
            if size < 1000 or not (total and not section):
                section = (section or Fraction(1)) * size
                total, section = (total + section, Fraction(0)) if size >= 1000 else (total, section)
            else:
                total *= size
            room = size
        elif word == "half":
            section = Fraction(1, 2)
        elif word not in ("a", "an", "and", "odd"):
            value = Fraction(word.replace(",", "")) if word[0].isdigit() else Fraction(_WORDS[word])
            if value >= room and 10 <= section < 100 and 10 <= value < 100 and not total:
                section *= 100
            elif value >= room:
                yield begin, end, total + section
                begin, total, section = token.start(), Fraction(0), Fraction(0)
            section += value
            room = 10 if word in _TENS else 0
        end = token.end()
    value, suffix = total + section, (match["suffix"] or "").lower()
    values = [value * _SCALES[suffix], value] if suffix in _SCALES else [value]
    if suffix in ("s", "'s") and 1000 < value < 2100:
        values += [value % 100, Fraction(value // 100 + 1)]  # the 1990s, of the 20th century
    yield begin, match.end(), *values


def _with_shared_units(text: str, found: Sequence[Number]) -> list[Number]:
    """Let the lower end of a range share the scale or the percent of the upper one: 6-7 million, 30 and 40 percent."""
    shared = list(found)
    for index, (low, high) in reversed(list(enumerate(pairwise(found)))):
        if low.kind != "number" or not _BETWEEN.fullmatch(text[low.end : high.start]):
            continue
        value, scale = low.parts[0][0], re.search(_SCALE, text[high.start : high.end])
        if scale and not re.search(_SCALE, text[low.start : low.end]):
            shared[index] = replace(low, parts=((*low.parts[0], value * _SCALES[scale[0].lower()]),))
        elif shared[index + 1].kind in ("percent", "points"):
            shared[index] = replace(low, kind=shared[index + 1].kind, parts=((value, value / 100),))
    return shared


def find_translations(
    numbers: Sequence[Number], english: str, apart: Iterable[int] = ()
) -> list[tuple[int, int] | None]:
    """Return where an English text has each of its source's numbers, in whatever form; None where it has not.

    Equal numbers need a place each. "Somewhat more" must be said, a share must be one; the parts of a date may be in
    any order. Of the numbers ``apart``, by index, the parts need not stand together: Jan. 1 to March 2, 1994.
    """
    found = read_english(english)
    free = set(range(len(found)))
    spans: list[tuple[int, int] | None] = []
    for number in numbers:
        length = len(number.parts)
        runs = (range(first, first + length) for first in range(len(found) - length + 1))
        run = next((p for p in runs if free.issuperset(p) and _says([found[i] for i in p], number, english)), None)
        free -= set(run or ())
        spans.append(_span([found[i] for i in run], english, more=number.more) if run else None)
    for index in apart:
        number, places = numbers[index], list[int]()
        for part in () if spans[index] else number.parts:
            has = (i for i in sorted(free - {*places}) if not set(part).isdisjoint(found[i].parts[0]))
            places += [i for i in has if number.kind not in _SHARES or found[i].kind in _AS_SHARES][:1]
        if len(places) == len(number.parts):
            free -= set(places)
            spans[index] = found[places[0]].start, found[places[0]].end
    return spans


def _span(run: Sequence[Number], english: str, *, more: bool) -> tuple[int, int]:
    start, end = run[0].start, max(one.end for one in run)
    before, after = _MORE.search(english, max(0, start - 30), start), _MORE_AFTER.match(english, end)
    return before.start() if more and before else start, after.end() if more and after else end


def _says(run: Sequence[Number], number: Number, english: str) -> bool:
    shares = ("points", "number") if number.kind == "points" else _AS_SHARES
    if (number.kind in _AS_SHARES) != (run[-1].kind in shares) or (number.more and not any(one.more for one in run)):
        return False
    if not all(_BETWEEN.fullmatch(english[one.end : other.start]) for one, other in pairwise(run)):
        return False
    orders = permutations(number.parts) if number.kind == "date" else [number.parts]
    return any(
        all(not set(part).isdisjoint(one.parts[0]) for part, one in zip(order, run, strict=True)) for order in orders
    )
