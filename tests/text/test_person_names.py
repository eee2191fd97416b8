from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.text.entities import find_entities
from mt.text.han import is_han
from mt.text.person_names import BUCKETS, candidate_spans, features, find_person_names, person_name, romanise


def found(*texts: str) -> list[list[tuple[str, str]]]:
    names = find_person_names(texts)
    return [
        [(text[one.start : one.end], one.target) for one in own if one.certain]
        for text, own in zip(texts, names, strict=True)
    ]


def doubtful(text: str) -> list[str]:
    return [text[one.start : one.end] for one in find_person_names([text])[0] if not one.certain]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("国务院总理李克强表示，中方愿同各方合作。", [("李克强", "Li Keqiang")]),
        ("中央政治局委员杨洁篪会见了代表团。", [("杨洁篪", "Yang Jiechi")]),
        ("记者王伟报道，刘建国主任说他很高兴。", [("王伟", "Wang Wei"), ("刘建国", "Liu Jianguo")]),
        ("王某和李某被判刑。", []),
        ("记者安娜·王伟报道，总理李克强·史密斯说。", []),
        ("高度重视方面的任务，于是马上成功。", []),
        ("推进新一轮高水平对外开放，废除了封建帝制，孙中山先生。", []),
        ("他在江苏省和陕西省的金融市场工作。", []),
        ("俄罗斯总统普京和美国总统特朗普会谈。", []),
        ("", []),
        ("公司董事长张朝阳表示，将继续投资。", [("张朝阳", "Zhang Chaoyang")]),
        ("欧阳修说，诸葛亮表示。", [("欧阳修", "Ouyang Xiu"), ("诸葛亮", "Zhuge Liang")]),
        ("著名学者欧阳震华出席会议。", [("欧阳震华", "Ouyang Zhenhua")]),
        ("书记刘长乐表示，公司马上出席，会长孙瑞哲致辞。", [("刘长乐", "Liu Changle")]),
    ],
)
def test_names_are_told_from_other_words(text: str, names: list[tuple[str, str]]) -> None:
    assert found(text) == [names]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("买买提·艾力和努尔·白克力出席。", ["买买提·艾力", "努尔·白克力"]),
        ("歌手吉克隽逸表示感谢。", ["吉克隽逸"]),
        ("马克·马克力挺他。", ["马克·马克"]),
    ],
)
def test_names_of_other_peoples_are_whole_and_doubtful(text: str, names: list[str]) -> None:
    assert (found(text), doubtful(text)) == ([[]], names)


def test_a_name_once_sure_is_one_in_the_whole_document() -> None:
    alone = "人们想起张晓雯那天的话。"
    sure = "中国外交部部长张晓雯表示，双方将加强合作。"
    assert found(alone) == [[]]
    assert found(sure, alone)[1] == [("张晓雯", "Zhang Xiaowen")]


def test_those_of_other_countries_are_left_alone_in_the_whole_document() -> None:
    texts = ("外交部长王毅会见了韩国外长康京和。", "外交部长康京和表示感谢。", "王毅表示欢迎。")
    assert found(*texts) == [[("王毅", "Wang Yi")], [], [("王毅", "Wang Yi")]]
    assert found("外交部长康京和表示感谢。") != [[]], "the country is what spares it"


def test_documents_of_places_with_spellings_of_their_own_are_left_alone() -> None:
    text = "总裁陈德霖先生表示欢迎。"
    assert found(text) == [[("陈德霖", "Chen Delin")]]
    assert found("香港金管局今日公布。", text) == [[], []]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("董事长张重华表示，将继续投资。", ["张重华"]),
        ("韩国总统李在明在首尔会见了代表团。", ["李在明"]),
        ("李在明表示欢迎，石破茂表示感谢。", ["李在明", "石破茂"]),
        ("日本首相岸田文雄表示欢迎。", ["岸田文雄"]),
        ("次仁央宗在会上说，主席白玛赤林出席。", ["次仁央宗", "白玛赤林"]),
        ("阿卜杜热合曼·买买提和阿卜杜拉·艾山表示感谢。", ["阿卜杜热合曼·买买提", "阿卜杜拉·艾山"]),
        ("李家超表示欢迎，赖清德表示感谢。", ["李家超", "赖清德"]),
    ],
)
def test_names_that_pinyin_may_not_spell_are_doubtful(text: str, names: list[str]) -> None:
    assert doubtful(text) == names
    assert found(text) == [[]]


def test_every_reading_of_a_doubtful_name_is_given() -> None:
    name = person_name("张重华", 0, 3)
    assert not name.certain
    assert {"Zhang Zhonghua", "Zhang Chonghua"} <= set(name.forms)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("李克强", "Li Keqiang"),
        ("仇保兴", "Qiu Baoxing"),
        ("查良镛", "Zha Liangyong"),
        ("区伯", "Ou Bo"),
        ("华国锋", "Hua Guofeng"),
        ("薄熙来", "Bo Xilai"),
        ("尉迟恭", "Yuchi Gong"),
        ("长孙无忌", "Zhangsun Wuji"),
        ("令狐冲", "Linghu Chong"),
        ("王毅", "Wang Yi"),
        ("单霁翔", "Shan Jixiang"),
        ("解振华", "Xie Zhenhua"),
        ("曾培炎", "Zeng Peiyan"),
        ("吕克俭", "Lyu Kejian"),
        ("李西安", "Li Xi'an"),
        ("王女", "Wang Nyu"),
    ],
)
def test_pinyin_of_names(name: str, written: str) -> None:
    assert romanise(name) == written


def test_other_spellings_of_a_name_are_the_name() -> None:
    name = person_name("吕西安", 0, 3)
    for text in ("Mr. Lyu Xi'an", "Lü Xi’an's", "Lu Xian,", "Xi'an Lyu", "LYU XI'AN"):
        assert find_entities([name], text) != [None], text
    for text in ("Lyu", "Lyu Xi'anping", "Xlyu Xi'an", "Li Xi'an"):
        assert find_entities([name], text) == [None], text


@given(st.lists(st.text(alphabet="王李张高明国强华说，。和的在a1 \n𠮷", max_size=25), max_size=5))
def test_names_are_spans_of_characters_that_do_not_overlap(texts: list[str]) -> None:
    for text, names in zip(texts, find_person_names(texts), strict=True):
        last = 0
        for name in names:
            assert last <= name.start < name.end <= len(text)
            assert all(is_han(character) for character in text[name.start : name.end])
            assert 2 <= name.end - name.start <= 4
            assert all(len(form.split(" ")) == 2 for form in name.forms)
            assert name.forms or not name.certain
            last = name.end


@given(st.text(max_size=12))
def test_features_are_as_many_for_every_span(text: str) -> None:
    counts = {len(features(text, *span)) for span in candidate_spans(text, frozenset(text))}
    assert len(counts) <= 1
    assert all(0 <= one < BUCKETS for span in candidate_spans(text, frozenset(text)) for one in features(text, *span))
