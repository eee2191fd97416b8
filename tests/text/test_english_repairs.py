"""Sentences that run into each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.text.english_repairs import repair_sentence_gaps


@pytest.mark.parametrize(
    ("english", "mended"),
    [
        ("with other countries.We will go on.", "with other countries. We will go on."),
        ("Am I too dirty?Am I late!No.", "Am I too dirty? Am I late! No."),
        ("It rose.A year later it fell.I know.", "It rose. A year later it fell. I know."),
        ("Already so. We know.", "Already so. We know."),
        ("See www.Xinhua.com or a.Smith@x.cn.", "See www.Xinhua.com or a.Smith@x.cn."),
        ("It is logging.Filter() in lib/a.Py and 3.We", "It is logging.Filter() in lib/a.Py and 3.We"),
        ("The U.S.A. and the U.N.Charter", "The U.S.A. and the U.N.Charter"),
        ("email.policy.Policy is", "email.policy.Policy is"),
        ("a v1.Beta-2 build.", "a v1.Beta-2 build."),
    ],
)
def test_a_lost_space_is_put_back(english: str, mended: str) -> None:
    assert repair_sentence_gaps(english, "") == mended


def test_what_the_source_has_too_stays() -> None:
    assert (
        repair_sentence_gaps("The queue.Queue class.It blocks.", "queue.Queue类。")
        == "The queue.Queue class. It blocks."
    )


@given(st.text("aB.?! We/-", max_size=30), st.text("aB.", max_size=5))
def test_nothing_but_spaces_is_added_and_once_is_enough(english: str, chinese: str) -> None:
    mended = repair_sentence_gaps(english, chinese)
    assert mended.replace(" ", "") == english.replace(" ", "")
    assert repair_sentence_gaps(mended, chinese) == mended
