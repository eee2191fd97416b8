"""Inline codes in translations: each placed once, none crossing another or standing within a word."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.documents.placement import Link, place_codes, proportional_links
from mt.documents.segment import Code, Segment

ZH, EN = "我们去北京大学。", "We go to Peking University."
LINKS = [
    Link(0, 2, 0, 2, 0.9),
    Link(2, 3, 3, 5, 0.8),
    Link(3, 5, 9, 15, 0.5),
    Link(5, 7, 16, 26, 0.9),
    Link(7, 8, 26, 27, 0.9),
]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (Code(3, 7), "Peking University"),
        (Code(0, 2), "We"),
        (Code(0, 8), EN),
        (Code(5, 7), "University"),
        (Code(7, 7), ""),
    ],
)
def test_a_code_goes_around_the_words_that_are_aligned(code: Code, expected: str) -> None:
    (placed,) = place_codes(Segment(ZH, (code,)), EN, LINKS)
    assert EN[placed.start : placed.end] == expected


def test_a_mark_stands_after_the_word_it_follows() -> None:
    first, middle, last = place_codes(Segment(ZH, (Code(0, 0), Code(7, 7), Code(8, 8))), EN, LINKS)
    assert (first.start, middle.start, last.start) == (0, EN.index("."), len(EN))


def test_a_known_term_is_the_place_whatever_the_model_aligns() -> None:
    links = [Link(3, 7, 9, 26, 1.0), Link(3, 7, 0, 5, 0.99)]
    (placed,) = place_codes(Segment(ZH, (Code(3, 7),)), EN, links)
    assert EN[placed.start : placed.end] == "Peking University"


@st.composite
def nested(draw: st.DrawFn, start: int, end: int, depth: int = 2) -> list[Code]:
    codes: list[Code] = []
    place = start
    while place <= end and draw(st.booleans()):
        first = draw(st.integers(place, end))
        last = draw(st.integers(first, end))
        codes.append(Code(first, last))
        if depth and last > first:
            codes += draw(nested(first, last, depth - 1))
        place = last + (last == first)
    return codes


@given(st.data())
def test_codes_keep_their_nesting_and_words_stay_whole(data: st.DataObject) -> None:
    text = data.draw(st.text("中文和，。a ", min_size=1, max_size=20))
    english = data.draw(st.text("ab ,.-'", max_size=30))
    codes = tuple(data.draw(nested(0, len(text))))
    segment = Segment(text, codes)
    links = [
        Link(a, a + 1, b, b + 1, p)
        for a, b, p in data.draw(
            st.lists(
                st.tuples(st.integers(0, len(text) - 1), st.integers(0, max(len(english) - 1, 0)), st.floats(0.1, 1)),
                max_size=10,
            )
        )
        if b < len(english)
    ]
    for chosen in (links, proportional_links(segment, english, [])):
        placed = place_codes(segment, english, chosen)
        assert len(placed) == len(codes)
        for code, own in zip(placed, codes, strict=True):
            assert 0 <= code.start <= code.end <= len(english)
            # What is within a word in Chinese, such as the 2 of H2O, is so in English.
            if any(re.fullmatch("[!-~]{2}", text[max(edge - 1, 0) : edge + 1]) for edge in (own.start, own.end)):
                continue
            for edge in (code.start, code.end):
                assert not re.fullmatch(r"\w\w", english[max(edge - 1, 0) : edge + 1])
        for one, own in zip(placed, codes, strict=True):
            for other, second in zip(placed, codes, strict=True):
                crossing = one.start < other.start < one.end < other.end
                assert not crossing, (one, other)
                if own.start < second.start and second.end < own.end:
                    assert one.start <= other.start <= other.end <= one.end
