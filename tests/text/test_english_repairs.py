from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.text.english_repairs import repair_english, repair_sentence_gaps


@pytest.mark.parametrize(
    ("english", "repaired"),
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
def test_a_lost_space_is_put_back(english: str, repaired: str) -> None:
    assert repair_sentence_gaps(english, "") == repaired


def test_what_the_source_has_too_stays() -> None:
    english = "The queue.Queue class.It blocks."
    assert repair_sentence_gaps(english, "queue.Queue类。") == "The queue.Queue class. It blocks."


@given(st.text("aB.?! We/-", max_size=30), st.text("aB.", max_size=5))
def test_nothing_but_spaces_is_added_and_once_is_enough(english: str, chinese: str) -> None:
    repaired = repair_sentence_gaps(english, chinese)
    assert repaired.replace(" ", "") == english.replace(" ", "")
    assert repair_sentence_gaps(repaired, chinese) == repaired


@pytest.mark.parametrize(
    ("zh", "en", "repaired"),
    [
        ("他说：", "He said , “ fine ” .", 'He said, "fine".'),
        ("不会。", "It won t do , it s over !", "It won't do, it's over!"),
        ("前面！", "In front! ! !", "In front!!!"),
        ("面积4000平方英尺", "4, 000-square-foot, and 100 000 tombs", "4,000-square-foot, and 100,000 tombs"),
        ("他在家。", "A. He is at home.", "He is at home."),
        ("A. 他在家。", "A. He is at home.", "A. He is at home."),
        ("合作。我们", "with countries.We go.", "with countries. We go."),
        ("queue.Queue类", "The queue.Queue class", "The queue.Queue class"),
        ("我们走了", "I’m sure we ve left…", "I'm sure we've left..."),
    ],
)
def test_spacing_is_repaired(zh: str, en: str, repaired: str) -> None:
    assert repair_english(zh, en) == repaired


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_can_be_repaired(zh: str, en: str) -> None:
    repaired = repair_english(zh, en)
    assert repaired == " ".join(repaired.split())
