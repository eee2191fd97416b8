from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mt.data.rules import drop_reason, numbers_differ


@pytest.mark.parametrize(
    ("zh", "en", "reason"),
    [
        ("各位代表：", "Fellow Deputies,", None),
        ("", "x", "empty side"),
        ("hello there", "hello there", "source not Chinese"),
        ("テストですからね", "This is only a test.", "source not Chinese"),
        ("马丁・路德・金的话", "the words of Martin Luther King", None),
        ("各位代表", "各位代表 deputies", "Chinese in target"),
        ("各位代表", "12 34 56 78", "target not English"),
        ("各位代表，大家好。", "Уважаемые депутаты, here", "target not English"),
        ("他在咖啡馆。", "He is in a café.", None),
        ("各位<b>代表</b>", "Fellow <b>deputies</b>", "markup"),
        ("共有%s个代表", "There are %s deputies", "markup"),
        ("使用外资1383亿美元。", "Foreign investment totaled US$138.3 billion.", None),
        ("查看页面 $1 的设置。", "View the settings of the page.", "markup"),
        ("想知道更多请看这里：http://a.cn", "Look here: http://a.cn", "markup"),
        ("全是好东西啊！！！！！", "All of it is good!!!!!", "symbols"),
        ("各位代表，现在我代表国务院向大会报告政府工作请予审议并请提出意见", "Yes", "length ratio"),
        ("好", "This is a very long sentence that cannot be the translation of it", "length ratio"),
        ("使用命令 git commit amend 来提交代码", "git commit amend commit", "copy"),
    ],
)
def test_rules(zh: str, en: str, reason: str | None) -> None:
    assert drop_reason(zh, en) == reason


@pytest.mark.parametrize(
    ("zh", "en"),
    [
        ("消费贡献率达到66.4%。", "The contribution reached 66.4%."),
        ("60万亿元", "60 trillion yuan"),
        ("超过3.5万人", "more than 35,000 people"),
        ("约1.2亿元", "about 120 million yuan"),
        ("6000多万", "over 60 million"),
        ("二〇一八年", "2018"),
        ("三百五十人", "350 people"),
        ("两万八千", "28,000"),
        ("十二点五", "12.5"),
        ("1862年是选举年。", "Eighteen sixty-two was an election year."),
        ("250人", "two hundred and fifty people"),
        ("2021年3月16日", "March 16, 2021"),
        ("20世纪90年代", "the 1990s"),
        ("上世纪九十年代", "in the 1990s"),
        ("20世纪", "the twentieth century"),
        ("下午14:30", "2:30 p.m."),
        ("三成", "30%"),
        ("采用W-CDMA的3G方案", "a W-CDMA 3G solution"),
        ("第3步", "the third step"),
        ("百分之三十", "30 percent"),
        ("一个人", "a man"),
        ("24个", "two dozen and 24"),
        ("98年", "in 1998"),
        ("5千米", "5,000 meters"),
    ],
)
def test_numbers_that_agree(zh: str, en: str) -> None:
    assert numbers_differ(zh, en) is None


@pytest.mark.parametrize(
    ("zh", "en"),
    [
        ("达到66.4%。", "reached 65.4%."),
        ("超过3.5万人", "more than 3,500 people"),
        ("2021年", "in 2020"),
        ("一位妇女在街上卖煤炭。", "A woman sells coal in the street, February 1, 2006."),
        ("共有18个省和5个市", "in 18 provinces"),
    ],
)
def test_numbers_that_differ(zh: str, en: str) -> None:
    assert numbers_differ(zh, en) == "numbers differ"


@given(st.integers(1, 9_999_999))
def test_a_number_agrees_with_itself_in_digits_and_in_scales(number: int) -> None:
    assert numbers_differ(f"共{number}个", f"{number:,} of them") is None
    assert numbers_differ(f"共{number}万个", f"{number * 10_000:,} of them") is None
    assert numbers_differ(f"共{number}个", f"{number * 3 + 1:,} of them") == "numbers differ"


@given(st.text(max_size=60), st.text(max_size=60))
@example("它上升了", " ")
def test_any_text_can_be_judged(zh: str, en: str) -> None:
    assert drop_reason(zh, en) is None or drop_reason(zh, en)
