"""Lists of names, enumerations, names with their Latin form, life dates and headings, through the starter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mt import Translator
from mt.text.person_names import find_person_names

STARTER = Path(__file__).parents[2] / "models" / "starter"


@pytest.fixture(scope="module")
def starter() -> Translator:
    return Translator.from_pretrained(STARTER)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("张三、李四、王五和赵六参加了会议。", "Zhang San|Li Si|Wang Wu|Zhao Liu"),
        ("出席会议的有张三、李四、王五和赵六。", "Zhang San|Li Si|Wang Wu|Zhao Liu"),
        ("参加座谈的有张伟、王芳、李娜、刘洋、陈静和杨磊。", "Zhang Wei|Wang Fang|Li Na|Liu Yang|Chen Jing|Yang Lei"),
        ("评委有王蒙、莫言、余华、苏童、刘震云。", "Wang Meng|Mo Yan|Yu Hua|Su Tong|Liu Zhenyun"),
        ("钱学森、邓稼先、袁隆平、屠呦呦都是著名科学家。", "Qian Xuesen|Deng Jiaxian|Yuan Longping|Tu Youyou"),
        ("作者：王丽 李强 张敏", "Wang Li|Li Qiang|Zhang Min"),
        ("（记者 张晓明 李文）", "Zhang Xiaoming|Li Wen"),
        ("获奖者：张伟、王芳、李娜、刘洋、陈静、周杰。", "Zhang Wei|Wang Fang|Li Na|Liu Yang|Chen Jing|Zhou Jie"),
    ],
)
def test_every_name_of_a_list_is_there_once(starter: Translator, text: str, names: str) -> None:
    output = starter.translate(text).text
    for name in names.split("|"):
        assert output.count(name) == 1, output


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("张伟、王芳和李娜。", "Zhang Wei, Wang Fang and Li Na."),
        ("参会人员：王毅、李强、张伟。", "Participants: Wang Yi, Li Qiang, Zhang Wei."),
        ("主讲：李娜 刘洋 陈静", "Speaker: Li Na, Liu Yang, Chen Jing"),
    ],
)
def test_nothing_is_added_to_names_alone(starter: Translator, text: str, expected: str) -> None:
    translation = starter.translate(text)
    assert translation.text == expected
    assert all(
        translation.text[entity.target_start : entity.target_end] == entity.target for entity in translation.entities
    )
    assert {entity.status for entity in translation.entities} == {"model"}


@pytest.mark.parametrize(
    "text",
    [
        "华为、高通、联想、小米参加展会。",
        "江苏、安徽、温州、金华、宁波等地。",
        "唐诗、宋词、元曲和明清小说。",
        "何时、何地、何人、何事。",
        "张家口、石家庄、马鞍山、黄山。",
        "金融、黄金、白银、石油",
    ],
)
def test_other_lists_hold_no_names(text: str) -> None:
    assert find_person_names([text]) == [[]]


@pytest.mark.parametrize(
    ("text", "once"),
    [
        ("上合组织（SCO）成员国元首理事会在天津举行。", "SCO"),
        ("世卫组织（WHO）宣布疫情结束。", "WHO"),
        ("国内生产总值（GDP）同比增长5.2%。", "GDP"),
        ("阿里巴巴（Alibaba）集团发布财报。", "Alibaba"),
        ("美国教授约翰·史密斯（John Smith）来访。", "Smith"),
        ("阿里巴巴创始人马云(Jack Ma)发表演讲。", "Ma"),
    ],
)
def test_a_name_followed_by_its_latin_form_is_said_once(starter: Translator, text: str, once: str) -> None:
    output = starter.translate(text).text
    assert len(re.findall(rf"\b{once}\b", output)) == 1, output
    assert output.count("(") == output.count(")")


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("我们要做好以下工作：一、加强领导；二、落实责任；三、严格考核。", ["1.", "2.", "3."]),
        ("一、总体要求。坚持改革。二、主要任务。扩大开放。", ["I.", "II."]),
        ("会议要求：（一）提高认识；（二）加强协调；（三）狠抓落实。", ["(1)", "(2)", "(3)"]),
        ("步骤如下：①打开电源；②选择模式；③按下开始键。", ["①", "②", "③"]),
        ("一要加强组织领导，二要完善工作机制，三要强化监督检查。", ["First", "Second", "Third"]),
        ("第一，要加强领导；第二，要落实责任；第三，要严格考核。", ["First", "Second", "third"]),
    ],
)
def test_marks_of_an_enumeration_within_a_line_are_kept(starter: Translator, text: str, marks: list[str]) -> None:
    output = starter.translate(text).text
    found = re.findall(r"(?<!\w)(?:[IV]+\.|\d\.(?!\d)|\(\d\)|[①②③]|[Ff]irst|[Ss]econd|[Tt]hird)", output)
    assert [mark.lower() for mark in found] == [mark.lower() for mark in marks], output


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("李明（1962年3月—），男，汉族，四川成都人，现任副省长。", "(March 1962 –)"),
        ("钱学森（1911年12月11日－2009年10月31日），浙江杭州人。", "(December 11, 1911 – October 31, 2009)"),
        ("刘备（161年-223年）是蜀汉开国皇帝", "(161 – 223)"),
    ],
)
def test_dates_of_a_life_are_complete(starter: Translator, text: str, dates: str) -> None:
    result = starter.translate(text)
    assert dates in result.text
    (span,) = (entity for entity in result.entities if entity.kind == "timecode")
    assert (span.target, text[span.source_start : span.source_end]) == (dates[1:-1], span.source)


def test_case_13_headings_read_as_nouns(starter: Translator) -> None:
    assert starter.translate("姓名\t职务\t单位").text == "Name\tPosition\tUnit"
    glossary = Translator(starter.engine, {"职务": "Function"})
    assert glossary.translate("姓名\t职务").text == "Name\tFunction"


def test_lone_surrogates_are_replaced_and_pairs_joined(starter: Translator) -> None:
    result = starter.translate("你好\ud83d。\ud83d\ude00")
    assert result.source == "你好\ufffd。😀"
    assert "\ufffd" in result.text
    assert result.text.endswith("😀")
