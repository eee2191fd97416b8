"""Term candidates in Chinese text: recurring strings, names of organisations, transliterated names."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Sequence

from mt.text.han import HAN

__all__ = ["chinese_places", "english_places", "organisations", "recurring_strings", "transliterations"]

_HAN = re.compile(f"[{HAN}]+")
# Characters that hardly begin or end a term.
_LOOSE = frozenset("的了和与及在是将把被就也都还而并或从以所其之于着过等对为由使让到此该本")
# What stands between these may hold an organisation's name; they are seldom part of one.
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


def recurring_strings(texts: Sequence[str], min_count: int, longest: int = 12) -> Counter[str]:
    """Count ideograph strings of 2 to ``longest`` characters that recur, closed under extension.

    A string is left out if a longer one that holds it occurs as often, and if it begins or ends with a function
    character.
    """
    chunks = [chunk for text in texts for chunk in _HAN.findall(text)]
    kept: dict[str, int] = {}
    previous: dict[str, int] | None = None
    for size in range(1, longest + 1):
        counts: Counter[str] = Counter()
        for chunk in chunks:
            for index in range(len(chunk) - size + 1):
                # A string recurs only if its beginning does: the counts stay small whatever the text.
                if previous is None or chunk[index : index + size - 1] in previous:
                    counts[chunk[index : index + size]] += 1
        previous = {gram: count for gram, count in counts.items() if count >= min_count}
        kept |= previous
        if not previous:
            break
    terms = {
        gram: count
        for gram, count in kept.items()
        if len(gram) > 1 and gram[0] not in _LOOSE and gram[-1] not in _LOOSE
    }
    within = {
        gram[start:end]
        for gram, count in terms.items()
        for start in range(len(gram))
        for end in range(start + 2, len(gram) + 1)
        if end - start < len(gram) and terms.get(gram[start:end]) == count
    }
    return Counter({gram: count for gram, count in terms.items() if gram not in within})


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
def _readings(character: str) -> frozenset[str]:
    """Toneless pinyin readings of a character, ü also as u, v and yu."""
    from pypinyin import Style, pinyin

    (readings,) = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore") or [[]]
    plain = set(readings)
    for reading in readings:
        if "ü" in reading or "v" in reading:
            base = reading.replace("ü", "v")
            plain |= {base.replace("v", "u"), base.replace("v", "yu"), base}
    return frozenset(plain)


def transliterations(name: str, text: str) -> list[str]:
    """Return the ideograph strings of ``text``, of two or more characters, whose pinyin spells ``name``.

    Case, spaces, hyphens and apostrophes of ``name`` do not count: "Xiang Qionghua", "Xi'an".
    """
    wanted = re.sub(r"[\s'’-]", "", name).lower()
    if not wanted.isascii() or not wanted.isalpha() or not 3 <= len(wanted) <= 40:
        return []
    found = []
    for run in _HAN.findall(text):
        for start in range(len(run)):
            # Places in the spelling reachable after each character.
            reached = {0}
            for end in range(start, len(run)):
                reached = {
                    place + len(reading)
                    for place in reached
                    for reading in _readings(run[end])
                    if wanted.startswith(reading, place)
                }
                if not reached:
                    break
                if len(wanted) in reached and end > start:
                    found.append(run[start : end + 1])
    return found


# Provinces and what they are called in short: an organisation and its translation name the same one.
_PLACES = {
    "Beijing": ("北京", "京"),
    "Tianjin": ("天津", "津"),
    "Hebei": ("河北", "冀"),
    "Shanxi": ("山西", "晋"),
    "Inner Mongolia": ("内蒙古",),
    "Liaoning": ("辽宁", "辽"),
    "Jilin": ("吉林",),
    "Heilongjiang": ("黑龙江",),
    "Shanghai": ("上海", "沪"),
    "Jiangsu": ("江苏", "苏"),
    "Zhejiang": ("浙江", "浙"),
    "Anhui": ("安徽", "皖"),
    "Fujian": ("福建", "闽"),
    "Jiangxi": ("江西", "赣"),
    "Shandong": ("山东", "鲁"),
    "Henan": ("河南", "豫"),
    "Hubei": ("湖北", "鄂"),
    "Hunan": ("湖南", "湘"),
    "Guangdong": ("广东", "粤"),
    "Guangxi": ("广西", "桂"),
    "Hainan": ("海南", "琼"),
    "Chongqing": ("重庆", "渝"),
    "Sichuan": ("四川", "川"),
    "Guizhou": ("贵州", "黔"),
    "Yunnan": ("云南", "滇"),
    "Tibet": ("西藏", "藏"),
    "Shaanxi": ("陕西", "陕"),
    "Gansu": ("甘肃", "甘"),
    "Qinghai": ("青海", "青"),
    "Ningxia": ("宁夏", "宁"),
    "Xinjiang": ("新疆", "疆"),
    "Hong Kong": ("香港", "港"),
    "Macao": ("澳门", "澳"),
    "Taiwan": ("台湾", "台"),
}


def chinese_places(name: str) -> set[str]:
    """Return the provinces a Chinese organisation's name begins with, in full or in short (渝促会: Chongqing)."""
    found = set()
    for place, names in _PLACES.items():
        if any(full in name for full in names if len(full) > 1) or any(
            short in name[:2] for short in names if len(short) == 1
        ):
            found.add(place)
    return found


def english_places(name: str) -> set[str]:
    """Return the provinces an English name holds."""
    return {place for place in _PLACES if place in name}
