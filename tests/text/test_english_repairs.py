from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.text.english_repairs import repair_english, repair_sentence_gaps, repair_translation


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
        ("Over more than 158,000 people.", "Over 158,000 people."),
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


@pytest.mark.parametrize(
    ("zh", "en", "repaired"),
    [
        # Inside names, abbreviations, times and numbers there is no space, and no sentence begins after them.
        ("用Node.js和Baidu.com。", "With Node. Js and Baidu. Com.", "With Node.js and Baidu.com."),
        ("他有Ph.D.学位。", "He has a Ph. D. degree.", "He has a Ph.D. degree."),
        ("博士。", "A Ph.D. of Baidu.Com and Node.Js.", "A Ph.D. of Baidu.Com and Node.Js."),
        ("美国在上午。", "The U. S. at 9 a. m. and e. g. later.", "The U.S. at 9 a.m. and e.g. later."),
        ("11：30，2,948元，3.5倍，3:2。", "At 11: 30, 2, 948, 3. 5 and 3: 2.", "At 11:30, 2,948, 3.5 and 3:2."),
        ("见https://a.cn/b。", "See https: //a.cn/b.", "See https://a.cn/b."),
        # Quotation marks.
        ("他说：“好，行。”", 'He said, " fine, OK. "', 'He said, "fine, OK."'),
        ("他说：“好。”", 'He said, "Fine.', 'He said, "Fine."'),
        ("5寸。", '5" wide.', '5" wide.'),
        ("5000万美元。", "It is ＄50 million.", "It is $50 million."),
        # Headings.
        ("工作报告", "Work Report.", "Work Report"),
        ("苹果公司", "Apple Inc.", "Apple Inc."),
        ("他来自美国", "He is from the U.S.", "He is from the U.S."),
        ("好……", "Good...", "Good..."),
        ("好吗", "Good?", "Good?"),
        ("支持“走出去”。", "Support (going global.", "Support going global."),
        ("支持（甲）。", "Support (going global.", "Support, going global."),
        ("评委有甲（A）、乙。", "Jury: Ab), B and 1) C.", "Jury: Ab, B and 1) C."),
        ("世卫组织（WHO）宣布。", "WHO (WHO) said.", "WHO said."),
        ("上合组织，SCO，成立。", "SCO, SCO, was founded.", "SCO was founded."),
        ("世卫组织（WHO）和WHO。", "WHO (WHO) and WHO.", "WHO (WHO) and WHO."),
        ("姓名、职务", "Name, position,", "Name, position"),
        ("支持川促会。", "Support the Council (SUCPEB).", "Support the Council (SUCPEB)."),
    ],
)
def test_a_translation_is_mended_where_its_source_tells_how(zh: str, en: str, repaired: str) -> None:
    assert repair_translation(en, zh) == repaired


@given(st.text('aB." ,:5', max_size=30), st.text("aB.好“”5:", max_size=12))
def test_mending_changes_spaces_marks_and_case_alone(en: str, zh: str) -> None:
    repaired = repair_translation(en, zh)
    assert [char for char in repaired.lower() if char.isalnum()] == [char for char in en.lower() if char.isalnum()]
