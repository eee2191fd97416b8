from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mt.text.han import HAN
from mt.text.normalise import clean_chinese, clean_english, normalise_source, normalise_with_places
from mt.text.repairs import Repairs
from mt.text.script import to_simplified

SEED = Path(__file__).parents[2] / "seeds" / "raw" / "000_719ee97b54b7de9c.txt"

# Read by eye against the scraped text, character by character.
CLEANED = [
    "6月3日至4日，重庆市政府外办二级巡视员、市对外友协办主任鲁进率队赴成都开展专题调研，分别与四川省委外办机关党委书记杨东、"
    "四川省对外友协秘书长向琼花举行座谈交流，加快推进成渝地区双城经济圈建设。",
    "鲁进听取了四川省积极开展民间组织“走出去”工作有关情况。他表示，川促会的成功经验值得学习和借鉴，重庆市政府外办将加快推进"
    "渝促会的筹建工作，贯彻落实中央、重庆市委关于成渝地区双城经济圈建设的战略部署，按照川渝外办签署的合作备忘录相关要求，"
    "与四川省外办进一步加强沟通交流。",
    "此外，鲁进还与向琼花就如何加强成渝两地友协合作，共同推进成渝地区双城经济圈建设展开深入交流。双方一致同意，进一步加强"
    "两部门沟通与合作，进一步实现资源互享、信息互通，以合办民间国际交往活动等形式，不断加深交流合作，为推进成渝地区双城经济圈"
    "建设、推动内陆地区更高水平的开放发展贡献民间外事力量。",
]


@pytest.fixture(scope="module")
def paragraphs() -> list[str]:
    return SEED.read_text("utf-8").split("\n")


def test_seed_chinese_is_cleaned_exactly(paragraphs: list[str]) -> None:
    cleaned = [clean_chinese(paragraph) for paragraph in paragraphs[:3]]
    assert [text for text, _ in cleaned] == CLEANED
    assert sum((Counter(repairs.counts) for _, repairs in cleaned), Counter()) == {
        "pinyin": 69,
        "punctuation": 15,
        "traditional": 130,
    }
    assert all(not repairs.notes for _, repairs in cleaned)


def test_every_reading_of_the_seed_is_counted_and_none_is_left(paragraphs: list[str]) -> None:
    scraped = "".join(paragraphs[:3])
    cleaned, repairs = clean_chinese(scraped)
    assert repairs.counts["pinyin"] == len(re.findall(r"\([^)]*\)", scraped)) == 69
    assert not re.search(r"[(（a-zà-ǜ]", cleaned)


def test_seed_english_keeps_its_wording(paragraphs: list[str]) -> None:
    cleaned = [clean_english(paragraph) for paragraph in paragraphs[3:]]
    assert [text for text, _ in cleaned] == paragraphs[3:]
    assert [[note.text for note in repairs.notes] for _, repairs in cleaned] == [
        ["Peoples"],
        ["Sichuans", "Chongqings"],
        [],
    ]
    for text, repairs in cleaned:
        assert all(text[note.position :].startswith(note.text) and not note.repaired for note in repairs.notes)


def test_seed_apostrophes_are_restored_when_asked(paragraphs: list[str]) -> None:
    text, repairs = clean_english(paragraphs[4], restore_apostrophes=True)
    assert "listening to Sichuan's briefings" in text
    assert "establishment of Chongqing's. The" in text
    assert repairs.counts == {"apostrophe_lost": 2, "apostrophe_restored": 2}
    assert all(note.repaired for note in repairs.notes)
    assert clean_english(text, restore_apostrophes=True) == (text, Repairs())


@pytest.mark.parametrize(
    ("scraped", "cleaned"),
    [
        ("二級(jí)巡視員", "二级巡视员"),
        ("專（zhuān）題", "专题"),
        ("女(nǚ)、绿(lv4)、级 (jí)、级(ji2)、们(men)", "女、绿、级、级、们"),
        ("質(zhí)量", "质量"),  # the reading of Taiwan
        ("關(ɡuān)係", "关系"),  # the phonetic alphabet's g
        ("级(ji\u0301)", "级"),  # a combining accent
        ("后(hòu)宫", "后宫"),
    ],
)
def test_readings_go(scraped: str, cleaned: str) -> None:
    assert normalise_source(scraped) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "国内生产总值(GDP)",
        "人工智能(AI)",
        "他(he)来了",
        "选项(a)",
        "啊(a)",
        "爱(AI)",  # capitals are an acronym's even where they spell the reading
        "重庆（直辖市）",
        "级（二级）",
        "用地（R2）",
        "咖啡(café)",
        "第(1)条",
    ],
)
def test_true_brackets_stay(text: str) -> None:
    assert clean_chinese(text) == (text, Repairs(notes=clean_chinese(text)[1].notes))


def test_a_bracket_like_a_reading_of_another_character_is_noted() -> None:
    text, repairs = clean_chinese("咖啡(jí)")
    assert text == "咖啡(jí)"
    assert [(note.kind, note.text) for note in repairs.notes] == [("pinyin_doubtful", "啡(jí)")]
    assert clean_chinese("用地（R2）")[1].notes == ()


@pytest.mark.parametrize(
    ("scraped", "cleaned"),
    [
        ("增长3.5%,比去年高", "增长3.5%，比去年高"),
        ("时间10:30,地点:北京", "时间10:30，地点：北京"),
        ("共1,000,000元;比分3:2,平", "共1,000,000元；比分3:2，平"),
        ("见http://a.cn/x,y.html,谢谢.", "见http://a.cn/x,y.html，谢谢。"),
        ('他问:"好吗?"我说"GPT"好.', "他问：“好吗？”我说“GPT”好。"),
        ("真的?!好...", "真的？！好……"),
        ("北京(首都)与GDP(国内生产总值)", "北京（首都）与GDP（国内生产总值）"),
        ("「你好」", "“你好”"),
        ("中国 人民 ， 万岁", "中国人民，万岁"),
        ("使用 GitHub  工具", "使用 GitHub 工具"),
        ("在1 2 月和2 0 1 5 年，第1 20页", "在12 月和2015 年，第1 20页"),
        ("ＧＤＰ增长３％", "GDP增长3%"),
        ("\ufeff你\u200b好", "你好"),
        ("甲 \r\n 乙", "甲\n乙"),
    ],
)
def test_punctuation_width_and_space(scraped: str, cleaned: str) -> None:
    assert normalise_source(scraped) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        'Hello, world (today): "yes"; no?',
        "v3.5, 10:30",
        "第3.5条",
        "http://a.cn/b,c?d=e!",
        "a@b.cn",
        '他说"',
        "列表",
        "李乾坤、李乾",
        "",
    ],
)
def test_sound_text_is_left_alone(text: str) -> None:
    assert clean_chinese(text) == (text, Repairs())


def test_script_conversion() -> None:
    assert to_simplified("乾淨的頭髮，乾隆與皇后，瞭解後來") == "干净的头发，乾隆与皇后，了解后来"
    assert to_simplified("李乾") == "李乾"  # simplified already: not 李干
    assert to_simplified("薴") == "苎"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the National Peoples Congress", ["Peoples"]),
        ("the peoples of Africa and Indigenous Peoples Forum", []),
        ("All Ethnic Peoples, united", []),
        ("Womens Federation and Childrens Palace", ["Womens", "Childrens"]),
        ("Chinas reform and Zhejiangs growth", ["Chinas", "Zhejiangs"]),
        ("Hunans plan. He went to Hunan.", ["Hunans"]),
        ("Hunans plan.", []),  # nothing in the text says that Hunan is a name
        ("Americans and American aid; Canadians; Games; Paris; Wales; United States Times; Texas", []),
        ("the two Chinas are", []),
        ("People's Sichuan’s Sichuans’ ", []),
    ],
)
def test_lost_apostrophes(text: str, found: list[str]) -> None:
    assert [note.text for note in clean_english(text)[1].notes] == found


def test_restored_apostrophe_takes_the_shape_in_use() -> None:
    assert clean_english("China’s plan, Sichuans plan", restore_apostrophes=True)[0] == "China’s plan, Sichuan’s plan"


def test_english_space() -> None:
    text, repairs = clean_english('  The\u00a0FAOCMG  said\t"going global". ')
    assert text == 'The FAOCMG said "going global".'
    assert repairs.counts == {"space": 5}


PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            list("级級长長会門乾薴的一是中著後,.;:?!()（），。“”\"'「」 \u3000\n\t…-—%/3a0AＡ１《》、\u200b\u0301")
        ),
        st.sampled_from(
            [
                "(jí)",
                "（cháng）",
                "(GDP)",
                "(a)",
                "(he)",
                "http://a.cn/b",
                "...",
                "--",
                "3.5",
                "10:30",
                "a@b.cn",
                "ji",
                "í",
            ]
        ),
        st.text(max_size=3),
    ),
    max_size=25,
).map("".join)


@settings(max_examples=400, deadline=None)
@given(PIECES)
@example("中级(jí)(jí)")
@example("级( jí )")
def test_cleaning_chinese_is_idempotent(text: str) -> None:
    once, repairs = clean_chinese(text)
    twice, again = clean_chinese(once)
    assert twice == once
    assert again.counts == {}
    assert (once != text) == bool(repairs.counts)


@settings(max_examples=400, deadline=None)
@given(PIECES)
def test_places_say_where_each_character_was(text: str) -> None:
    cleaned, places = normalise_with_places(text)
    assert len(places) == len(cleaned) + 1
    assert list(places) == sorted(places)
    assert places[-1] == len(text)
    for character, place in zip(cleaned, places, strict=False):
        if character.isascii() and character.isalnum():
            assert text[place] in (character, chr(ord(character) + 0xFEE0))


@settings(max_examples=200, deadline=None)
@given(PIECES, st.booleans())
def test_cleaning_english_is_idempotent(text: str, restore: bool) -> None:
    once, repairs = clean_english(text, restore_apostrophes=restore)
    twice, again = clean_english(once, restore_apostrophes=restore)
    assert twice == once
    assert set(again.counts) <= {"apostrophe_lost"}
    assert (once != text) == bool(set(repairs.counts) - {"apostrophe_lost"})


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=6),
    st.sampled_from(["GDP", "AI", "R&D", "1", "A", "a", "x.y"]),
)
def test_true_brackets_survive(chinese: str, inside: str) -> None:
    assert clean_chinese(f"{chinese}({inside})")[0].endswith(f"({inside})")
    assert clean_chinese(f"{chinese}（{inside}）")[0].endswith(f"（{inside}）")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from("级級长長会會门門書专專國动動"), st.sampled_from(["()", "（）"]))
def test_every_real_reading_goes(char: str, brackets: str) -> None:
    from pypinyin.constants import PINYIN_DICT

    for reading in PINYIN_DICT[ord(char)].split(","):
        cleaned = normalise_source(f"中{char}{brackets[0]}{reading}{brackets[1]}中")
        assert re.fullmatch(rf"[{HAN}]{{3}}", cleaned), reading


@pytest.mark.parametrize(
    "piece",
    ["a", "的 ", " ", "级 (jí)", "(", "（", '"', "http://", "www.", "a@", "a.", "e\u0301", "。", "....", "1 ", "後"],
)
def test_time_is_linear_in_the_length(piece: str) -> None:
    def seconds(length: int) -> float:
        start = time.perf_counter()
        normalise_with_places("好" + piece * (length // len(piece)) + "，好")
        return time.perf_counter() - start

    # Ten times the length in ten times the time, at most three times as much: quadratic would be a hundred.
    short = min(seconds(20_000) for _ in range(3))
    assert seconds(200_000) < 30 * short + 0.1
