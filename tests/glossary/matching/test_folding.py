"""Folding: what counts as the same text, and the way back to the original positions."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mt.glossary.matching.folding import fold_script, fold_width, word_bounded
from mt.text.script import convert

MIXED = st.text(
    st.sampled_from('重慶庆復複反覆乾隆ＡａA １1½㈱…ﬁ\u200b\u3000 \tß İé\u0301“「"、。.,-–\ud800𠀀️'), max_size=30
)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=40), MIXED))
def test_every_folded_character_knows_its_originals(text: str) -> None:
    folded = fold_width(text)
    if folded.starts is None:
        assert len(folded.text) == len(text)
        return
    assert folded.ends is not None
    assert len(folded.text) == len(folded.starts) == len(folded.ends)
    assert folded.starts == sorted(folded.starts)
    for start, end in zip(folded.starts, folded.ends, strict=True):
        assert 0 <= start < end <= len(text)
    for index in range(len(folded.text)):
        span = folded.original(index, index + 1)
        if span is not None and folded.text[index] != " ":
            # What one whole original character folds to is found again from its slice (a space that its
            # folding begins with, as a cedilla's does, is dropped beside an ideograph only).
            assert fold_width(text[span[0] : span[1]]).text.strip(" ") == folded.text[index]


@settings(deadline=None)
@given(st.one_of(st.text(max_size=40), MIXED))
def test_script_conversion_never_shifts(text: str) -> None:
    width = fold_width(text).text
    assert len(fold_script(width)) == len(width)
    assert len(convert(width)) == len(width)


@settings(deadline=None)
@given(MIXED)
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold_width(text).text
    assert fold_width(once).text == once
    assert fold_script(fold_script(once)) == fold_script(once)


def test_what_is_the_same() -> None:
    for one, other in [
        ("ＡＢＣ１２", "ABC12"),
        ("「一帶一路」", "“一帶一路”"),
        ("café", "cafe\u0301"),
        ("2018 年第4 季", "2018年第4季"),
        ("People’s  Bank", "People's Bank"),
        ("ｶﾞ", "ガ"),
        ("鲁\u200b进", "鲁进"),
    ]:
        assert fold_width(one).text == fold_width(other).text
    assert fold_script("重慶市對外友協") == fold_script("重庆市对外友协")
    assert fold_width("a b").text == "a b"


def test_words_and_numbers_are_not_cut() -> None:
    assert not word_bounded("SAID", 1, 3)
    assert not word_bounded("13.5", 0, 2)
    assert not word_bounded("1.35", 2, 4)
    assert not word_bounded("2,018", 0, 1)
    assert not word_bounded("cafe\u0301", 0, 4)
    assert word_bounded("at 13, or", 3, 5)
    assert word_bounded("用AI写", 1, 3)
    assert word_bounded("FAOCSPC-FAOCMG", 8, 14)
