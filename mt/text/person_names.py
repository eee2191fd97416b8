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
from itertools import product
from pathlib import Path

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
    ".某|蒙古|高丽|马来|东[京方]|司[令法机]|华[人侨为裔]|高[水质标新层科温品效速端校素]|惠民|封建|全[面景国球民]|武[道警]|董事|"
    "方[面案]|安全|习惯|毛利"
)
# What is mostly beside names: titles, and what persons do.
_TITLE = (
    "主席|总理|总书记|书记|主任|部长|外长|局长|处长|科长|司长|厅长|署长|市长|省长|县长|区长|镇长|村长|州长|院长|校长|"
    "会长|理事长|秘书长|委员长|委员|常委|董事长|董事|总裁|行长|社长|馆长|所长|站长|组长|队长|团长|院士|教授|博士|"
    "研究员|工程师|设计师|医生|医师|律师|法官|检察官|检察长|发言人|大使|总领事|领事|参赞|代表|记者|编辑|主编|作家|"
    "诗人|画家|导演|演员|歌手|教练|选手|运动员|冠军|老师|校友|同志|先生|女士|小姐|夫人|总经理|经理|主管|负责人|"
    "创始人|专家|学者|将军|上将|中将|少将|司令|司令员|政委|书画家|艺术家|企业家|市民|村民|同学|队员|警官|民警|妻子|"
    "丈夫|儿子|女儿"
)
_BEFORE = re.compile(f"(?:{_TITLE}|首席执行官|[CE][A-Z]O|为|由|与|和|、)$")
_AFTER = re.compile(
    f"(?:副|等)?(?:{_TITLE})|表示|指出|强调|认为|介绍|告诉|透露|宣布|说|称|会见|会晤|出席|主持|率|陪同|在|对|向|与|和|等|、|，|。"
)
# Names are not spelt in mainland pinyin after these, directly or with a title between: 韩国外长康京和.
_ELSEWHERE = re.compile(
    "(?:韩国|朝鲜|越南|越共|日本|泰国|缅甸|老挝|柬埔寨|蒙古国?|印尼|印度尼西亚|菲律宾|马来西亚|新加坡|"
    f"香港|澳门|台湾|台北|首尔|平壤|河内|东京|[韩朝日]方)(?:[^，。；：、]{{0,12}}(?:{_TITLE}))?$"
)
# A document that names these once in this many characters spells names as they do there.
_OWN_SPELLING, _OFTEN = re.compile("香港|澳门|台湾|台北|金管局"), 300
# Known to the world by another spelling; names put together from Tibetan ones, or with a dot; Japanese ones.
_SYLLABLES = (
    "阿艾安奥巴贝比彼宾波博伯卜布达戴丹德迪蒂杜顿多厄恩尔法菲费芬夫弗福甫盖戈格葛古哈海汉豪合赫亨胡霍基吉加贾江杰金卡"
    "凯坎科克肯库拉莱兰朗劳勒雷里利丽莉林琳路鲁伦罗洛马玛买麦曼梅门米明莫默木穆纳娜南内尼努诺欧帕派佩皮普奇乔切琴热日"
    "肉瑞萨塞赛桑沙莎山舍申什史斯丝苏索塔泰坦汤特提图吐托瓦万威韦维温沃乌吾西希锡夏谢辛休逊雅亚延伊依因英尤约泽扎詹哲"
    "朱卓孜兹佐"
)
_TIBETAN = (
    "扎西|次仁|次旦|央宗|卓玛|多吉|旺堆|平措|洛桑|达瓦|尼玛|巴桑|拉姆|德吉|仁青|格桑|[丹旦]增|索朗|普布|米玛|边巴|"
    "贡布|顿珠|曲珍|白玛|强巴|加措|嘉措|坚赞|桑吉|才[让旦]|拉巴|益西|群培|罗布|旺姆|卓嘎|阿旺|向巴|赤[列林]|晋美|"
    "江村|曲扎|旺扎"
)
_JAPANESE = (
    "石[破原田川井桥]|高[桥市木田岛仓]|安[倍藤田]|田[中村边代]|金[田子井]|武[田藤井]|江[崎口川]|池[田上]|黑[田川]|"
    "宫[崎本泽]|杉[山本原]|柳[井田泽]|梅[田原泽]|松[本下田井野山]|村[上田山井]|水[谷野原]|冈[田本崎]|岸[田本]|"
    "河[野村合]|福[田岛原]|吉[田野村川]|谷[口川垣]|上[田野原村]|伊[藤达]|井上|[佐加斋近远齐工]藤|中[村田川岛野山曾]|"
    "小[林川野泉]|清水|渡[边部]|三[木浦]|森[田本川]|野[口村田]|铃木|藤[田原井]"
)
_KNOWN_OTHERWISE = (
    "孙中山|孙逸仙|蒋介石|蒋经国|马英九|蔡英文|赖清德|李登辉|陈水扁|连战(?!连)|宋楚瑜|朱立伦|侯友宜|韩国瑜(?!伽)|"
    "李嘉诚|李光耀|李显龙|黄循财|吴作栋|董建华|曾荫权|梁振英|林郑(?:月娥)?|李家超|陈茂波|马云|马化腾|张忠谋|"
    "(?<!子)成龙|李小龙|李连杰|周润发|刘德华|张学友|贝聿铭|杨振宁|李政道|丁肇中|金正恩|金正日|金日成|金大中|金与正|"
    "文在寅|李在明|尹锡悦|朴槿惠|李明博|卢武铉|潘基文|韩德洙|阮富仲|阮春福|范明政|石破茂"
)
_OTHERS = re.compile(
    rf"{_KNOWN_OTHERWISE}|[{_SYLLABLES}]{{2,9}}(?:·[{_SYLLABLES}]{{1,9}})+|(?:{_TIBETAN}){{2,3}}"
    rf"|(?P<japanese>{_JAPANESE})[{HAN}]{{1,2}}?(?={_AFTER.pattern}|[^{HAN}]|$)"
)
_JAPAN = re.compile("日本|日[方媒]|首相|东京")
# Surnames of two characters.
_COMPOUND = (
    "欧阳|(?<!公)司[马徒]|诸葛|上官|夏侯|皇甫|尉迟|慕容|"
    "(?<![会部局处科司厅署市省县区镇村州院校事书员总行社馆所站组队团外])长孙|宇文|令狐|轩辕|端木|独孤|呼延|澹台|万俟|"
    "淳于|申屠|公孙|南宫|钟离|赫连"
)
_COMPOUND_NAME = re.compile(f"(?:{_COMPOUND})[{HAN}]{{1,2}}?(?={_AFTER.pattern}|[^{HAN}]|$)")


def _readings(table: str) -> dict[str, str]:
    return dict(entry.split(" ", 1) for entry in table.split("; "))


# Readings of surnames that differ from the character's usual one, the likeliest first.
_SURNAMES = _readings(
    "单 shan; 解 xie; 仇 qiu; 查 zha; 曾 zeng; 区 ou; 翟 zhai; 缪 miao; 卜 bu; 薄 bo; 都 du; 朴 piao; 召 shao; "
    "乐 yue le; 覃 qin tan; 盖 ge gai; 郇 xun huan; 牟 mou mu; 谌 chen shen; 隗 wei kui; 尉迟 yuchi; "
    "长孙 zhangsun; 万俟 moqi; 澹台 tantai"
)
# Characters that given names read in several ways, and given names of which one is certain.
_POLYPHONES = _readings(
    "乐 le yue; 行 xing hang; 重 zhong chong; 长 chang zhang; 朝 chao zhao; 茜 qian xi; 单 dan shan; "
    "参 shen can; 藏 zang cang; 调 tiao diao; 柏 bai bo; 莘 xin shen; 颉 jie xie; 炅 jiong gui; 筠 yun jun; "
    "玢 bin fen; 焯 zhuo chao; 隽 jun juan; 嬛 huan xuan; 解 jie xie; 说 yue shuo; 降 jiang xiang; 校 xiao jiao; "
    "峒 tong dong; 靓 jing liang; 禅 chan shan; 泌 mi bi; 率 shuai lü; 还 huan hai; 仔 zai zi; 莞 wan guan; "
    "晟 sheng cheng; 屏 ping bing; 更 geng; 曾 zeng; 薄 bo; 都 du; 了 liao; 着 zhuo; 得 de; 没 mo mei"
)
_CERTAIN = _readings(
    "朝阳 chao yang; 朝晖 zhao hui; 朝辉 zhao hui; 朝霞 zhao xia; 朝旭 zhao xu; 朝东 chao dong; 朝栋 chao dong; "
    "朝军 chao jun; 朝华 zhao hua; 长乐 chang le; 重阳 chong yang; 重庆 chong qing; 知行 zhi xing; "
    "行健 xing jian; 力行 li xing; 敏行 min xing; 笃行 du xing; 行知 xing zhi; 松柏 song bai; 天乐 tian le; "
    "乐天 le tian; 快乐 kuai le; 靓颖 liang ying; 藏之 cang zhi"
)


def find_person_names(texts: Sequence[str]) -> list[list[Entity]]:
    """Find the names in a document's texts (simplified script), those of each text in order.

    What is surely a name in one place is a name throughout the document. Not certain are names with several readings,
    those of other countries and peoples, and all in documents of Hong Kong and Taiwan, where names are spelt otherwise.
    """
    mentions = sum(len(_OWN_SPELLING.findall(text)) for text in texts)
    doubtful = mentions > 1 and mentions * _OFTEN > sum(map(len, texts))
    scored = [list(_scored(text)) for text in texts]
    sure = {
        text[start:end]
        for text, found in zip(texts, scored, strict=True)
        for score, start, end in found
        if score > _SURE.get(end - start, 0)
    }
    names: list[list[tuple[int, int]]] = []
    foreign: set[str] = set()
    for text, found in zip(texts, scored, strict=True):
        others = [match.span() for match in _OTHERS.finditer(text) if not match["japanese"] or _JAPAN.search(text)]
        foreign |= {text[start:end] for start, end in others}
        own = others[:]
        for _, start, end in sorted(found, key=lambda one: -one[0]):
            if text[start:end] in sure and not any(start < last and first < end for first, last in own):
                own.append((start, end))
        foreign |= {text[start:end] for start, end in own if _ELSEWHERE.search(text, max(0, start - 20), start)}
        names.append(sorted(own))
    return [
        [person_name(text, start, end, known=not doubtful and text[start:end] not in foreign) for start, end in own]
        for text, own in zip(texts, names, strict=True)
    ]


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

    length = 2 if re.match(_COMPOUND, name) and len(name) > 2 else 1
    surname, given = name[:length], name[length:]
    usual = lazy_pinyin(given)
    syllables = [_POLYPHONES.get(character, usual[place]).split() for place, character in enumerate(given)]
    if given[0] == "长" and len(given) == 2:
        syllables[0] = ["chang"]
    if given in _CERTAIN:
        syllables = [[syllable] for syllable in _CERTAIN[given].split()]
    surnames = _SURNAMES.get(surname, "".join(lazy_pinyin(surname))).split()
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
    for match in _COMPOUND_NAME.finditer(text):
        yield 99.0, *match.span()
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
