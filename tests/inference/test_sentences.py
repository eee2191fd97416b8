from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.inference.sentences import join, split_texts
from mt.text.han import has_han

SEED = (
    "6月3日至4日,重慶市政府外辦二級(jí)巡視員魯進(jìn)率隊(duì)赴成都。\n\n"
    "魯進(jìn)聽(tīng)取了有關(guān)情況。他表示,川促會(huì)值得學(xué)習(xí)。"
)


def test_sentences_are_cleaned_and_know_where_they_stood() -> None:
    sentences = split_texts([SEED, "第二篇。"])
    assert [sentence.source for sentence in sentences] == [
        "6月3日至4日，重庆市政府外办二级巡视员鲁进率队赴成都。",
        "鲁进听取了有关情况。",
        "他表示，川促会值得学习。",
        "第二篇。",
    ]
    assert [(sentence.text, sentence.line) for sentence in sentences] == [(0, 0), (0, 2), (0, 2), (1, 3)]
    for term, original in [("二级巡视员", "二級(jí)巡視員"), ("鲁进", "魯進"), ("重庆市政府外办", "重慶市政府外辦")]:
        start = sentences[0].source.index(term)
        a, b = sentences[0].span(start, start + len(term))
        assert SEED[a:b] == original
    start = sentences[2].source.index("川促会")
    a, b = sentences[2].span(start, start + 3)
    assert SEED[a:b] == "川促會"


def test_lines_are_kept_and_sentences_joined_by_a_space() -> None:
    texts = [SEED, "", "一。二。"]
    sentences = split_texts(texts)
    outputs = [f"S{number}." for number in range(len(sentences))]
    joined, starts, _ = join(texts, sentences, outputs)
    assert joined == ["S0.\n\nS1. S2.", "", "S3. S4."]
    assert [joined[s.text][at:].startswith(o) for s, at, o in zip(sentences, starts, outputs, strict=True)] == [
        True
    ] * 5


@given(st.lists(st.text(alphabet="中文。！？\n\r\u2028\x85\f\t| (jí)abc\u3000，“”一、1.", max_size=40), max_size=4))
def test_spans_stay_inside_their_text_and_lines_are_kept(texts: list[str]) -> None:
    sentences = split_texts(texts)
    joined, starts, _ = join(texts, sentences, ["x y"] * len(sentences))
    breaks = re.compile(r"\r\n|[\n\r\f\x85\u2028]")
    assert [breaks.findall(text) for text in joined] == [breaks.findall(text) for text in texts]
    for text, result in zip(texts, joined, strict=True):
        for line, translated in zip(breaks.split(text), breaks.split(result), strict=True):
            # White space at both ends of a line is kept, and lines without Chinese are copied.
            assert translated[: len(translated) - len(translated.lstrip())] == line[: len(line) - len(line.lstrip())]
            assert translated[len(translated.rstrip()) :] == line[len(line.rstrip()) :]
            assert has_han(line) or translated == line
    for sentence, start in zip(sentences, starts, strict=True):
        for place in range(len(sentence.source)):
            a, b = sentence.span(place, place + 1)
            assert 0 <= a < b <= len(texts[sentence.text])
        assert joined[sentence.text][start : start + 3] == "x y"
        assert list(sentence.offsets) == sorted(sentence.offsets)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Lines, cells and pieces without Chinese are copied, white space that separates is kept.
        ("1\n00:00:01,000 --> 00:00:04,000\n你好，欢迎收看。", "1\n00:00:01,000 --> 00:00:04,000\n[你好，欢迎收看。]"),
        ('{\n```\n}\n😀\n」\n* * *\nprint("hi")\n。', '{\n```\n}\n😀\n」\n* * *\nprint("hi")\n。'),
        ('```\nprint("你好")\n```\n再见。', '```\nprint("你好")\n```\n[再见。]'),
        ("你好。\r谢谢。\r\n\r\n再见。\r", "[你好。]\r[谢谢。]\r\n\r\n[再见。]\r"),
        ("你好。\u2028谢谢。\x85\v再见。\f\n", "[你好。]\u2028[谢谢。]\x85\v[再见。]\f\n"),
        ("姓名\t职务\t单位", "[姓名]\t[职务]\t[单位]"),
        ("| 时间 | 地点 |", "| [时间] | [地点] |"),
        ("　　段落。第二句。Hello! 好！OK！完\t", "　　[段落。] [第二句。] Hello! [好！] OK! [完]\t"),
        ("张三 李四 王五\n姓名 职务 单位", "[张三] [李四] [王五]\n[姓名] [职务] [单位]"),
        ("张三  李四　　王五", "[张三]  [李四]　　[王五]"),
        # Marks of lists.
        ("  - 第一项\n• 第二项\n1. 目标\n2、方法", "  - [第一项]\n• [第二项]\n1. [目标]\n2. [方法]"),
        ("一、总则\n（二）领导\n十二、附则", "I. [总则]\n(2) [领导]\nXII. [附则]"),
        ("一、二年级\n2.5万人", "[一、二年级]\n[2.5万人]"),
        ("29.2015年3月，我\n42.2015-2016年，我", "29. [2015年3月，我]\n42. [2015-2016年，我]"),
        # What stands between sentences.
        ("好的👍谢谢😊", "[好的] 👍 [谢谢] 😊"),
        ("<br>\n点击<br />继续<br/>下一步", "<br>\n[点击]<br />[继续]<br/>[下一步]"),
        ("<b>注意</b>：好。", "<b>[注意</b>：好。]"),
        (">>重要<<请看\n>>>>> 冲突 <<<<< 请看", ">>[重要]<<[请看]\n>>>>> [冲突] <<<<< [请看]"),
        ("①第一项②第二项", "① [第一项] ② [第二项]"),
        # Spans within a sentence keep what cleaning would change.
        ("見10⁶元,https://a.cn/b,c見說。", "[见10⁶元，https://a.cn/b,c见说。]"),
        ("\ue000中\ue000", "\ue000 [中] \ue000"),
    ],
)  # fmt: skip
def test_what_is_not_translated_is_copied(text: str, expected: str) -> None:
    for texts in ([text], text.split("\n")):
        sentences = split_texts(texts)
        joined, _, _ = join(texts, sentences, [f"[{sentence.source}]" for sentence in sentences])
        assert "\n".join(joined) == expected


def test_protected_spans_are_where_they_stood() -> None:
    text = "您好 @张三 請看 https://a.example.com/x。\n{name}有￥20。"
    first, second = split_texts([text])
    for sentence, expected in ((first, ["@张三", "https://a.example.com/x"]), (second, ["{name}", "￥20"])):
        assert [text[slice(*sentence.span(span.start, span.end))] for span in sentence.protected] == expected
    assert [span.target for span in second.protected] == ["{name}", "¥20"]


def test_names_are_found_in_the_text_as_given() -> None:
    text = "「ＷＴＯ」級(jí)与 Joe Biden於71：65見iPhone 8{0}和GDP。"
    (sentence,) = split_texts([text])
    copied = [span for span in sentence.protected if span.copied]
    assert [span.target for span in copied] == ["WTO", "Joe Biden", "71:65", "iPhone 8", "GDP"]
    assert [sentence.source[span.start : span.end] for span in copied] == [
        "WTO", "Joe Biden", "71：65", "iPhone 8", "GDP",
    ]  # fmt: skip
    assert text[slice(*sentence.span(copied[0].start, copied[0].end))] == "ＷＴＯ"


def test_no_sentence_ends_within_a_span_that_is_not_to_be_cut() -> None:
    text = "前言。\n电影加油！少年上映了。真的！ 好。"
    start = text.index("加油")
    for spans, expected in (
        ([], ["前言。", "电影加油！", "少年上映了。", "真的！", "好。"]),
        ([(start, start + 5)], ["前言。", "电影加油！少年上映了。", "真的！", "好。"]),
        ([(text.index("真"), len(text))], ["前言。", "电影加油！", "少年上映了。", "真的！好。"]),
    ):
        sentences = split_texts([text], terms=[spans])
        assert [sentence.source for sentence in sentences] == expected


@given(st.text("中文。！？“”（）", max_size=40), st.integers(0, 40), st.integers(1, 12))
def test_spans_not_to_be_cut_are_in_one_sentence(text: str, start: int, length: int) -> None:
    end = min(start + length, len(text))
    for sentence in split_texts([text], terms=[[(start, end)]] if start < end else ()):
        first, last = sentence.offsets[0], sentence.offsets[-1]
        inside = "".join(text[max(first, start) : min(last, end)].split())
        assert not inside or not text[first:start].strip() or inside == "".join(text[start:end].split())


@pytest.mark.parametrize(
    "piece", ["的 ", "好！", "（", "》", "“好。", '"好。', "好。”他说", "a@", "!a", "|", "、", "- ", "1:", "<b>"]
)
def test_time_is_linear_in_the_length(piece: str) -> None:
    def seconds(length: int) -> float:
        start = time.perf_counter()
        split_texts(["好" + piece * (length // len(piece)) + "，好"])
        return time.perf_counter() - start

    # Eight times the length in eight times the time, at most four times as much: quadratic would be 64.
    assert seconds(40_000) < 32 * min(seconds(5_000) for _ in range(3)) + 0.1
