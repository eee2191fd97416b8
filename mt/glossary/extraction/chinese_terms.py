"""Names in Chinese text: of organisations, by their ending, and those that English spells in pinyin."""

import functools
import re

from mt.text.han import HAN
from mt.text.pinyin import readings

_HAN = re.compile(f"[{HAN}]+")
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


def is_organisation(name: str) -> bool:
    """Whether a name ends as those of organisations do."""
    return _ORGANISATION.fullmatch(name) is not None


def organisations(text: str) -> list[tuple[int, int]]:
    """Return the spans of strings that end as names of organisations do, from the nearest break on their left."""
    found = []
    for run in _HAN.finditer(text):
        start = run.start()
        for end in (*(place for match in _BREAK.finditer(run[0]) for place in match.span()), len(run[0])):
            match = _ORGANISATION.match(text, start, run.start() + end)
            if match and len(match[0]) > 2:
                found.append(match.span())
            start = run.start() + end
    return found


@functools.cache
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
