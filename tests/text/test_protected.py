"""What must be copied is found in sources, whole and in linear time."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.text.protected import find_protected


def found(text: str, *, all_kinds: bool = False) -> list[tuple[str, str]]:
    """The spans and their kinds; without plain numbers and Latin words, unless ``all_kinds``."""
    return [
        (text[span.start : span.end], span.kind)
        for span in find_protected(text)
        if all_kinds or span.kind not in ("digits", "latin")
    ]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("url", "登录官网[https://www.example.com/activities/2023/10]查看（[https://a.cn/x_(y)]）。见[http://a.cn/b?c=1&d=2#e]，好"),
        ("url", "地址为[x.example.org/forum2026?lang=zh]，或[example.com]。见[zh.wikipedia.org/wiki/中国] 词条"),
        ("email", "邮箱是[donde_esta@example.com]，请发至 [li_na@example.gov.cn]。"),
        ("placeholder", "您好，[{name}]！[%d] 条，[{0}]个，[{{count}}] 个，[${x}]条，[%(name)s]和[%1$s]。100%的人"),
        ("placeholder", "共[%s]、[%5.2f]，[%-3d]和[{}]，[{user.name}]，[$HOME]"),
        ("tag", "点击[<br />]继续[<br/>]下一步[<b>]注意[</b>]"),
        ("tag", "[<a href=\"http://x.cn/中文\" class='a'>]请勿[</a>][&nbsp;][&#39;]"),
        ("tag", "[<s>]原价[</s>]现价，[<pad>]标记，[<length-5>]好，[<term>]"),
        ("emoji", "好的[👍]谢谢[😊🎉] [👨‍👩‍👧‍👦]家[🇨🇳]人[👍🏽]爱[❤️]第[1️⃣]"),
        ("symbol", "共[￥20]、[≥10]、[±5%]，[A≥B]且[B≤C]，[©2024]，[5×3=15]，[10⁶]元，加[½]杯"),
        ("symbol", "温度[38.5℃]，[5 × 3 = 15]，[3.5‰]"),
        ("symbol", "[>>]重要通知[<<]请 [>>>>>>>] 冲突"),
        ("phone", "[138-0000-1234]或[13800001234]或[+86 138 0000 1234]或[010-12345678]或[400-800-1234]"),
        ("identifier", "证号[110101199003071234]、[11010119900307123X]，版本[v1.2.3]"),
        ("identifier", "[192.168.1.1:80]，变量[user_name]，2019-2020年"),
        ("timecode", "[00:00:01,000 --> 00:00:04,000] [00:01:02,500] [09:00—11:30]，[2024-01-05]"),
        ("path", r"在[C:\Users\张三\报告.docx]文件，打开[C:\Windows]目录，[D:\Program Files\a.exe]和[\\srv\share\x]"),
        ("path", "看[/etc/hosts]文件、[~/a/b.txt]、[./run.sh]、[src/main.py]和[README.md]，男/女"),
        ("code", '使用[print("hi")]输出，[main()]函数，[`pip install 包`]。OECD(经合组织)'),
        ("placeholder", "共[{count, plural, one {# 条} other {# 条}}]记录，[{d, date, short}]"),
        ("identifier", "卡号[6222 0202 0000 1234 567]。"),
        ("timecode", "于[2024-01-05 14:30:00]开始"),
        ("mention", "您好 [@张三] 请看，[@li_na]说，[@中国日报]："),
        ("hashtag", "[#AI]与[#COVID19]，[#话题#]与[#2026重庆#]"),
        ("mention", "[@张三]和李四，[@李在明]、[@王小明]同学，[@中国和平基金会] [@张三]在吗，请[@刘星]您看"),
        ("tag", "[*]非常[*]重要，[**]很[**]好，2*3与a*b，甲*（2015）、乙*（2015）"),
        ("timecode", "[1999.05―2000.12]任职，[2003.05]起，2000.12万元"),
        ("foreign", "[Привет]世界，[αβ]粒子，[한국어]，[ソニー]"),
    ],
)  # fmt: skip
def test_spans_are_found_whole(kind: str, text: str) -> None:
    spans = re.findall(r"\[(.*?)\]", text)
    assert found(re.sub(r"[\[\]]", "", text)) == [(span, kind) for span in spans]


def test_numbers_and_latin_words() -> None:
    assert found("售价1,234.56元，增长50%，14：00，iPhone 14和C++、COVID-19，5G", all_kinds=True) == [
        ("1,234.56", "digits"), ("50%", "digits"), ("14：00", "digits"), ("iPhone 14", "latin"), ("C++", "latin"),
        ("COVID-19", "latin"), ("5G", "latin"),
    ]  # fmt: skip
    # A share or a date is not part of the name.
    names = found("占GDP80%，PM2.5年均，G20、o12月1日，ＷＴＯ２０２６年", all_kinds=True)
    assert [name for name, kind in names if kind == "latin"] == ["GDP", "PM2.5", "G20", "o", "ＷＴＯ"]


@pytest.mark.parametrize("text", ["今天天气很好。", "二○一二年——是──的", "阿卜杜拉•买买提说：“好！”", "", "1. 、"])
def test_plain_chinese_holds_none(text: str) -> None:
    assert found(text) == []


def test_patterns_of_the_user_have_priority() -> None:
    text = "工单AB-12在https://a.cn/AB-12里"
    spans = find_protected(text, [re.compile("工单[A-Z]+-[0-9]+"), re.compile("")])
    assert [(text[span.start : span.end], span.kind) for span in spans] == [
        ("工单AB-12", "custom"),
        ("https://a.cn/AB-12", "url"),
    ]


@given(st.text(alphabet="中，1a@/.:%{}<>` \\#≥👍é\n-=&;_$", max_size=60))
def test_spans_are_in_order_and_disjoint(text: str) -> None:
    end = 0
    for span in find_protected(text):
        assert end <= span.start < span.end <= len(text)
        end = span.end


@pytest.mark.parametrize(
    "unit", ["aZ+/09", "a@b.", "<a b=c ", "{ ", "中`文", "中≥", "a.b ", "1 2-3 ", "中1:00:", "C:\\用户\\ ",
     "f(\"x ", "_ ", "重庆市2026年的GDP为3.2万亿元，详见https://example.com/a。双方就合作深入交换意见。\n"]
)  # fmt: skip
def test_time_is_linear(unit: str) -> None:
    def seconds(size: int) -> float:
        text, times = unit * (size // len(unit)), []
        for _ in range(3):
            begin = time.process_time()
            find_protected(text)
            times.append(time.process_time() - begin)
        return min(times)

    seconds(1000)
    assert seconds(80_000) < 12 * seconds(20_000) + 0.05
