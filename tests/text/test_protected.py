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
        ("path", "看[/etc/hosts]文件和[/usr/local/lib]、[~/a/b.txt]、[./run.sh]、[src/main.py]和[README.md]，男/女"),
        ("code", '使用[print("hi")]输出，[main()]函数，[`pip install 包`]。OECD(经合组织)'),
        ("placeholder", "共[{count, plural, one {# 条} other {# 条}}]记录，[{d, date, short}]"),
        ("identifier", "卡号[6222 0202 0000 1234 567]。"),
        ("timecode", "于[2024-01-05 14:30:00]开始"),
        ("mention", "您好 [@张三] 请看，[@li_na]说，[@中国日报]："),
        ("hashtag", "[#AI]与[#COVID19]，[#话题#]与[#2026重庆#]"),
        ("mention", "[@张三]和李四，[@李在明]、[@王小明]同学，[@中国和平基金会] [@张三]在吗，请[@刘星]您看"),
        ("tag", "[*]非常[*]重要，[**]很[**]好，2*3与a*b，甲*（2015）、乙*（2015）"),
        ("timecode", "[1999.05―2000.12]任职，[2003.05]起，2000.12万元"),
        ("email", "联系[li_si@例子.公司]索取，[a.b@公司.中国]，[b@公司.cn]。"),
        ("url", "仓库[git@github.com:foo/bar.git]，登录[root@192.168.1.1:22]即可"),
        ("url", "[git@gitee.com:组织/仓库.git]，DOI为[10.1000/xyz123]。"),
        ("url", "下载[www.example.com.cn/下载/安装包.exe]文件，打开[http://例子.中国/a]"),
        ("placeholder", "（占[%.2f%%]），增长[5%%]，100%的人"),
        ("tag", "点击[<a href=\"https://a.cn/b\" title='a>b'>]这里[</a>]"),
        ("tag", "代码[&lt;0932&gt;]表示[&lt;b&gt;]注意[&lt;/b&gt;]"),
        ("identifier", "地址[00:1A:2B:3C:4D:5E]和[fe80::1ff:fe23:4567:890a/64]、[2001:db8::1]已配置，比分3:2:1"),
        ("identifier", "密码[P@ssw0rd!#2024]，编号[CX#1234]，账号[Tom#1234]，[Abc@123!]"),
        ("identifier", "编号[ＡＢＣ１２３！＠＃]有效，Ａ＝Ｂ"),
        ("identifier", "车牌[京A·12345]的车与[粤B12345]，京A的牌照，新G6高速"),
        ("path", "请查收[年度报告_最终版(2)_v1.0.docx]。见[data/原始数据/2024-05.csv]文件，“[年度报告.docx]”"),
        ("path", "[/home/用户/文档/报告.docx]，[/data/原始/]下，我的报告[.docx]不见了，A/B测试的结果见[report.pdf]"),
        ("path", "[年度报告.docx]"),
        ("code", "SQL为[SELECT * FROM t WHERE n LIKE '%张%';]，正则[^\\d{3}-\\w+$]匹配"),
        ("code", "公式[\\(a_i\\)]成立，[std::vector]类"),
        ("emoji", "开心[ヾ(≧▽≦*)o]哈哈[(￣▽￣)]，[(｡•́︿•̀｡)]，（3—5），(甲乙)"),
        ("symbol", "扭矩[400N·m]，功率[1.5kW·h]，什么[⁇]，约翰·F·肯尼迪"),
        ("symbol", "公式：[(x+1)²=x²+2x+1]，[∑i=1→n]，[√2≈1.414]，[∞]，[∈]，[∪]。"),
        ("mention", "感谢[@Amy_酱]的支持"),
        ("hashtag", "参与[＃话题＃]讨论，[#新品发布会#]，欢迎"),
        ("timecode", "时间[2024-W05]周，[2024Q3]财报"),
        ("foreign", "[Привет]世界，[αβ]粒子，[한국어]，[ソニー]"),
    ],
)  # fmt: skip
def test_spans_are_found_whole(kind: str, text: str) -> None:
    spans = re.findall(r"\[(.*?)\]", text)
    assert found(re.sub(r"[\[\]]", "", text)) == [(span, kind) for span in spans]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("调用obj.get_value(\"键\", default=None)和c['键']取值", ['obj.get_value("键", default=None)', "c['键']"]),
        ('运行curl -d \'{"名":"值"}\'发送', ['\'{"名":"值"}\'']),
    ],
)
def test_code_with_quotes_and_brackets(text: str, spans: list[str]) -> None:
    assert found(text) == [(span, "code") for span in spans]


def test_numbers_and_latin_words() -> None:
    assert found("售价1,234.56元，增长50%，14：00，iPhone 14和C++、COVID-19，5G", all_kinds=True) == [
        ("1,234.56", "digits"), ("50%", "digits"), ("14：00", "digits"), ("iPhone 14", "latin"), ("C++", "latin"),
        ("COVID-19", "latin"), ("5G", "latin"),
    ]  # fmt: skip
    assert found("共３，４５６人", all_kinds=True) == [("３，４５６", "digits")]
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
     "f(\"x ", "_ ", "a/中", "京A·12345", "中文.docx，", "\\(a ", "a::", "a@b!1", "&lt;a ", "fe80::", "重庆市2026年的GDP为3.2万亿元，详见https://example.com/a。双方就合作深入交换意见。\n"]
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
