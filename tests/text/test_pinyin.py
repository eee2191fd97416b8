from __future__ import annotations

import pytest

from mt.text.han import is_han
from mt.text.pinyin import readings, syllabify, toneless


@pytest.mark.parametrize(
    ("written", "bare"),
    [
        ("jí", "ji"),
        ("lǚ", "lü"),
        ("lv3", "lü"),
        ("nǚ", "nü"),
        ("zhuān", "zhuan"),
        ("de", "de"),
        ("ɡuān", "guan"),
        ("jĭ", "ji"),
    ],
)
def test_tones_go_and_umlauts_stay(written: str, bare: str) -> None:
    assert toneless(written) == bare


def test_every_reading_of_a_character_is_known() -> None:
    assert readings("長") == {"chang", "zhang"}
    assert "de" in readings("的")
    assert readings("A") == frozenset()


def test_words_are_read_as_syllables() -> None:
    assert set(syllabify("Xian")) == {("xian",), ("xi", "an")}
    assert syllabify("Xi'an") == (("xi", "an"),)
    assert syllabify("Chongqing") == (("chong", "qing"),)
    assert syllabify("Friendship") == ()
    assert syllabify("") == ()


def test_ideographs() -> None:
    assert all(map(is_han, "一龥〇𠀀"))
    assert not any(map(is_han, ["", "a", "，", "あ", "é"]))
