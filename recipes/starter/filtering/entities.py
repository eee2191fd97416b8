"""Names by kind, from CC-CEDICT's notes and from patterns, to put in the place of others of their kind.

Kinds: ``person`` (foreign or historical, from the dictionary), ``chinese name`` (made up of common surnames and
given names, romanised), ``place``, ``organisation`` (from the dictionary, or a place in a pattern) and ``title``.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from pathlib import Path

from mt.errors import DataError
from mt.io.text import stream_lines
from mt.text.han import HAN
from mt.text.person_names import romanise
from mt.text.pinyin import syllabify
from recipes.starter.names.labels import spells

_BRACKETS = re.compile(r"\s*[(\[][^)\]]*[)\]]")
_NAME = r"[A-Z][\w.'’-]*(?: (?:[A-Z][\w.'’-]*|van|von|de|da|bin|al|ibn|of|and|the|for|on))*"
_PERSON = re.compile(rf"({_NAME}) \((?:c\. ?)?\d{{3,4}}(?: BC)?-")
_PLACE = re.compile(
    rf"({_NAME}?)(?:,|,? (?:\S*prefecture|\S*level|subprovincial|autonomous|county|port|ancient|capital|historical) ?)*"
    r",? (?:city|county|district|province|prefecture|township|town|island|river|lake|state|country|capital)\b"
)
_HAN_ONLY = re.compile(rf"[{HAN}·]{{2,12}}")
_PLACE_ENDINGS = {"市": "City", "县": "County", "区": "District", "省": "Province", "镇": "Town", "乡": "Township"}
_ORGANISATION = re.compile(
    r"(?:大学|学院|公司|银行|委员会|协会|学会|基金会|组织|联盟|联合会|研究所|研究院|科学院|法院|检察院|集团|党|部|局|署|"
    r"博物馆|图书馆|医院|机场|报社|日报|通讯社|电视台|交易所|办公室|中心|政府|理事会|大会|俱乐部)$"
)
# Places in patterns: {0} is the place's name without its ending.
_PATTERNS = (
    ("{0}市人民政府", "{1} Municipal People's Government"),
    ("{0}省人民政府", "{1} Provincial People's Government"),
    ("{0}市政府外事办公室", "Foreign Affairs Office of {1} Municipal Government"),
    ("{0}市人民对外友好协会", "{1} People's Association for Friendship with Foreign Countries"),
    ("{0}市教育局", "{1} Municipal Education Bureau"),
    ("{0}市公安局", "{1} Municipal Public Security Bureau"),
    ("{0}市卫生健康委员会", "{1} Municipal Health Commission"),
    ("{0}市商务委员会", "{1} Municipal Commission of Commerce"),
    ("{0}省文化和旅游厅", "Department of Culture and Tourism of {1} Province"),
    ("{0}省科学技术厅", "Department of Science and Technology of {1} Province"),
    ("{0}市委", "{1} Municipal Party Committee"),
    ("{0}县委", "{1} County Party Committee"),
    ("{0}市中级人民法院", "{1} Intermediate People's Court"),
    ("{0}经济技术开发区", "{1} Economic and Technological Development Zone"),
    ("{0}高新技术产业园区", "{1} High-tech Industrial Park"),
    ("{0}企业商务促进会", "{1} Council for the Promotion of Enterprise Business"),
    ("{0}大学", "{1} University"),
    ("{0}师范大学", "{1} Normal University"),
    ("{0}理工学院", "{1} Institute of Technology"),
    ("{0}农业科学院", "{1} Academy of Agricultural Sciences"),
    ("{0}银行", "Bank of {1}"),
    ("{0}证券交易所", "{1} Stock Exchange"),
    ("{0}国际机场", "{1} International Airport"),
    ("{0}博物馆", "{1} Museum"),
    ("{0}日报", "{1} Daily"),
    ("{0}航空公司", "{1} Airlines"),
    ("{0}投资集团", "{1} Investment Group"),
    ("{0}红十字会", "Red Cross Society of {1}"),
    ("{0}工商业联合会", "{1} Federation of Industry and Commerce"),
    ("{0}残疾人联合会", "{1} Disabled Persons' Federation"),
)
_TITLES = {
    "总统": "president",
    "主席": "chairman",
    "总理": "premier",
    "首相": "prime minister",
    "部长": "minister",
    "副部长": "vice minister",
    "局长": "director-general",
    "副局长": "deputy director-general",
    "处长": "division director",
    "秘书长": "secretary-general",
    "副秘书长": "deputy secretary-general",
    "主任": "director",
    "副主任": "deputy director",
    "市长": "mayor",
    "副市长": "vice mayor",
    "省长": "governor",
    "副省长": "vice governor",
    "书记": "secretary",
    "大使": "ambassador",
    "总领事": "consul general",
    "参赞": "counselor",
    "教授": "professor",
    "副教授": "associate professor",
    "院长": "dean",
    "校长": "principal",
    "总经理": "general manager",
    "董事长": "chairman of the board",
    "发言人": "spokesperson",
    "院士": "academician",
    "研究员": "research fellow",
    "工程师": "engineer",
    "总工程师": "chief engineer",
    "律师": "lawyer",
    "法官": "judge",
    "检察长": "procurator-general",
    "记者": "reporter",
    "总编辑": "editor-in-chief",
    "会长": "president",
    "理事长": "council chairman",
    "船长": "captain",
    "上校": "colonel",
    "将军": "general",
}
# Characters of one reading only, none with ü, so that the romanisation is beyond doubt.
_SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭潘肖田董袁于余蒋蔡杜叶程魏苏丁任卢姚沈钟崔谭陆范"
    "汪廖石金贾夏付方邹熊白孟秦邱侯江尹薛段雷龙史陶贺毛郝顾龚邵钱严武戴莫孔汤"
)
_GIVEN = (
    "伟芳娜敏静丽强磊洋勇艳杰娟涛明超秀霞平刚桂英华玉兰春梅建国海波志军文斌鹏飞鑫浩宇晨欣怡佳琪雪思琳嘉慧婷俊峰凯瑞"
    "博翔睿哲天宏达永康振东晓光立新成林家豪子轩一诺梓涵若曦清源远航卫东爱民学良守义德福根生金宝玲珍素琴淑贤"
)


class Entities:
    """Names by kind: which kind a term is, and others of that kind."""

    def __init__(self, names: dict[str, list[tuple[str, str]]]) -> None:
        self.names = names
        self._kinds = {zh: kind for kind, pairs in names.items() for zh, _ in pairs}
        # Places that can stand in a pattern: their name without its ending, romanised.
        self._stems = sorted(
            {
                (zh[:-1], en.rsplit(" ", 1)[0])
                for zh, en in names.get("place", [])
                if 3 <= len(zh) <= 4 and zh[-1] in _PLACE_ENDINGS and in_pinyin(zh[:-1], en.rsplit(" ", 1)[0])
            }
        )

    @classmethod
    def load(cls, path: str | Path) -> Entities:
        """Read CC-CEDICT as ``headword<TAB>glosses``, plain or .xz, notes in brackets included.

        Raises:
            DataError: the file is missing or holds no name.
        """
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for line in stream_lines(path):
            zh, _, gloss = line.partition("\t")
            if _HAN_ONLY.fullmatch(zh):
                _classify(zh, gloss, found)
        if not found:
            raise DataError("holds no name of a person, place or organisation", path=path, hint="give CC-CEDICT")
        names = {kind: sorted(pairs.items()) for kind, pairs in sorted(found.items())}
        names["title"] = sorted(_TITLES.items())
        return cls(names)

    def kind(self, source: str, target: str) -> str | None:
        """Return which kind of name a term is, or None; ``target`` is written as in the text."""
        if source in _TITLES:
            return "title" if target.lower() == _TITLES[source] else None
        if not target[:1].isupper() or not _HAN_ONLY.fullmatch(source):
            return None
        words = target.split()
        if in_pinyin(source, target):
            if len(words) == 2 and source[0] in _SURNAMES and len(source) <= 3:
                return "chinese name"
            return "place" if len(words) == 1 else None
        if _ORGANISATION.search(source):
            return "organisation" if len(words) > 1 and all(w[0].isupper() or len(w) < 4 for w in words) else None
        return self._kinds.get(source)

    def another(self, kind: str, rng: random.Random) -> tuple[str, str]:
        """Draw a name of a kind: (zh, en)."""
        if kind == "chinese name":
            return _chinese_name(rng)
        if kind == "organisation" and self._stems and rng.random() < 0.6:
            stem, romanised = rng.choice(self._stems)
            zh, en = rng.choice(_PATTERNS)
            return zh.format(stem), en.format("", romanised)
        return rng.choice(self.names[kind])


def acronym(name: str) -> str:
    """The initials of a name's capitalised words."""
    return "".join(word[0] for word in name.split() if word[0].isupper())


def in_pinyin(source: str, target: str) -> bool:
    """Whether ``target`` is ``source`` romanised."""
    ways: list[tuple[str, ...]] = [()]
    for word in target.split():
        ways = [head + tail for head in ways for tail in syllabify(word)]
    return any(spells(tuple(s.replace("ü", "u") for s in way), source) for way in ways if way)


def _classify(zh: str, gloss: str, found: dict[str, dict[str, str]]) -> None:
    person = _PERSON.match(gloss)
    if person is not None and len(zh) > 1:
        found["person"].setdefault(zh, person[1])
        return
    bare = _BRACKETS.sub("", gloss).split(";")[0].strip()
    place = _PLACE.match(bare)
    if place is not None and place[1] and len(place[1].split()) <= 3:
        name = place[1]
        ending = _PLACE_ENDINGS.get(zh[-1]) if len(zh) > 2 else None
        found["place"].setdefault(zh, f"{name} {ending}" if ending and not name.endswith(ending) else name)
    elif _ORGANISATION.search(zh) and re.fullmatch(_NAME, bare) and 2 <= len(bare.split()) <= 8:
        found["organisation"].setdefault(zh, bare)


def _chinese_name(rng: random.Random) -> tuple[str, str]:
    name = rng.choice(_SURNAMES) + "".join(rng.choices(_GIVEN, k=rng.choice((1, 2, 2))))
    return name, romanise(name)
