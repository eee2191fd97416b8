"""Names of Chinese persons in Chinese texts, and their pinyin: 李克强 is Li Keqiang.

Nothing in writing marks a name, and a small translation model gets up to half of them wrong, though their English is
certain. A linear model decides by the characters within and around a surname and one or two characters after it
whether they are a name; its weights come from translations that write the name in pinyin. Names of Koreans, Vietnamese
and others, written with the same characters and spelt otherwise, are left alone where the text tells their country.
"""

import json
import re
import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mt.text.entities import Entity
from mt.text.han import HAN, is_han

WEIGHTS = Path(__file__).with_name("person_names.safetensors")
# Features are hashed into this many weights.
BUCKETS = 2**16
# Logits from which a span of two or three characters is a name, and one that is a name elsewhere in the document.
_SURE, _AGAIN = {2: 1.5, 3: 0.5}, -4.0
# What follows, or begins, a span that is a place, a company, or a person not named (王某).
_NO_PERSON = re.compile("[市县区省镇村州·]|集团|公司|银行|大学|队|俱乐部|股份|证券|易购|物流|公安|法院|检察")
_NO_NAME = re.compile(
    ".某|蒙古|高丽|马来|东[京方]|司[令法机]|华[人侨为裔]|唐[诗朝代人]|宋[词朝代体]|明[清朝代]|元[曲朝代]|"
    "高[水质标新层科温品效速端校素]|惠民|封建|全[面景国球民]|武[道警]|董事|"
    "方[面案]|安全|习惯|毛利"
)
# A document that names these once in this many characters spells names as they do there.
_OWN_SPELLING, _OFTEN = re.compile("香港|澳门|台湾|台北|金管局"), 300
_JAPAN = re.compile("日本|日[方媒]|首相|东京")
# Names that stand for any.
_ANYBODY = re.compile("张三|李四|王五|赵六|孙七|周八|吴九|郑十")
# Between names in a row, perhaps with remarks in brackets; and the mean logit from which three candidates, and two, in
# a row are names.
_BETWEEN = re.compile("(?:（[^（）]{1,12}）)?(?:[、和与及]|以及)")
_SURE_ROW, _SURE_PAIR, _MOST = -2.0, 0.0, 4.0
# A foreigner's name, or one that the model finds, with its Latin form in brackets: 史密斯（John Smith）.
_LATIN_FORM = re.compile(r"[（(]([A-Z][a-z'’-]+(?:[ ·][A-Z][\w.'’-]*){0,3})[）)]")
_ORGANISATION = re.compile(
    "University|College|School|Institute|Hospital|Bank|Group|Inc|Ltd|Co|Company|Corporation|Center"
)


@cache
def _lists() -> dict[str, Any]:
    """Titles, names and readings; patterns where an entry needs its neighbours."""
    lists: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
    return lists


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    lists = {key: "|".join(entries) for key, entries in _lists().items()}
    title, compound, syllable = (
        lists["titles"],
        lists["compound_surnames"],
        f"[{_lists()['transliteration_syllables']}]",
    )
    after = (
        f"(?:副|等)?(?:{title})|表示|指出|强调|认为|介绍|告诉|透露|宣布|说|称|会见|会晤|出席|主持|率|陪同|在|对|向|与|和"
        "|等|、|，|。"
    )
    given = f"[{HAN}]{{1,2}}?(?={after}|[^{HAN}]|$)"
    patterns = {
        # What is mostly beside names: titles, and what persons do.
        "before": f"(?:{title}|首席执行官|[CE][A-Z]O|为|由|与|和|、)$",
        "after": after,
        # Names are not spelt in mainland pinyin after these, directly or with a title between: 韩国外长康京和.
        "elsewhere": "(?:韩国|朝鲜|越南|越共|日本|泰国|缅甸|老挝|柬埔寨|蒙古国?|印尼|印度尼西亚|菲律宾|马来西亚|新加坡|"
        f"香港|澳门|台湾|台北|首尔|平壤|河内|东京|[韩朝日]方)(?:[^，。；：、]{{0,12}}(?:{title}))?$",
        # Known by another spelling, with a dot, Tibetan, and of Japanese surnames where the text is about Japan.
        "others": rf"{lists['known_otherwise']}|{syllable}{{2,9}}"
        rf"(?:·(?:{syllable}|白(?=克力)|(?<=[艾克])力(?![挺争图促量推邀])){{1,9}})+|(?:吉克|吉狄|海来){given}"
        rf"|(?:{lists['tibetan_names']}){{2,3}}|(?P<japanese>{lists['japanese_surnames']}){given}",
        "transliterated": rf"(?:(?:^|(?<=[^{HAN}·])|{title}))((?:{syllable}{{1,9}}·)*{syllable}{{2,9}})$",
        "compound": compound,
        "compound name": f"(?:{compound}){given}",
    }
    return {name: re.compile(pattern) for name, pattern in patterns.items()}


def find_person_names(texts: Sequence[str]) -> list[list[Entity]]:
    """Find the names in a document's texts (simplified script), those of each text in order.

    What is surely a name in one place is a name throughout the document. Not certain are names with several readings,
    those of other countries and peoples, and all in documents of Hong Kong and Taiwan, where names are spelt otherwise.
    """
    pattern, elsewhere = _patterns()["others"], _patterns()["elsewhere"]
    mentions = sum(len(_OWN_SPELLING.findall(text)) for text in texts)
    doubtful = mentions > 1 and mentions * _OFTEN > sum(map(len, texts))
    scored = [list(_scored(text)) for text in texts]
    sure = {
        text[start:end]
        for text, found in zip(texts, scored, strict=True)
        for score, start, end in found
        if score > _SURE.get(end - start, 0)
    }
    for text, found in zip(texts, scored, strict=True):
        sure |= _in_rows(text, found)
    names: list[list[tuple[int, int]]] = []
    foreign: set[str] = set()
    for text, found in zip(texts, scored, strict=True):
        others = [match.span() for match in pattern.finditer(text) if not match["japanese"] or _JAPAN.search(text)]
        foreign |= {text[start:end] for start, end in others}
        own = others[:]
        for _, start, end in sorted(found, key=lambda one: -one[0]):
            if text[start:end] in sure and not any(start < last and first < end for first, last in own):
                own.append((start, end))
        foreign |= {text[start:end] for start, end in own if elsewhere.search(text, max(0, start - 20), start)}
        names.append(sorted(own))
    result = []
    for text, found, own in zip(texts, scored, names, strict=True):
        latin = list(_with_latin_form(text, found))
        known = [span for span in own if not any(one.start < span[1] and span[0] < one.end for one in latin)]
        entities = [
            person_name(text, start, end, known=not doubtful and text[start:end] not in foreign) for start, end in known
        ]
        result.append(sorted([*latin, *entities], key=lambda one: one.start))
    return result


def _with_latin_form(text: str, scored: Sequence[tuple[float, int, int]]) -> Iterator[Entity]:
    """Yield names that their Latin form follows in brackets, and say it once: 史密斯（John Smith）."""
    for match in _LATIN_FORM.finditer(text):
        if _ORGANISATION.search(match[1]):
            continue
        starts = [start for _, start, end in scored if end == match.start()]
        transliterated = _patterns()["transliterated"].search(text, max(0, match.start() - 20), match.start())
        if transliterated is not None:
            starts.append(transliterated.start(1))
        if starts:
            yield Entity(min(starts), match.end(), (match[1],), "name")


def _in_rows(text: str, scored: Sequence[tuple[float, int, int]]) -> set[str]:
    """Return the names of rows such as 张三、李四和王五, of which the model is sure only together."""
    starting: dict[int, list[tuple[float, int]]] = {}
    for score, start, end in scored:
        starting.setdefault(start, []).append((min(score, _MOST), end))
    names: set[str] = set()
    passed: set[int] = set()
    for start in sorted(starting):
        row: list[tuple[float, int, int]] = []
        while start in starting and start not in passed:
            passed.add(start)
            # The one that the row continues after; at its end the likeliest.
            score, end = max(starting[start], key=lambda one: (_BETWEEN.match(text, one[1]) is not None, one[0]))
            row.append((score, start, end))
            between = _BETWEEN.match(text, end)
            if between is None:
                break
            start = between.end()
        mean = sum(score for score, _, _ in row) / max(len(row), 1)
        if len(row) > 1 and mean > (_SURE_PAIR if len(row) == 2 else _SURE_ROW):
            names.update(text[first:last] for _, first, last in row)
    return names


def person_name(text: str, start: int, end: int, *, known: bool = True) -> Entity:
    """Take a span of a text for a name: surname first, also given name first, and with other spellings of ü.

    ``known`` tells that it is spelt in pinyin; if not, or if it has several readings, the entity is not certain.
    """
    names = _romanisations(text[start:end]) if known else []
    forms = []
    for name in names:
        surname, given = name.split(" ")
        for form in (name, name.replace("'", ""), f"{given} {surname}"):
            # Lyu: also written Lü, Lu and Lv.
            forms += [form, *(re.sub("(?<=[NLnl])yu", vowel, form) for vowel in ("ü", "u", "v"))]
    return Entity(start, end, tuple(dict.fromkeys(forms)), "name", certain=len(names) == 1)


def romanise(name: str) -> str:
    """Write a name in pinyin, in its likeliest reading: surname, space, given name; ü as yu (GB/T 28039-2011)."""
    return _romanisations(name)[0]


def _romanisations(name: str) -> list[str]:
    from pypinyin import lazy_pinyin

    length = 2 if _patterns()["compound"].match(name) and len(name) > 2 else 1
    surname, given = name[:length], name[length:]
    usual = lazy_pinyin(given)
    syllables = [
        _lists()["given_name_readings"].get(character, usual[place]).split() for place, character in enumerate(given)
    ]
    if given[0] == "长" and len(given) == 2:
        syllables[0] = ["chang"]
    if certain := _lists()["certain_given_names"].get(given):
        syllables = [[syllable] for syllable in certain.split()]
    surnames = _lists()["surname_readings"].get(surname, "".join(lazy_pinyin(surname))).split()
    return [
        f"{_as_yu(one).capitalize()} {_joined(several).capitalize()}" for one, *several in product(surnames, *syllables)
    ]


def _as_yu(syllable: str) -> str:
    return re.sub("^([nl])[vü]", r"\1yu", syllable)


def _joined(given: Sequence[str]) -> str:
    # Xi'an is not Xian.
    return "".join(f"'{own}" if number and own[0] in "aeo" else own for number, own in enumerate(map(_as_yu, given)))


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
    patterns = _patterns()
    own = [
        f"beside {_kind(patterns['before'].search(before), before[4])} "
        f"{_kind(patterns['after'].match(text, end), after[0])} {length}",
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
    for pattern, score in ((_patterns()["compound name"], 99.0), (_ANYBODY, 3.0)):
        for match in pattern.finditer(text):
            yield score, *match.span()
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
