"""Numbers in 万 and 亿: what they are worth, how English writes them, and what is no number."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.text.entities import Entity, find_entities
from mt.text.numbers import find_numbers, number_forms


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
    ],
)
def test_numbers_are_found_and_written(text: str, numbers: dict[str, str]) -> None:
    assert {text[number.start : number.end]: number.target for number in find_numbers(text)} == numbers


@pytest.mark.parametrize(
    "text",
    "几十万 数百万 上千万 三四万 五六亿 好几亿 半亿 第一百二十 百万富翁 千方百计 万一 亿万 万里 八点五十 十二点一刻 "
    "二〇一八年 一九六三年 一万分之三 百分之三十五 三十五 三千 一百 "
    "A18万 十九百 三万五万 三亿五亿 2.0176亿分之一 5 2020年 千 点 零".split(),
)
def test_what_is_vague_or_no_number_is_left_alone(text: str) -> None:
    assert find_numbers(text) == []


@given(st.integers(1, 10**12 - 1))
def test_every_spelt_number_is_read_back(value: int) -> None:
    text = spelt(value)
    found = find_numbers(f"共{text}人")
    if value >= 10_000:
        assert [(number.start, number.end, number.value) for number in found] == [(1, 1 + len(text), value)]
    else:
        assert [number.value for number in found] in ([], [value])


@given(st.decimals(min_value="0.001", max_value=9999, places=3), st.sampled_from(["万", "亿", "万亿", "千万"]))
def test_every_scaled_number_is_worth_what_it_says(digits: object, scale: str) -> None:
    size = {"万": 10**4, "亿": 10**8, "万亿": 10**12, "千万": 10**7}[scale]
    (number,) = find_numbers(f"约{digits}{scale}元")
    assert number.value == Fraction(str(digits)) * size
    for form in number.forms:
        assert worth(form) == number.value, form


@given(st.text(alphabet="零一二三五九十百千万亿点两几第多1230,.，- 至到年人", max_size=30))
def test_any_text_gives_numbers_in_order_that_do_not_overlap(text: str) -> None:
    end = 0
    for number in find_numbers(text):
        assert end <= number.start < number.end <= len(text)
        assert number.value > 0
        assert number.forms
        end = number.end


@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=4, unique=True))
def test_forms_are_found_in_text_but_not_in_longer_numbers(values: list[int]) -> None:
    numbers = [
        Entity(0, 1, tuple(number_forms(value)), "number", value)
        for value in (Fraction(10_000 * one) for one in values)
    ]
    text = "It has " + ", and then ".join(number.target for number in numbers) + " dollars."
    places = find_entities(numbers, text)
    for number, place in zip(numbers, places, strict=True):
        assert place is not None
        assert worth(text[slice(*place)]) == number.value
    assert find_entities(numbers[:1], f"1{numbers[0].target}0") == [None]


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


def worth(form: str) -> Fraction:
    number, _, word = form.partition(" ")
    words = {"": 1, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
    return Fraction(number.replace(",", "")) * words[word]
