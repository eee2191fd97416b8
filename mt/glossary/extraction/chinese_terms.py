"""Term candidates in Chinese text: recurring strings, names of organisations, transliterated names."""

import functools
import re
from collections.abc import Sequence

from mt.glossary.extraction.association import closed_under_extension, recurring
from mt.text.han import HAN
from mt.text.pinyin import readings

_HAN = re.compile(f"[{HAN}]+")
# Characters that hardly begin or end a term.
_LOOSE = frozenset("的了和与及在是将把被就也都还而并或从以所其之于着过等对为由使让到此该本")
# An organisation's name is found between these; they are seldom part of one.
_BREAK = re.compile(
    "[的了与和及在将把被从是就赴]|加快|推进|推动|加强|按照|根据|通过|开展|成立|建立|设立|访问|会见|参加|出席|作为|担任|共同|"
    "分别|进一步|如何|以及|由于|关于|其中"
)
_SUFFIX = (
    "委员会|办公室|办公厅|外事办|人民政府|政府|外办|侨办|港澳办|友协|协会|学会|商会|促进会|促会|联合会|基金会|理事会|"
    "研究院|研究所|研究中心|中心|大学|学院|医院|银行|公司|集团|总局|管理局|总领事馆|大使馆|省委|市委|区委|党委|"
    "厅|(?<!部)署(?!名)|局(?![面势部限])|部(?![署门分队落下])"
)
# A name may end twice: 市政府 外办.
_ORGANISATION = re.compile(f"[{HAN}]{{1,12}}?(?:{_SUFFIX})+")


def recurring_strings(texts: Sequence[str], min_count: int, longest: int = 12) -> dict[str, int]:
    """Count ideograph strings of 2 to ``longest`` characters that recur.

    Left out are those that begin or end with a function character, and those that occur within one longer string only.
    """
    kept = recurring([chunk for text in texts for chunk in _HAN.findall(text)], min_count, longest)
    terms = {gram: n for gram, n in kept.items() if len(gram) > 1 and _LOOSE.isdisjoint((gram[0], gram[-1]))}
    return closed_under_extension(terms)


def organisations(text: str) -> list[str]:
    """Return strings that end as names of organisations do, from the nearest break on their left."""
    found = []
    for run in _HAN.findall(text):
        for chunk in _BREAK.split(run):
            match = _ORGANISATION.match(chunk)
            if match and len(match[0]) > 2:
                found.append(match[0])
    return found


@functools.lru_cache(maxsize=20000)
def _spellings(character: str) -> frozenset[str]:
    """The toneless pinyin of a character, ü also as u, v and yu."""
    return frozenset(one.replace("ü", letter) for one in readings(character) for letter in ("ü", "u", "v", "yu"))


def transliterations(name: str, text: str) -> list[str]:
    """Return the ideograph strings of ``text``, of two or more characters, whose pinyin spells ``name``.

    Case, spaces, hyphens and apostrophes of ``name`` do not count: "Xiang Qionghua", "Xi'an".
    """
    spelling = re.sub(r"[\s'’-]", "", name).lower()
    if not spelling.isascii() or not spelling.isalpha() or not 3 <= len(spelling) <= 40:
        return []
    found = []
    for run in _HAN.findall(text):
        for start in range(len(run)):
            # Places in the spelling reachable after each character.
            reached = {0}
            for end in range(start, len(run)):
                reached = {
                    place + len(syllable)
                    for place in reached
                    for syllable in _spellings(run[end])
                    if spelling.startswith(syllable, place)
                }
                if not reached:
                    break
                if len(spelling) in reached and end > start:
                    found.append(run[start : end + 1])
    return found


# Provinces, in full and in short: an organisation and its translation name the same one.
_PLACES = {
    english.replace("_", " "): tuple(chinese.split("/"))
    for english, chinese in (
        entry.split("=")
        for entry in (
            "Beijing=北京/京 Tianjin=天津/津 Hebei=河北/冀 Shanxi=山西/晋 Inner_Mongolia=内蒙古 Liaoning=辽宁/辽 "
            "Jilin=吉林 Heilongjiang=黑龙江 Shanghai=上海/沪 Jiangsu=江苏/苏 Zhejiang=浙江/浙 Anhui=安徽/皖 "
            "Fujian=福建/闽 Jiangxi=江西/赣 Shandong=山东/鲁 Henan=河南/豫 Hubei=湖北/鄂 Hunan=湖南/湘 "
            "Guangdong=广东/粤 Guangxi=广西/桂 Hainan=海南/琼 Chongqing=重庆/渝 Sichuan=四川/川 Guizhou=贵州/黔 "
            "Yunnan=云南/滇 Tibet=西藏/藏 Shaanxi=陕西/陕 Gansu=甘肃/甘 Qinghai=青海/青 Ningxia=宁夏/宁 "
            "Xinjiang=新疆/疆 Hong_Kong=香港/港 Macao=澳门/澳 Taiwan=台湾/台"
        ).split()
    )
}


def chinese_places(name: str) -> set[str]:
    """Return the provinces a Chinese organisation's name begins with, in full or in short (渝促会: Chongqing)."""
    return {
        place for place, names in _PLACES.items() if any(one in (name if len(one) > 1 else name[:2]) for one in names)
    }


def english_places(name: str) -> set[str]:
    """Return the provinces an English name holds."""
    return {place for place in _PLACES if place in name}
