from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt.text.sentences import split_sentences


def bare(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(
    "sentences",
    [
        ["鲁进听取了四川省积极开展民间组织“走出去”工作有关情况。", "他表示，川促会的成功经验值得学习。"],
        ["他说：“我们会赢。”", "然后走了。", "真的？！", "好！！！"],
        ["“走。去！”他说。", "（他走了。）", "一是改革；二是开放……好。"],
        ["增长3.5%。", "U.S. GDP(国内生产总值)。"],
        ["《好吗？》一书出版。", "他问（真的吗？）后走了。"],
        ["他说：“今天来。明天去。”", "我们等。"],
        ["第一句.", "第二句.", "好"],
        ["见a.b?c=d吗？", "好"],
    ],
)
def test_chinese(sentences: list[str]) -> None:
    assert split_sentences("".join(sentences), "zh") == sentences


@pytest.mark.parametrize(
    "sentences",
    [
        [
            'Mr. Lu Jin, upon listening to briefings on the work of organizations "going global".',
            "He held that the FAOCMG will draw.",
        ],
        ["They met Mr. Yang Dong and Ms. Xiang Qionghua.", "Ms. Xiang Qionghua, secretary-general, agreed."],
        ["The U.S. economy grew 3.5 percent.", "Prices rose by 2.1%.", "He left the U.S.", "They stayed."],
        ["He said, “We will win.”", "Then he left.", '"Is it?" he asked.', "See No. 5 and Art. 12, p. 3."],
        ["We met on Jan. 5, 2021 at 10:30 a.m. in Beijing.", "J. K. Rowling came (see Fig. 2).", "Then what?!", "OK."],
        ["1. First item.", "2. Second item.", "II. Economic tasks.", "• Open up."],
        ["Huawei Technologies Co., Ltd. said so.", "Co. Ltd. signed.", "Li et al. came, e.g. in 1999, i.e. long ago."],
        ["We met at www.gov.cn.", "Prof. Wang met Sen. Smith and Gov. Lee."],
    ],
)
def test_english(sentences: list[str]) -> None:
    assert split_sentences(" ".join(sentences), "en") == sentences


def test_line_ends_cut_and_blank_text_has_no_sentence() -> None:
    assert split_sentences("第一\n第二", "zh") == ["第一", "第二"]
    assert split_sentences("One\n\nTwo", "en") == ["One", "Two"]
    assert split_sentences(" \n", "zh") == split_sentences("", "en") == []


def test_unknown_language() -> None:
    with pytest.raises(ValueError, match="'fr'"):
        split_sentences("Bonjour.", "fr")


TEXTS = st.lists(
    st.one_of(
        st.sampled_from(list("中文好。！？…“”‘’（）()《》\"'.!?,;: \n\tabAB1")),
        st.sampled_from(["Mr. ", "U.S. ", "Ms. ", "1. ", "II. ", "e.g. ", "Co. Ltd. ", "……", "3.5", "He said. ", "——"]),
        st.text(max_size=4),
    ),
    max_size=30,
).map("".join)


@settings(max_examples=400, deadline=None)
@given(TEXTS, st.sampled_from(["zh", "en"]))
def test_nothing_is_lost(text: str, language: str) -> None:
    sentences = split_sentences(text, language)
    assert bare("".join(sentences)) == bare(text)
    assert all(sentence and sentence == sentence.strip() for sentence in sentences)
