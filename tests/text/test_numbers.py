"""The grammar of numbers: what Chinese ones say, which English is requested, and what renderings of it are right."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.text.entities import find_entities
from mt.text.numbers.chinese import read_chinese, value_of
from mt.text.numbers.english import read_english
from mt.text.numbers.requested import find_numbers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("储量超过十二亿吨", {"十二亿": "1.2 billion"}),
        ("五点二亿吨原油", {"五点二亿": "520 million"}),
        ("交易额2,948亿元", {"2,948亿": "294.8 billion"}),
        ("员工共18万，费用1218亿", {"18万": "180,000", "1218亿": "121.8 billion"}),
        ("长四百一十二点五米，重一万五千吨", {"四百一十二点五": "412.5", "一万五千": "15,000"}),
        ("近2 千万美元", {"2 千万": "20 million"}),
        ("1.5万亿元", {"1.5万亿": "1.5 trillion"}),
        ("售价600-700万卢布", {"600-700万": "6-7 million"}),
        ("从6到7万人", {"6到7万": "60,000-70,000"}),
        ("50多万人", {"50多万": "more than 500,000"}),
        ("一百六十亿元", {"一百六十亿": "16 billion"}),
        ("产值一百六十元", {"一百六十": "160"}),
        ("一万五", {"一万五": "15,000"}),
        ("一万零五", {"一万零五": "10,005"}),
        ("一亿三千万人", {"一亿三千万": "130 million"}),
        ("12.345678亿", {"12.345678亿": "1,234,567,800"}),
        # The unit belongs to what is counted.
        ("三亿千瓦时，2万千瓦", {"三亿": "300 million", "2万": "20,000"}),
        # Two numbers side by side are not one of six digits, nor a range of years and heads.
        ("2017，500万", {"500万": "5 million"}),
        ("2017-18万", {"18万": "180,000"}),
        ("1-3季度9500亿元", {"9500亿": "950 billion"}),
        # Compounds are one number.
        ("中国有3亿5000万用户", {"3亿5000万": "350 million"}),
        ("总投资为1亿2千万元", {"1亿2千万": "120 million"}),
        ("现场有1万5千人", {"1万5千": "15,000"}),
        ("共有12万3千名学生，12万8千人", {"12万3千": "123,000", "12万8千": "128,000"}),
        ("4千5百万和2亿3千万", {"4千5百万": "45 million", "2亿3千万": "230 million"}),
        ("1万2千亿，3 亿 5000 万", {"1万2千亿": "1.2 trillion", "3 亿 5000 万": "350 million"}),
        ("11万7015辆，1亿零500万", {"11万7015": "117,015", "1亿零500万": "105 million"}),
        ("每秒12.54亿亿次，四万万同胞", {"12.54亿亿": "125.4 quadrillion", "四万万": "400 million"}),
        ("人民币壹仟贰佰万元整", {"壹仟贰佰万": "12 million"}),
        ("总投资一千二百多亿元", {"一千二百多亿": "more than 120 billion"}),
        ("一百二十多万人", {"一百二十多万": "more than 1.2 million"}),
        ("三百五十余万，两百余万元", {"三百五十余万": "more than 3.5 million", "两百余万": "more than 2 million"}),
        ("5万多人，5千多万元", {"5万多": "more than 50,000", "5千多万": "more than 50 million"}),
        ("一万二千余家，5万余额", {"一万二千余": "more than 12,000", "5万": "50,000"}),
        ("三至五万元，两到三千人", {"三至五万": "30,000-50,000", "两到三千": "2,000-3,000"}),
        ("3000至5万元，5000万至1亿元", {"3000至5万": "3,000-50,000", "5000万至1亿": "50-100 million"}),
        ("2022万圣节，2021万科", {"2022": "2022", "2021": "2021"}),
        ("2021万元，每10万人", {"2021万": "20.21 million", "10万": "100,000"}),
        ("三四百人，五六万元，三四十人", {"三四百": "300-400", "五六万": "50,000-60,000"}),
        ("七八百万人，十七八万", {"七八百万": "7-8 million", "十七八万": "170,000-180,000"}),
        ("一两千元，二三十万", {"一两千": "1,000-2,000", "二三十万": "200,000-300,000"}),
        ("121万亿2千亿元，3万亿5000亿", {"121万亿2千亿": "121.2 trillion", "3万亿5000亿": "3.5 trillion"}),
        ("两千零二十四年，二千零二十四年十月", {"两千零二十四年": "2024", "二千零二十四年十月": "October 2024"}),
        ("两千零二十四年的历史，一千九百九十八年", {"两千零二十四": "2,024"}),
        # Shares
        ("下降0.3个百分点，上升1个百分点", {"0.3个百分点": "0.3 percentage points", "1个百分点": "1 percentage point"}),
        ("3至5个百分点", {"3至5个百分点": "3-5 percentage points"}),
        ("百分之三十，百分之三点五", {"百分之三十": "30 percent", "百分之三点五": "3.5 percent"}),
        ("百分之三十至四十", {"百分之三十至四十": "30-40 percent"}),
        ("百分之百，百分之十余", {"百分之百": "100 percent", "百分之十余": "more than 10 percent"}),
        ("3.5‰，千分之三点五", {"3.5‰": "3.5 per thousand", "千分之三点五": "3.5 per thousand"}),
        ("两成用户，三成五，一到两成", {"两成": "20 percent", "三成五": "35 percent", "一到两成": "10-20 percent"}),
        ("三分之二，四分之三，二分之一", {"三分之二": "two-thirds", "四分之三": "three-quarters", "二分之一": "half"}),
        # Dates and clock times that are not in digits
        ("二〇二六年六月三日", {"二〇二六年六月三日": "June 3, 2026"}),
        ("一九四九年十月一日至三日", {"一九四九年十月一日至三日": "October 1-3, 1949"}),
        ("二〇〇八年，六月三日", {"二〇〇八年": "2008", "六月三日": "June 3"}),
        ("2025年1—6月，1至6月", {"2025年1—6月": "January to June 2025", "1至6月": "January to June"}),
        ("下午3点半，上午九点三十分", {"下午3点半": "3:30 p.m.", "上午九点三十分": "9:30 a.m."}),
        ("八点五十，晚上十点一刻", {"八点五十": "8:50", "晚上十点一刻": "10:15 p.m."}),
        ("晚上八点，中午十二点，14时30分", {"晚上八点": "8 p.m.", "中午十二点": "noon", "14时30分": "14:30"}),
    ],
)
def test_numbers_are_found_and_written(text: str, numbers: dict[str, str]) -> None:
    assert {text[number.start : number.end]: number.target for number in find_numbers(text)} == numbers


@pytest.mark.parametrize(
    "text",
    "几十万 数百万 上千万 二三十 十二三 七八 好几亿 半亿 第一百二十 第18万 百万富翁 千方百计 万一 亿万 万里 "
    "亿亿 数10万 十几万 一万分之三 百分之十几 三十五 三千 一百 A18万 十九百 三万五万 三亿五亿 "
    "2.0176亿分之一 5 2020年 千 点 零 一、二万 1万5 3亿5000 2021百强 "
    "2019千禧年 一带一路 千万别去 十分高兴 三国 二百五 三百六十行 一千零一夜 有一点 晚一点 两成员国 "
    "一成不变 前三成为 2月30日 十三月 农历六月三日 三点五 2026年6月3日 14:00 09:00—11:30 10%-20% "
    "晚上12点 13800001234 138-0000-1234 010-12345678 510102199001011234 400-700-1234 192.168.0.1".split(),
)
def test_what_is_vague_copied_or_no_number_is_left_alone(text: str) -> None:
    assert find_numbers(text) == []


@st.composite
def spellings(draw: st.DrawFn) -> tuple[int, str]:
    """A number from ten thousand on, and one of the ways Chinese writes it."""
    way = draw(st.sampled_from(["numerals", "cheque", "scaled", "mixed", "short"]))
    if way in ("numerals", "cheque"):
        value = draw(st.integers(100_000, 10**12 - 1).filter(lambda value: "十" in spelt(value)))
        plain = spelt(value)
        return value, plain.translate(
            str.maketrans("一二三四五六七八九十百千", "壹贰叁肆伍陆柒捌玖拾佰仟")
        ) if way == "cheque" else plain
    high = draw(st.integers(1, 9999))
    if way == "scaled":
        scale, size = draw(st.sampled_from([("万", 10**4), ("亿", 10**8), ("万亿", 10**12)]))
        places = draw(st.integers(0, 2))
        return high * size // 10**places, f"{high / 10**places:.{places}f}{scale}"
    if way == "mixed":
        low = draw(st.integers(1000, 9999))
        return high * 10**8 + low * 10**4, f"{high}亿{low}万"
    digit = draw(st.integers(1, 9))
    return high * 10**4 + digit * 1000, draw(
        st.sampled_from([f"{high}万{digit}千", spelt(high * 10**4 + digit * 1000)])
    )


@given(spellings(), st.sampled_from(["共", "约", "投资", "，"]), st.sampled_from(["元", "人", "。", "美元"]))
def test_every_spelling_of_a_number_is_read_back(number: tuple[int, str], before: str, after: str) -> None:
    value, text = number
    found = list(read_chinese(before + text + after))
    assert [(one.start - len(before), one.kind, one.parts) for one in found] == [(0, "number", ((value,),))]
    assert found[0].end == len(before + text)
    (entity,) = find_numbers(before + text + after)
    for form in entity.forms:
        assert [one.parts[0][0] for one in read_english(f"It has {form} of them.")] == [value], form
        assert find_entities([entity], f"It has {form}, I think.") == [(7, 7 + len(form))]
    assert find_entities([entity], f"It has {value + 1:,} or 1{value}.") == [None]


@given(st.integers(0, 10**15 - 1))
def test_english_words_are_read_back(value: int) -> None:
    for hundred in (" hundred and ", " hundred "):
        (number,) = read_english(f"There are {in_words(value, hundred)}.")
        assert number.parts == ((value,),)


@given(st.decimals(min_value="0.001", max_value=9999, places=3), st.sampled_from(["万", "亿", "万亿", "千万"]))
def test_every_scaled_number_is_worth_what_it_says(digits: object, scale: str) -> None:
    size = {"万": 10**4, "亿": 10**8, "万亿": 10**12, "千万": 10**7}[scale]
    assert value_of(f"{digits}{scale}") == Fraction(str(digits)) * size


@given(st.text(alphabet="零一二三四五九十百千万亿点两几第多成分之月日时半1230,.，-:% 至到年人上下午", max_size=40))
def test_any_text_gives_numbers_in_order_that_do_not_overlap(text: str) -> None:
    end = 0
    for number in read_chinese(text):
        assert end <= number.start < number.end <= len(text)
        assert number.parts
        end = number.end
    assert all(entity.forms and "  " not in entity.target for entity in find_numbers(text))


@given(st.text(alphabet="12309,. -:/%$apm half third two twenty hundred million and May of", max_size=60))
def test_any_english_is_read(text: str) -> None:
    for number in read_english(text):
        assert 0 <= number.start < number.end <= len(text)


@pytest.mark.parametrize(
    ("source", "right", "wrong"),
    [
        (
            "3亿5000万",
            "350 million|350,000,000|350000000|three hundred and fifty million|$350m|RMB350 million|0.35 billion",
            "350|3.5 million|350 billion|350 percent|1350 million",
        ),
        (
            "一千二百多亿",
            "more than 120 billion|over $120bn|120-odd billion|120 billion-plus|some 120 billion",
            "120 billion",
        ),
        ("百分之三十", "30 percent|30 per cent|30%|thirty percent|30-percent|three-tenths", "30|3%|30 per thousand"),
        ("三分之二", "two-thirds|two thirds|2/3|⅔|two in three|two out of three", "one-third|2-3|2.3"),
        ("二分之一", "half|one-half|1/2|50 percent", "2"),
        ("3.5‰", "3.5 per thousand|3.5‰|3.5 per mille|0.35%|0.35 percent", "3.5%|3.5"),
        (
            "二〇二六年六月三日",
            "June 3, 2026|3 June 2026|Jun. 3rd, 2026|the 3rd of June 2026|2026-06-03",
            "June 3|June 3, 26, 2026",
        ),
        ("六月三日", "June 3|3 June|Jun 3rd", "July 3|June 13"),
        (
            "2025年1—6月",
            "January–June 2025|Jan.-June 2025|January to June of 2025|between January and June 2025",
            "June 2025",
        ),
        ("下午3点半", "3:30 p.m.|3:30pm|15:30|3.30 PM|half past three in the afternoon", "3:30 a.m.|3 p.m."),
        (
            "三至五万",
            "30,000-50,000|30,000 to 50,000|30 to 50 thousand|between 30,000 and 50,000",
            "3 to 50,000|50,000",
        ),
        ("百分之三十至四十", "30-40 percent|30 to 40 per cent|between 30% and 40%|thirty to forty percent", "30 to 40"),
    ],
)
def test_every_right_rendering_is_accepted(source: str, right: str, wrong: str) -> None:
    (entity,) = find_numbers(source)
    for form in [*right.split("|"), *entity.forms]:
        assert find_entities([entity], f"It was {form} (they say).") != [None], form
    for form in wrong.split("|"):
        assert find_entities([entity], f"It was {form} (they say).") == [None], form


def test_equal_numbers_need_a_place_each() -> None:
    numbers = find_numbers("18万人和18万元")
    assert find_entities(numbers, "180,000 people and 180,000 yuan") == [(0, 7), (19, 26)]
    assert find_entities(numbers, "180,000 people and yuan") == [(0, 7), None]


def spelt(value: int) -> str:
    """Spell a number in Chinese: 一百二十万零五百."""
    text = ""
    for scale, unit in ((10**8, "亿"), (10**4, "万"), (1, "")):
        section, value = divmod(value, scale)
        for place, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
            digit = section // place % 10
            if digit:
                text += "零一二三四五六七八九"[digit] + name
            elif text and not text.endswith("零") and section % place:
                text += "零"
        text += unit if section else ""
    return text.removeprefix("一") if text.startswith("一十") else text


def in_words(value: int, hundred: str) -> str:
    """Spell a number in English."""
    ones = (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()
    )
    ones += ["seventeen", "eighteen", "nineteen"]
    tens = "twenty thirty forty fifty sixty seventy eighty ninety".split()
    if value < 100:
        one = f"-{ones[value % 10]}" if value % 10 else ""
        return ones[value] if value < 20 else tens[value // 10 - 2] + one
    sizes = ((10**12, " trillion "), (10**9, " billion "), (10**6, " million "), (1000, " thousand "), (100, hundred))
    size, name = next(one for one in sizes if value >= one[0])
    rest = value % size
    return in_words(value // size, hundred) + (
        name + in_words(rest, hundred) if rest else name.replace(" and", "").rstrip()
    )


@pytest.mark.parametrize(
    ("english", "right"),
    [
        ("It fell by 0.3 percentage points.", True),
        ("a 0.3-percentage-point drop", True),
        ("It fell 0.3 points.", True),
        ("It fell by 0.3 percent.", False),
    ],
)
def test_percentage_points_are_no_percent(english: str, right: bool) -> None:
    (span,) = find_entities(find_numbers("环比下降0.3个百分点"), english)
    assert (span is not None) == right
