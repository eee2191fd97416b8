"""Names of Chinese persons in Chinese texts, and their pinyin: 李克强 is Li Keqiang.

Nothing in writing marks a name, and a small translation model gets up to half of them wrong, though their English is
certain. A linear model decides by the characters within and around a surname and one or two characters after it
whether they are a name; its weights come from translations that write the name in pinyin. Names of Koreans, Vietnamese
and others, written with the same characters and spelt otherwise, are left alone where the text tells their country.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mt.text.entities import Entity
from mt.text.han import is_han

WEIGHTS = Path(__file__).with_name("person_names.safetensors")
# Features are hashed into this many weights.
BUCKETS = 2**16
# Logits from which a span of two or three characters is a name, and one that is a name elsewhere in the document.
_SURE, _AGAIN = {2: 1.5, 3: 0.5}, -4.0
# What follows, or begins, a span that is a place, a company, or a person not named (王某).
_NO_PERSON = re.compile("[市县区省镇村州·]|集团|公司|银行|大学|队|俱乐部|股份|证券|易购|物流|公安|法院|检察")
_NO_NAME = re.compile(
    ".某|韩国|蒙古|高丽|马来|东[京方]|司[令法机]|华[人侨为裔]|高[水质标新层科温品效速端校素]|惠民|封建|全[面景国球民]|武[道警]|董事|方[面案]|安全|习惯|"
    # Known to the world by another spelling.
    "孙中山|孙逸仙|蒋介石|蒋经国|马英九|蔡英文|李登辉|陈水扁|连战|宋楚瑜|李嘉诚|李光耀|李显龙|董建华|曾荫权|梁振英|林郑|马云|马化腾|张忠谋|"
    "成龙|李小龙|李连杰|周润发|刘德华|张学友|贝聿铭|杨振宁|李政道|丁肇中|金正恩|金正日|金日成|金大中|文在寅|安倍|毛利"
)
# What is mostly beside names: titles, and what persons do.
_TITLE = (
    "主席|总理|总书记|书记|主任|部长|外长|局长|处长|科长|司长|厅长|署长|市长|省长|县长|区长|镇长|村长|州长|院长|校长|会长|理事长|秘书长|委员长|"
    "委员|常委|董事长|董事|总裁|行长|社长|馆长|所长|站长|组长|队长|团长|院士|教授|博士|研究员|工程师|设计师|医生|医师|律师|法官|检察官|检察长|"
    "发言人|大使|总领事|领事|参赞|代表|记者|编辑|主编|作家|诗人|画家|导演|演员|歌手|教练|选手|运动员|冠军|老师|校友|同志|先生|女士|小姐|夫人|总经理|"
    "经理|主管|负责人|创始人|专家|学者|将军|上将|中将|少将|司令|司令员|政委|书画家|艺术家|企业家|市民|村民|同学|队员|警官|民警|妻子|丈夫|儿子|女儿"
)
_BEFORE = re.compile(f"(?:{_TITLE}|首席执行官|[CE][A-Z]O|为|由|与|和|、)$")
_AFTER = re.compile(
    f"(?:副|等)?(?:{_TITLE})|表示|指出|强调|认为|介绍|告诉|透露|宣布|说|称|会见|会晤|出席|主持|率|陪同|在|对|向|与|和|等|、|，|。"
)
# Names are not spelt in mainland pinyin after these, directly or with a title between: 韩国外长康京和.
_PLACES = "|".join(
    (
        "韩国|朝鲜|越南|越共|日本|泰国|缅甸|老挝|柬埔寨|蒙古国?|印尼|印度尼西亚",
        "菲律宾|马来西亚|新加坡",
        "香港|澳门|台湾|台北|首尔|平壤|河内|东京|韩方|朝方",
    )
)
_ELSEWHERE = re.compile(f"(?:{_PLACES})(?:[^，。；：、]{{0,12}}(?:{_TITLE}))?$")
# A document that names these once in this many characters spells names as they do there.
_OWN_SPELLING, _OFTEN = re.compile("香港|澳门|台湾|台北|金管局"), 300
# Surnames whose reading differs from the character's usual one.
_SURNAMES = {
    "单": "shan", "解": "xie", "仇": "qiu", "查": "zha", "曾": "zeng", "任": "ren", "华": "hua", "区": "ou", "盖": "ge",
    "纪": "ji", "翟": "zhai", "缪": "miao", "宁": "ning", "召": "shao", "朴": "piao", "尹": "yin", "乐": "yue",
    "万": "wan", "覃": "qin", "卜": "bu", "石": "shi", "车": "che", "冯": "feng", "曲": "qu",
}  # fmt: skip


def find_person_names(texts: Sequence[str]) -> list[list[Entity]]:
    """Find the names in a document's texts (simplified script), those of each text in order.

    What is surely a name in one place is a name throughout the document. Documents of Hong Kong and Taiwan, where
    names are spelt otherwise, are left alone.
    """
    mentions = sum(len(_OWN_SPELLING.findall(text)) for text in texts)
    if mentions > 1 and mentions * _OFTEN > sum(map(len, texts)):
        return [[] for _ in texts]
    scored = [list(_scored(text)) for text in texts]
    sure = {
        text[start:end]
        for text, found in zip(texts, scored, strict=True)
        for score, start, end in found
        if score > _SURE[end - start]
    }
    names = []
    foreign: set[str] = set()
    for text, found in zip(texts, scored, strict=True):
        own: list[tuple[int, int]] = []
        for _, start, end in sorted(found, key=lambda one: -one[0]):
            if text[start:end] in sure and not any(start < last and first < end for first, last in own):
                own.append((start, end))
        foreign |= {text[start:end] for start, end in own if _ELSEWHERE.search(text, max(0, start - 20), start)}
        names.append(sorted(own))
    return [
        [person_name(text, start, end) for start, end in own if text[start:end] not in foreign]
        for text, own in zip(texts, names, strict=True)
    ]


def person_name(text: str, start: int, end: int) -> Entity:
    """Take a span of a text for a name: surname first, also given name first, and with other spellings of ü."""
    name = romanise(text[start:end])
    surname, given = name.split(" ")
    forms = [
        spelling
        for form in (name, name.replace("'", ""), f"{given} {surname}")
        # Lyu: also written Lü, Lu and Lv.
        for spelling in (form, *(re.sub("(?<=[NLnl])yu", vowel, form) for vowel in ("ü", "u", "v")))
    ]
    return Entity(start, end, tuple(dict.fromkeys(forms)), "name")


def romanise(name: str) -> str:
    """Write a name of two or three characters in pinyin: surname, space, given name; ü as yu (GB/T 28039-2011)."""
    from pypinyin import lazy_pinyin

    syllables = lazy_pinyin(name)
    syllables[0] = _SURNAMES.get(name[0], syllables[0])
    surname, *given = (re.sub("^([nl])[vü]", r"\1yu", syllable) for syllable in syllables)
    # Xi'an is not Xian.
    written = "".join(f"'{own}" if number and own[0] in "aeo" else own for number, own in enumerate(given))
    return f"{surname.capitalize()} {written.capitalize()}"


def candidate_spans(text: str, surnames: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Yield every span that may be a name: a surname with one character after it, and with two."""
    for start, character in enumerate(text):
        if character in surnames:
            for end in (start + 2, start + 3):
                if end > len(text) or not is_han(text[end - 1]):
                    break
                yield start, end


def features(text: str, start: int, end: int) -> list[int]:
    """Hash the features of a span and of the characters around it; each is a number below ``BUCKETS``."""
    name, length = text[start:end], str(end - start)
    before, after = f"^^^^^{text[max(0, start - 5) : start]}"[-5:], f"{text[end : end + 3]}$$$"[:3]
    surname, first, last, given = name[0], name[1], name[-1], name[1:]
    own = [
        f"beside {_kind(_BEFORE.search(before), before[4])} {_kind(_AFTER.match(text, end), after[0])} {length}",
        f"length {length}", f"name {name}", f"surname {surname} {length}", f"first {first} {length}",
        f"last {last} {length}", f"given {given}", f"head {surname}{first} {length}",
        f"before {before[4]}", f"before {before[3:]}", f"before {before[2:]}",
        f"after {after[0]} {length}", f"after {after[:2]}", f"after {after}",
        f"{before[4]} surname {surname}", f"surname {surname} after {after[0]}",
        f"last {last} after {after[0]} {length}",
    ]  # fmt: skip
    return [zlib.crc32(feature.encode()) % BUCKETS for feature in own]


def _kind(match: re.Match[str] | None, character: str) -> str:
    """What is beside a span: a word of the lists, another Chinese character, or none."""
    return "known" if match is not None else "word" if is_han(character) else "none"


def _scored(text: str) -> Iterator[tuple[float, int, int]]:
    weights, bias, surnames = _model()
    for start, end in candidate_spans(text, surnames):
        # 安娜·戴杰: part of a foreigner's name.
        if text[start - 1 : start] == "·":
            continue
        score = float(weights[features(text, start, end)].sum()) + bias
        if score > _AGAIN and not _NO_NAME.match(text, start) and not _NO_PERSON.match(text, end):
            yield score, start, end


@cache
def _model() -> tuple[NDArray[np.float32], float, frozenset[str]]:
    from safetensors import safe_open

    with safe_open(WEIGHTS, framework="numpy") as file:
        surnames = frozenset(file.metadata()["surnames"])
        return file.get_tensor("weights").astype(np.float32), float(file.get_tensor("bias")[0]), surnames
