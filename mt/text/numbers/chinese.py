"""Numbers in Chinese texts, in digits, numerals or both: 3亿5000万, 一千二百多亿, 三分之二, 二〇二六年六月, 下午3点半.

One compound is one number. What only looks like a number (2022万圣节, 千万别, 一带一路) is none, or is not certain.
"""

import re
from collections.abc import Iterator
from fractions import Fraction

from mt.text.numbers import CODE, DIGITS, Kind, Number

# Numerals as digits: 〇 and 两, and the forms on cheques, too.
_AS_DIGITS = str.maketrans(
    "零〇○一二两三四五六七八九壹贰叁肆伍陆柒捌玖拾佰仟点．", "0001223456789123456789十百千..", "多余, \u00a0"
)

# To simplified and half-width characters; a full-width comma separates numbers.
_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code) not in "，；（）"}
_PLAIN |= str.maketrans("萬億點兩貳陸時號數幾餘間", "万亿点两贰陆时号数几余间")

_S = "[零〇○一二两三四五六七八九]"
_MEASURED = "[米克瓦卡伏赫帕焦]"
# A year stands before a name more often than it counts: 2022万圣节, 2021万科; what it may count follows.
_COUNTED = r"[元人吨平公米户辆台套件亩名个张股只次立美港欧日英千份\d]|\W|$"
_YEAR_LIKE = rf"(?:19|20)(?!00)\d\d[万亿](?!{_COUNTED})"
# 18万, 2 千万, 5千; not 2021百强, nor the kilowatts of 2万千瓦
_PIECE = (
    rf"(?:(?!{_YEAR_LIKE}){DIGITS}\s?[十百千]?[万亿]+"
    rf"|(?<![\d.,])\d(?:\.\d{{1,9}})?\s?[百千](?!{_MEASURED})(?:\s?[万亿]+)?)"
)
_NUMERAL = (
    # 3亿5000万, 1万2千亿, 12万3456
    rf"(?:(?:{_PIECE}(?:[零\s]?{_PIECE})*(?:\d{{3,4}}(?![\d年月日号]))?|{DIGITS})"
    # 二百四十万, 五点二亿; 八点五十 is ten to nine
    rf"|(?:{_S}|[十百千万亿])+(?:点{_S}+(?!{_S}|[十百千分刻半])[万亿]*)?"
    r"|(?=[零壹贰叁肆伍陆柒捌玖万亿]{0,9}[拾佰仟])[零壹贰叁肆伍陆柒捌玖拾佰仟万亿]+)"
    # 50多万, 5千多万, 三百五十余万, 5万多
    r"(?:\s?[多余]\s?[万亿]+|(?<=[十百千万亿])[多余](?![额杭姚震地生式边媒]))?"
)
# 两千零二十四年 is a year, not 2,024 of them.
_LONG_YEAR = rf"[二两]千[零〇](?:[二三四五六七八九]?十{_S}?|{_S})(?=\s?年(?![前来间]|的?历史))"
_TO = r"\s?(?:[-–—~～]{1,2}|[至到])\s?"
_MONTH = "(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_DAY = r"(?:3[01]|[12]\d|0?[1-9]|[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])"
_MINUTE = rf"(?:[0-5]?\d(?=分|(?!\d|[万亿秒]))|[零〇]{_S}|[二三四五]?十[一二三四五六七八九]?|{_S}(?=分))"
_PATTERN = re.compile(
    # 29.2015年: a paragraph's number and a year
    rf"""(?<![A-Za-z\d])(?:(?<![.])(?<!\d,)|(?=\d{{4}}[年-]|\d\d?月\d))(?:
    (?P<code>{CODE})(?![\d万亿])
    | (?:(?P<century>\d\d|{_S}?十?{_S})世纪)?(?P<decade>(?:\d\d)?\d0|{_S}十)年代
    | (?:(?P<year>\d{{4}}|{_S}{{4}}|{_LONG_YEAR})\s?年(?!代))?
      (?:\s?(?P<month>{_MONTH})(?:\s?月?{_TO}(?P<month2>{_MONTH}))?\s?月份?
      (?:\s?(?P<day>{_DAY})(?:\s?[日号]?{_TO}(?P<day2>{_DAY}))?\s?[日号])?|(?(year)|(?!)))
    | (?P<part>凌晨|清晨|早晨|[早晚]上|上午|[中正]午|下午|午后|傍晚|晚间|[今昨明当]晚|深夜|[早夜晚](?=\d))?\s?
      (?P<hour>2[0-4]|1\d|0?\d|二?十{_S}?|{_S})
      (?:\s?[点时](?:\s?(?P<minute>{_MINUTE})\s?分?|(?P<half>半|[一三]刻)|[整钟]
        |(?(part)(?!之|儿)|(?:(?<=\d[点时])(?!{_S})|(?<=\d\s[点时]))))
      |:(?P<colon>[0-5]\d)(?::\d\d)?(?!\d))
    | (?P<per>[百千万])分之(?P<share>{_NUMERAL})(?:{_TO}(?:[百千万]分之)?(?P<share2>{_NUMERAL}))?
    | (?P<low>{DIGITS})(?:[%‰]?{_TO}(?P<high>{DIGITS}))?\s?(?P<sign>[%‰])
    | (?P<tenths>[1-9]|{_S})(?:[至到](?P<tenths2>[2-9]|{_S}))?成(?P<tenth>[一二三四五六七八九半])?多?
      (?![为员功立就长分本果绩年熟交品型语都渝效人才套家千不因行名双群对])
    | (?P<whole>{_NUMERAL})分之(?P<some>{_NUMERAL}) | (?P<over>[1-9])/(?P<under>[2-9]|10)(?![\d/])
    | (?P<number>{_NUMERAL})(?:{_TO}(?P<upper>{_NUMERAL}))?
    )""",
    re.VERBOSE,
)
# Beside a number: it is none (几百万, 半百, 十几万), or an ordinal or one of two (第3万, 一、二万).
_VAGUE, _VAGUE_AFTER = re.compile(r"(?:[几数若]|(?<!\d)[半初])\s?$"), re.compile("[几来]")
_UNCERTAIN = re.compile(r"(?:第|(?<![\d.一二三四五六七八九十百千万亿])[\d一二三四五六七八九]、)\s?$")
# After it: 三分之几, 几个; a word that begins with the number's last character: 2022万圣节, 2021万科.
_NO_NUMBER_AFTER = re.compile("(?<=万)(?:[圣科豪象]|事达|达[广影集商院]|国[博商权])|(?<=百)分[点制比号]")
# Sayings, and 250, which is a fool.
_SAYINGS = re.compile(
    "三百六十行|十万火急|十万八千里|一千零一夜|十万个为什么|一百零八将|二百五(?!十)|九九八十一|三千大千"
)
_POINTS = re.compile(r"\s?个?百分点")
# 三四百 is 300 to 400, 十七八万 170,000 to 180,000.
_ADJACENT = re.compile(
    "([二三四五六七八九]?十(?=..[万亿]))?(一[二两]|[二两]三|三四|四五|五六|六七|七八|八九)(十?[万亿]+|[百千][万亿]*)"
)
_PART = r"\d*\.?\d+"
_SECTION = re.compile(rf"(?:({_PART})千)?(?:0?({_PART})百)?(?:0?({_PART})?(十))?(0?)({_PART})?")
_SHARES = {"百": 1, "千": 10, "万": 100, "%": 1, "‰": 10}
_QUARTERS = {"半": 30, "一刻": 15, "三刻": 45}


def read_chinese(text: str) -> Iterator[Number]:
    """Yield the numbers of a Chinese text in order; they do not overlap."""
    for match in _PATTERN.finditer(text.translate(_PLAIN)):
        if match["number"]:
            yield from _numbers(match)
        elif match["code"]:
            yield _found(match, "code", *map(Fraction, re.findall(r"\d+", match[0])), certain=False)
        elif match["decade"]:
            decade, century = _value(match["decade"]), _value(match["century"] or "20")
            whole = decade if decade > 99 else 100 * century - 100 + decade
            yield _found(match, "date", (whole, decade), certain=False)
        elif match["year"] or match["month"]:
            dated = [_value(match[name]) for name in ("year", "month", "month2", "day", "day2") if match[name]]
            lunar = text[max(0, match.start() - 2) : match.start()].endswith(("农历", "阴历", "旧历"))
            yield _found(match, "date", *dated, certain=not lunar and _exists(match))
        elif match["hour"]:
            yield _time(match)
        elif match["whole"] or match["over"]:
            parts, some = value_of(match["whole"] or match["under"]), value_of(match["some"] or match["over"])
            if parts and some:
                yield _found(match, "fraction", some / parts, certain=some < parts <= 10)
        else:
            yield from _percentages(match)


def value_of(numeral: str) -> Fraction | None:
    """Return the value of a numeral (3亿5000万, 四百一十二点五); None where it is none, or vague (三四万)."""
    if len(numeral) > 40:
        return None
    whole = re.sub("[点.].*?(?=[万亿]|$)", "", numeral)
    if re.search("[一二两三四五六七八九]{2}", whole) and (len(whole) == 2 or re.search("[十百千万亿]", whole)):
        return None
    return _sum(numeral.translate(_AS_DIGITS), spelt=re.search(r"\d", numeral) is None)


def _value(numeral: str) -> Fraction:
    """The value of a numeral that is certainly one."""
    return value_of(numeral) or Fraction(0)


def _sum(run: str, *, spelt: bool) -> Fraction | None:
    trillions, _, billions = run.partition("万亿")
    if "亿" in billions:
        # 121万亿2千亿
        high, low = _sum(trillions, spelt=False), _sum(billions, spelt=spelt)
        return high * 10**12 + low if high and low and high.denominator == 1 and low < 10**12 else None
    for scale, size in (("亿", 10**8), ("万", 10**4)):
        left, found, right = run.rpartition(scale)
        if found:
            high, low = _sum(left, spelt=False), _sum(right or "0", spelt=spelt)
            if low and right.isdigit() and right[0] != "0":
                # 一万五 is 15,000 and 1万2000 12,000; 1万5 and 3亿5000 may be one thing or another.
                known = scale == "万" and len(right) in (3, 4)
                low = low * size / 10 if spelt and len(right) == 1 else low if known else None
            # 三万五万, 1.5万3千
            wrong = (scale in left and left[-1] != scale) or (low and high and high.denominator > 1)
            return None if not high or low is None or low >= size or wrong else high * size + low
    match = _SECTION.fullmatch(run)
    if match is None or not run:
        return None
    thousands, hundreds, tens, ten, zero, ones = match.groups()
    value = Fraction(thousands or 0) * 1000 + Fraction(hundreds or 0) * 100 + (Fraction(tens or 1) * 10 if ten else 0)
    if ones and value and not (ten or zero or "." in ones):
        # 三百五 is 350; so may be 3百5.
        return value + Fraction(ones) * (10 if hundreds else 100) if spelt and len(ones) == 1 else None
    return value + Fraction(ones or 0)


def _found(match: re.Match[str], kind: Kind, *parts: Fraction | tuple[Fraction, ...], certain: bool) -> Number:
    several = tuple(part if isinstance(part, tuple) else (part,) for part in parts)
    return Number(*match.span(), kind, several, re.search("[多余][万亿]*$", match[0]) is not None, certain)


def _numbers(match: re.Match[str]) -> Iterator[Number]:
    text, found = match.string, []
    if _VAGUE.search(text[max(0, match.start() - 3) : match.start()]) or _VAGUE_AFTER.match(text, match.end()):
        return
    if match["upper"] is None and (adjacent := _ADJACENT.fullmatch(match["number"])):
        ends = [_value((adjacent[1] or "") + digit + adjacent[3]) for digit in adjacent[2]]
        before = text[max(0, match.start() - 3) : match.start()]
        yield _found(match, "number", *ends, certain=not _UNCERTAIN.search(before))
        return
    for group in ("number", "upper"):
        # 三亿千瓦: 千 belongs to the unit of measure.
        numeral = re.sub("(?<=[十百千万亿])[百千]+$", "", match[group] or "")
        if value := value_of(numeral) if numeral else None:
            found.append((match.start(group), match.start(group) + len(numeral), value))
    if len(found) == 2 and (low := _lower_end(match, found[0][2], found[1][2])):
        start, (_, end, high) = found[0][0], found[1]
        # 3-5 may be a score.
        certain = re.fullmatch(r"[\d.]+\W+[\d.]+", text[start:end]) is None and _is_certain(text, start, end, high)
        yield _counted(text, start, end, ((low,), (high,)), more=text[end - 1] in "多余", certain=certain)
        return
    for start, end, value in found:
        more = re.search("[多余][万亿]*$", text[start:end]) is not None
        # 5千米 is 5 km, or 5,000 m.
        values = (value, 1000 * value) if re.match(f"千{_MEASURED}", text[end : end + 2]) else (value,)
        yield _counted(text, start, end, (values,), more=more, certain=_is_certain(text, start, end, value))


def _counted(
    text: str, start: int, end: int, parts: tuple[tuple[Fraction, ...], ...], *, more: bool, certain: bool
) -> Number:
    """A number, with the percentage points that it counts: 0.3个百分点."""
    points = _POINTS.match(text, end)
    return Number(start, points.end() if points else end, "points" if points else "number", parts, more, certain)


def _lower_end(match: re.Match[str], low: Fraction, high: Fraction) -> Fraction | None:
    """The lower end of a range: 三 of 三至五万 is 30,000, 3000 of 3000至5万 as it says; None where it is no range."""
    lower, unit = match["number"], re.search("([百千]?)([万亿]+)$|[百千]$", match["upper"].rstrip("多余"))
    if unit is not None and not re.search("[万亿]", lower):
        for scale in (unit[0], unit[2] or ""):
            size = _value("一" + scale)
            if low * size < high:
                return low * size
        # 2017-18万: a year and a number
        if re.fullmatch(r"\d{4}", lower) and lower + "至" not in match[0] and lower + "到" not in match[0]:
            return None
    return low if low < high else None


def _is_certain(text: str, start: int, end: int, value: Fraction) -> bool:
    numeral = text[start:end]
    before = text[max(0, start - 3) : start]
    # 1万5 may be 15,000.
    if (
        text[end : end + 1].isdigit()
        or _UNCERTAIN.search(before)
        or _NO_NUMBER_AFTER.match(text, end)
        or _SAYINGS.match(text, start)
    ):
        return False
    if re.fullmatch("一千九百.*", numeral) and text.startswith("年", end):
        return False
    if re.fullmatch(f"{_S}+", numeral):
        return len(numeral) == 1
    # 三点五 may be five past three.
    return re.fullmatch(f"{_S}点{_S}+", numeral) is None and (value.denominator == 1 or value < 10**6)


def _exists(match: re.Match[str]) -> bool:
    """Whether there is such a date."""
    days = [_value(match[name]) for name in ("day", "day2") if match[name]]
    months = [_value(match[name]) for name in ("month", "month2") if match[name]]
    longest = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}.get(int(months[-1]), 31) if months else 0
    return all(1 <= day <= longest for day in days) and months == sorted(set(months)) and days == sorted(set(days))


def _time(match: re.Match[str]) -> Number:
    part, hour = match["part"] or "", _value(match["hour"])
    minute = _value(match["minute"] or match["colon"] or "零") + _QUARTERS.get(match["half"] or "", 0)
    latest = {"下": 12, "午": 12, "傍": 12, "中": 10, "正": 10}.get(part[:1], 0)
    earliest = 0
    if re.search("[晚夜]", part):
        earliest, latest = 5, 12
    if hour > 12:
        hours: tuple[Fraction, ...] = tuple(dict.fromkeys((hour % 24, hour)))
    elif earliest <= hour < latest:
        hours = (hour + 12,)
    else:
        # 3点 without more may be in the night or in the afternoon; 晚上12点 is midnight.
        hours = (hour,) if part and not (earliest and hour == 12) else (hour, (hour + 12) % 24)
    certain = bool(part or match["half"] or match["minute"]) and not (part and len(hours) > 1)
    return _found(match, "time", hours, *([minute] if minute else []), certain=certain)


def _percentages(match: re.Match[str]) -> Iterator[Number]:
    if match["tenths"]:
        tenth = {"半": Fraction(5)}.get(match["tenth"] or "", _value(match["tenth"] or "零"))
        shares = [10 * _value(match[name]) for name in ("tenths", "tenths2") if match[name]]
        parts, size = [*shares[:-1], shares[-1] + tenth], 1
    else:
        size = _SHARES[match["per"] or match["sign"]]
        names = ("share", "share2", "low", "high")
        parts = [Fraction(100 * size) if match[name] == "百" else _value(match[name]) for name in names if match[name]]
    if all(parts) and parts == sorted(set(parts)) and not _VAGUE_AFTER.match(match.string, match.end()):
        # 30 percent is also three tenths.
        values = [(part / size, part / size / 100) for part in parts]
        yield _found(match, "percent", *values, certain=True)
