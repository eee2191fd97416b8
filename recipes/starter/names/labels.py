"""Labels for surnames that begin a name, from translations that write the name in pinyin."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mt.text.person_names import candidate_spans
from mt.text.pinyin import readings, syllabify

# Without 阮, which is mostly Vietnamese.
COMMON_SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田"
    "任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦"
    "季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍覃霍"
    "翁隋甘景薄单包司柏宁柯桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫苟全褚廉简娄盖符奚穆党燕郎邸冀谈姬屠连"
    "郜晏栾郁商蒙计喻揭窦迟敖糜鄢冷卓花仇艾蓝都巩井练仲乐虞卞封竺官楚佟栗匡宗应台巫习尚佘肖闫付戎丰区明杭麦沙鞠桑荆伏岑胥"
    "蔺阚惠郇冼芮储羿汲松富巴弓隗山宓蓬郗班仰秋伊厉祖束幸韶"
)
# From every word on: a title before a name begins with a capital too.
_NAME = re.compile(r"\b(?=([A-Z][a-zü]+) ([A-Z][a-zü]*(?:['’-][a-z]+)?)\b)")
_CAPITAL = re.compile(r"[a-z,\"] [A-Z][a-z]|^[A-Z][a-z]+ [A-Z]")


@dataclass(frozen=True, slots=True)
class NameLabel:
    """A span of a Chinese text that may be a name.

    Attributes:
        text, start, end: the span is ``text[start:end]``.
        is_name: whether the translation writes it in pinyin.
        overlaps: it is no name, but overlaps one.
        doubtful: the translation does not have it in pinyin, but has words that may be another spelling of it.
    """

    text: str
    start: int
    end: int
    is_name: bool
    overlaps: bool = False
    doubtful: bool = False


def name_labels(pairs: Iterable[tuple[str, str]], *, kept: float, seed: int) -> Iterator[NameLabel]:
    """Label spans of the Chinese sides of pairs (zh, en): all names and what overlaps them, and some others.

    Args:
        pairs: in simplified script.
        kept: share of the other spans that is drawn.
        seed: of the draws.
    """
    rng = random.Random(seed)
    for zh, en in pairs:
        names = [(_plain(match[1]), syllables) for match in _NAME.finditer(en) for syllables in _given(match[2])]
        own = list(candidate_spans(zh, COMMON_SURNAMES))
        found = {
            (start, end)
            for start, end in own
            if any(spells((surname, *syllables), zh[start:end]) for surname, syllables in names)
        }
        words = {_plain(word) for word in re.findall(r"\b[A-Z][a-zü]+\b", en)}
        doubtful = _CAPITAL.search(en) is not None
        for start, end in own:
            if (start, end) in found:
                yield NameLabel(zh, start, end, True)
            elif any(start < last and first < end for first, last in found):
                yield NameLabel(zh, start, end, False, overlaps=True)
            # If English has the surname alone, the span may still be a name.
            elif not any(spells((word,), zh[start]) for word in words) and rng.random() < kept:
                yield NameLabel(zh, start, end, False, doubtful=doubtful)


def _given(word: str) -> list[tuple[str, ...]]:
    """Return all readings of a given name as syllables."""
    return [
        tuple(map(_plain, syllables)) for syllables in syllabify(word.replace("-", "'")) if len(syllables) in (1, 2)
    ]


def _plain(syllable: str) -> str:
    """Write a syllable without its capital, and with u where it has ü, yu or v for it: Lyu, Lü and Lv are lu."""
    return re.sub("^([nl])(?:yu|v|ü)", r"\1u", syllable.lower())


def spells(syllables: tuple[str, ...], characters: str) -> bool:
    """Whether the syllables are readings of the characters, one each (ü written u counts)."""
    return len(syllables) == len(characters) and all(
        syllable in readings(char) or any(reading.replace("ü", "u") == syllable for reading in readings(char))
        for syllable, char in zip(syllables, characters, strict=True)
    )
