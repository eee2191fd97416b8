"""HTML, Markdown, subtitles, tables, catalogues, memories, books: the text is found, the rest stays as it is."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from mt.documents.formats import DocumentOptions, open_document
from mt.documents.html import Html
from mt.documents.localisation import memory_of
from mt.documents.segment import Document, Target
from mt.errors import DataError, UserError

HTML = """<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="gbk"><title>报告</title><style>p{color:red}/*中文*/</style></head>
<body><p class="x">重庆市<b>外办</b>与<a href="http://a.b/?q=1&amp;r=2">川促会</a>座谈&nbsp;。<br>
第二行<img src="a.png" alt="图片"></p>
<ul><li>一项<li><code>中文()</code>函数</ul><script>var a="中文";</script><!-- 注释 --><p translate="no">不译</p>
<pre>中文
  原样</pre><p>English &lt; only</p></body></html>
"""
MARKDOWN = """---
title: 标题
---
# 关于**合作**的报告

第一段，参见[链接](http://a.b "提示")和`代码`，
第二行*强调*。\\
换行。

1. 项目一
   - 项目二 ![图](a.png)

| 姓名 | 职务 |
|------|:----:|
| 张伟 | 秘书长 |

> 引用内容[^1]

```python
中文 = 1
```

[^1]: 注释
"""
SRT = """1
00:00:01,000 --> 00:00:02,500
<i>你好</i>，
世界。

2
00:00:03,000 --> 00:00:04,000
- 谁？
- 我。

3
00:00:05,000 --> 00:00:06,000
English
"""


def opened(tmp_path: Path, name: str, text: str, **options: str) -> Document:
    (tmp_path / name).write_text(text, "utf-8", newline="")
    return open_document(tmp_path / name, DocumentOptions(**options) if options else None)  # type: ignore[arg-type]


def same(document: Document) -> str:
    return document.write([Target(segment.text, segment.codes) for segment in document.segments]).decode()


def english(document: Document) -> str:
    """Every segment as its number, its codes at its end."""
    targets = []
    for number, segment in enumerate(document.segments):
        text = f"T{number}" + "".join(f" `{part}`" for part in segment.text.split("`")[1::2])
        targets.append(Target(text, tuple(type(code)(len(text), len(text)) for code in segment.codes)))
    return document.write(targets).decode()


def test_html_is_the_same_character_by_character(tmp_path: Path) -> None:
    document = opened(tmp_path, "a.html", HTML)
    assert [segment.text for segment in document.segments] == [
        "报告", "重庆市外办与川促会座谈 。\n第二行", "一项", "`中文()`函数"
    ]  # fmt: skip
    expected = HTML.replace('lang="zh-CN"', 'lang="en"').replace("gbk", "utf-8").replace("&nbsp;", " ")
    assert same(document) == expected.replace("<br>\n", "<br>")
    output = english(document)
    assert output.count('<a href="http://a.b/?q=1&amp;r=2">') == output.count("</b>") == output.count("a.png") == 1
    for kept in ('var a="中文"', "<!-- 注释 -->", '<p translate="no">不译</p>', "  原样</pre>", "<code>中文()</code>"):
        assert kept in output


def test_alternative_texts_are_translated_when_asked(tmp_path: Path) -> None:
    page = "<p>文字</p><img alt=\"图片 &amp; 说明\"><input placeholder='请输入'>"
    document = Html("a.html", alt_text=True, text=page)
    assert [segment.text for segment in document.segments] == ["文字", "图片 & 说明", "请输入"]
    written = document.write([Target("Text"), Target('A "b" & c'), Target("Enter")]).decode()
    assert written == "<p>Text</p><img alt=\"A &quot;b&quot; &amp; c\"><input placeholder='Enter'>"


def test_marked_sections_of_html_are_left_alone() -> None:
    page = "<p>中</p><![CDATA[a > 中]]><![if IE]><![\\x]><![CDAT[><p>文</p><![CDATA["
    document = Html("a.html", text=page)
    assert [segment.text for segment in document.segments] == ["中", "文"]
    assert same(document).startswith(page[:-9])


@given(
    st.lists(st.sampled_from(["<p>", "</p>", "<b>", "</b>", "<br>", "<i>", "中文", " ", "a", "&amp;", "<img/>", "<"]))
)
def test_any_html_keeps_its_tags(pieces: list[str]) -> None:
    page = "".join(pieces)
    document = Html("a.html", text=page)
    output = same(document)
    for tag in ("<p>", "</p>", "<b>", "</b>", "<i>", "<img/>"):
        assert output.count(tag) == page.count(tag)
    assert output.count("中文") == page.count("中文")


def test_markdown(tmp_path: Path) -> None:
    document = opened(tmp_path, "a.md", MARKDOWN)
    texts = [segment.text for segment in document.segments]
    assert texts[:2] == ["关于合作的报告", "第一段，参见链接和`代码`，第二行强调。\n换行。"]
    assert texts[4:8] == ["姓名", "职务", "张伟", "秘书长"]
    assert same(document) == MARKDOWN.replace("`代码`，\n第二行", "`代码`，第二行")
    output = english(document)
    for kept in (
        "title: 标题",
        '(http://a.b "提示")',
        "`代码`",
        "![图](a.png)",
        "|------|:----:|",
        "中文 = 1",
        "[^1]:",
    ):
        assert output.count(kept) == 1, kept
    assert "# T0" in output


def test_markdown_characters_of_a_translation_are_text(tmp_path: Path) -> None:
    document = opened(tmp_path, "a.md", "中文\n")
    assert document.write([Target("2*3 [a] <b> `c`")]).decode() == "2\\*3 \\[a\\] \\<b\\> \\`c\\`\n"


def test_subtitles_keep_times_and_speakers(tmp_path: Path) -> None:
    document = opened(tmp_path, "a.srt", SRT)
    assert [segment.text for segment in document.segments] == ["你好， 世界。", "- 谁？\n- 我。"]
    output = document.write(
        [Target("Hello, " + "long " * 12 + "world.", document.segments[0].codes), Target("- Who?\n- Me.")]
    )
    lines = output.decode().split("\n")
    assert [line for line in lines if "-->" in line] == [line for line in SRT.split("\n") if "-->" in line]
    assert max(len(line.replace("<i>", "").replace("</i>", "")) for line in lines) <= 42
    assert "- Who?\n- Me.\n" in output.decode()
    assert output.decode().endswith("English\n")


def test_tables_fill_the_english_column_or_every_cell(tmp_path: Path) -> None:
    document = opened(tmp_path, "a.csv", 'id,zh,en\n1,"一, 二",\n2,三,Three\n3,,\n')
    assert [segment.text for segment in document.segments] == ["一, 二"]
    assert (
        document.write([Target("One, two")]).decode()
        == 'id,zh,en\n1,"One, two",\n'.replace('"One, two",', '"一, 二","One, two"') + "2,三,Three\n3,,\n"
    )
    document = opened(tmp_path, "b.tsv", "姓名\t年龄\r\n张伟\t30\r\n")
    assert [segment.text for segment in document.segments] == ["姓名", "年龄", "张伟"]
    written = document.write([Target("Name"), Target("Age"), Target("Zhang Wei")]).decode()
    assert written == "Name\tAge\r\nZhang Wei\t30\r\n"
    document = opened(tmp_path, "c.csv", "id,内容\n1,文字\n", column="内容")
    assert document.write([Target("Text")]).decode() == "id,内容,en\n1,文字,Text\n"
    with pytest.raises(DataError, match="column"):
        opened(tmp_path, "c.csv", "id,内容\n1,文字\n", column="none")


def test_json_lines(tmp_path: Path) -> None:
    document = opened(tmp_path, "a.jsonl", '{"id": 1, "zh": "文字"}\n{"zh": "有", "en": "Has"}\n\n')
    lines = document.write([Target("Text")]).decode().split("\n")
    assert json.loads(lines[0]) == {"id": 1, "zh": "文字", "en": "Text"}
    assert json.loads(lines[1]) == {"zh": "有", "en": "Has"}
    for bad in ("[1]\n", "{\n", '{"a": 1}\n'):
        with pytest.raises(DataError, match=r"b\.jsonl"):
            opened(tmp_path, "b.jsonl", bad)


def test_a_catalogue_marks_what_a_machine_translated(tmp_path: Path) -> None:
    text = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    text += 'msgid "打开 %s"\nmsgstr ""\n\nmsgid "关闭"\nmsgstr "Close"\n'
    document = opened(tmp_path, "a.po", text)
    output = document.write([Target("Open %s")]).decode()
    assert '#, fuzzy\nmsgid "打开 %s"\nmsgstr "Open %s"' in output
    assert output.count("fuzzy") == 1


def test_memories_are_read_and_written(tmp_path: Path) -> None:
    data = memory_of([("一\x01", "One"), ("二", "Two & <b>"), ("二", "Two & <b>")])
    root = etree.fromstring(data)
    assert len(list(root.iter("tu"))) == 2
    for variant in list(root.iter("tuv")):
        if variant.get("{http://www.w3.org/XML/1998/namespace}lang") == "en":
            variant.getparent().remove(variant)  # type: ignore[union-attr]
    document = opened(tmp_path, "a.tmx", etree.tostring(root, encoding="unicode"))
    assert [segment.text for segment in document.segments] == ["一 ", "二"]
    again = etree.fromstring(document.write([Target("One"), Target("Two")]))
    assert [segment.text for segment in again.iter("seg")] == ["一 ", "One", "二", "Two"]


def test_a_book_is_translated_in_reading_order(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.epub", "w") as book:
        book.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        book.writestr(
            "META-INF/container.xml", '<container><rootfiles><rootfile full-path="O/p.opf"/></rootfiles></container>'
        )
        book.writestr(
            "O/p.opf",
            '<package xmlns:dc="d"><metadata><dc:language>zh-CN</dc:language></metadata><manifest>'
            '<item id="b" href="b.xhtml"/><item id="a" href="t/a.xhtml"/></manifest>'
            '<spine><itemref idref="a"/><itemref idref="b"/></spine></package>',
        )
        book.writestr("O/b.xhtml", "<html><body><p>第二章</p></body></html>")
        book.writestr("O/t/a.xhtml", "<html><body><p>第一章</p></body></html>")
    document = open_document(tmp_path / "a.epub")
    assert [segment.text for segment in document.segments] == ["第一章", "第二章"]
    (tmp_path / "b.epub").write_bytes(document.write([Target("One"), Target("Two")]))
    with zipfile.ZipFile(tmp_path / "b.epub") as book:
        assert book.namelist()[0] == "mimetype"
        assert book.infolist()[0].compress_type == zipfile.ZIP_STORED
        assert b"<p>One</p>" in book.read("O/t/a.xhtml")
        assert b"<dc:language>en<" in book.read("O/p.opf")


def test_plain_text_keeps_its_line_ends(tmp_path: Path) -> None:
    document = opened(tmp_path, "a.txt", "\ufeff一\r\n\r\n二\n")
    assert [segment.text for segment in document.segments] == ["一", "", "二", ""]
    assert same(document) == "\ufeff一\r\n\r\n二\n"


def test_an_option_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--column"):
        opened(tmp_path, "a.md", "中文", column="zh")


def test_tables_keep_the_bytes_of_what_is_not_translated(tmp_path: Path) -> None:
    document = opened(tmp_path, "a.csv", '\ufeffid,zh,note\n"1","你好，""世界""",x\n2,,"a"\n\n3,谢谢,\n')
    assert [segment.text for segment in document.segments] == ['你好，"世界"', "谢谢"]
    written = document.write([Target('Hi, "world"'), Target("Thanks")]).decode()
    assert written.startswith(
        '\ufeffid,zh,note,en\n"1","你好，""世界""",x,"Hi, ""world"""\n2,,"a",\n\n3,谢谢,,Thanks\n'
    )
    # In TSV a quotation mark may be text.
    document = opened(tmp_path, "a.tsv", '"引号没关\t值\n第二行\t甲\n第三行\t5" 螺丝\n"两\n行"\tb')
    assert [segment.text for segment in document.segments][-2:] == ['5" 螺丝', "两\n行"]
    assert same(document) == '"""引号没关"\t值\n第二行\t甲\n第三行\t5" 螺丝\n"两\n行"\tb'


def test_short_rows_and_long_cells_are_read(tmp_path: Path) -> None:
    document = opened(tmp_path, "a.csv", f"en,zh\nHello,中\nx\n,谢\n,{'长' * 140_000}\n")
    assert [len(segment.text) for segment in document.segments] == [1, 140_000]
    assert document.write([Target("Thanks"), Target("Long")]).decode()[:30] == "en,zh\nHello,中\nx\nThanks,谢\nLong,"


def test_json_lines_keep_their_line_ends_and_keys(tmp_path: Path) -> None:
    lines = '{"zh":"甲","n":1.50,"n":2}\r\n{ "en": null, "zh": "乙" }\r\n'
    document = opened(tmp_path, "a.jsonl", lines)
    expected = '{"zh":"甲","n":1.50,"n":2, "en": "A"}\r\n{ "en": "B", "zh": "乙" }\r\n'
    assert document.write([Target("A"), Target("B")]).decode() == expected
    for bad in ('{"zh": ["中"]}', "[" * 100_000):
        with pytest.raises(DataError, match=r"b\.jsonl:2"):
            opened(tmp_path, "b.jsonl", f'{{"zh": "中"}}\n{bad}\n', column="zh")


def test_a_catalogue_never_opens_the_file_it_names(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text('msgid "中文"\nmsgstr ""\n', "utf-8")
    with pytest.raises(DataError, match="catalogue"):
        opened(tmp_path, "a.po", str(tmp_path / "secret"))
    document = opened(
        tmp_path,
        "b.po",
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=GBK\\nLanguage: zh_CN\\n"\n\nmsgid "中\\n"\nmsgstr ""',
    )
    output = document.write([Target("M")]).decode()
    assert "charset=UTF-8" in output
    assert '"Language: en\\n"' in output
    assert 'msgstr "M\\n"' in output


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a.docx", {"word/document.xml": "<a/>"}),
        ("a.docx", {"[Content_Types].xml": "<a>spreadsheetml.sheet.main+xml</a>"}),
        ("a.xlsx", {"[Content_Types].xml": "<a>wordprocessingml.document.main+xml</a>"}),
        ("a.odt", {"a.txt": ""}),
        ("a.epub", {"META-INF/container.xml": "<container/>"}),
        ("a.epub", {"META-INF/container.xml": '<container><rootfile full-path="x.opf"/></container>'}),
        ("a.epub", {"META-INF/container.xml": "<container><rootfile/></container>"}),
    ],
)
def test_a_container_without_its_main_part_is_refused(tmp_path: Path, name: str, parts: dict[str, str]) -> None:
    with zipfile.ZipFile(tmp_path / name, "w") as container:
        for part, text in parts.items():
            container.writestr(part, text)
    with pytest.raises(DataError, match=name):
        open_document(tmp_path / name)


def test_a_damaged_container_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.odt", "w", zipfile.ZIP_DEFLATED) as container:
        container.writestr("content.xml", bytes(range(256)) * 20)
    data = bytearray((tmp_path / "a.odt").read_bytes())
    data[45:60] = b"\xff" * 15
    (tmp_path / "a.odt").write_bytes(data)
    with pytest.raises(DataError, match="no readable document"):
        open_document(tmp_path / "a.odt")


def test_subtitles_with_empty_cues_and_tags(tmp_path: Path) -> None:
    text = (
        '\ufeff1\n00:01,000 --> 00:02,000\n\n2\n00:03,000 --> 00:04,000\n<font color="#fff" face="微软雅黑">好</font>'
    )
    text += "\n3\n00:05 --> 6\n坏"
    document = opened(tmp_path, "a.srt", text)
    assert [segment.text for segment in document.segments] == ["好", "坏"]
    targets = [Target(segment.text, segment.codes) for segment in document.segments]
    assert document.write(targets).decode() == text
    long = "a good long sentence that needs several lines"
    targets[0] = Target(long, (type(targets[0].codes[0])(0, len(long)),))
    assert (
        '<font color="#fff" face="微软雅黑">a good long sentence that needs several\nlines</font>\n3'
        in document.write(targets).decode()
    )
    text = "WEBVTT\n\n00:03.000 --> 00:04.000\n卡拉<00:03.500>好 5 &lt; 6 <c.red>世界</c>\n"
    document = opened(tmp_path, "a.vtt", text)
    assert [segment.text for segment in document.segments] == ["卡拉好 5 < 6 世界"]
    assert same(document) == text


def test_html_keeps_breaks_indents_and_entities() -> None:
    page = '<p>　　首行<b>粗</b>&mdash;好</p><p>&nbsp;<br/>一<br class="c"/>二<i>三<br/></i>四<br />\n</p>'
    page += "<p>\n <b>　五</b>\n  六\n</p>"
    document = Html("a.html", text=page)
    assert [segment.text for segment in document.segments] == ["首行粗—好", "一\n二三\n四", "　五 六"]
    assert same(document) == page.replace("</b>\n  六", "</b> 六")
    # A break that the page has not is written in its syntax.
    assert Html("a.xhtml", text="<p>一</p>").write([Target("a\nb")]) == b"<p>a<br/>b</p>"


def test_an_encoding_that_is_declared_is_corrected(tmp_path: Path) -> None:
    page = '<?xml version="1.0" encoding="UTF-16"?><html lang="zh" xml:lang="zh"><p>一</p></html>'
    (tmp_path / "a.xhtml").write_bytes(page.encode("utf-16"))
    written = open_document(tmp_path / "a.xhtml").write([Target("One")]).decode()
    assert written == page.replace("UTF-16", "UTF-8").replace('"zh"', '"en"').replace("一", "One")


def test_alternative_texts_are_replaced_in_their_own_sentence() -> None:
    page = '<script>var a="图片";</script><p data-title="中">看<img alt="图片">这</p><p translate="no" title="中">x</p>'
    document = Html("a.html", alt_text=True, text=page)
    texts = [segment.text for segment in document.segments]
    assert texts == ["看这", "图片"]
    written = document.write([Target("Look", document.segments[0].codes), Target("Picture")]).decode()
    assert written == page.replace('alt="图片"', 'alt="Picture"').replace("看", "L").replace("这", "ook")


def test_a_book_with_encoded_names_and_chapters(tmp_path: Path) -> None:
    def book(chapter: bytes) -> Document:
        with zipfile.ZipFile(tmp_path / "a.epub", "w") as book:
            book.writestr("META-INF/container.xml", '<container><rootfile full-path="p.opf"/></container>')
            book.writestr(
                "p.opf",
                '<package xmlns:dc="d"><metadata><dc:title id="t">红 &amp; 楼</dc:title></metadata><manifest>'
                '<item id="a" href="%E4%B8%80.xhtml"/></manifest><spine><itemref idref="a"/></spine></package>',
            )
            book.writestr("一.xhtml", chapter)
        return open_document(tmp_path / "a.epub")

    chapter = '<?xml version="1.0" encoding="GBK"?><html><p>第一章</p></html>'
    document = book(chapter.encode("gbk"))
    assert [segment.text for segment in document.segments] == ["红 & 楼", "第一章"]
    (tmp_path / "b.epub").write_bytes(document.write([Target("Red <&"), Target("One")]))
    with zipfile.ZipFile(tmp_path / "b.epub") as written:
        assert '<dc:title id="t">Red &lt;&amp;</dc:title>' in written.read("p.opf").decode()
        assert written.read("一.xhtml").decode() == chapter.replace("GBK", "UTF-8").replace("第一章", "One")
    for bad in (chapter.encode("gbk") + b"\xff", chapter.replace("GBK", "none").encode(), "<p>中".encode("gbk")):
        with pytest.raises(DataError, match=r"a\.epub"):
            book(bad)


def test_markdown_escapes_what_begins_a_block(tmp_path: Path) -> None:
    document = opened(tmp_path, "a.md", "甲\n\n" * 6)
    texts = ["# a\n- b", "1. a", "+ a\n===", "+86 -1 #a", "&lt; & &#65;", "---"]
    written = document.write(list(map(Target, texts))).decode()
    (tmp_path / "b.md").write_text(written, "utf-8")
    assert written.split("\n\n")[:-1] == [
        "\\# a\\\n\\- b", "1\\. a", "\\+ a\\\n\\===", "+86 -1 #a", "&amp;lt; & &amp;#65;", "\\---"
    ]  # fmt: skip


def test_markdown_keeps_task_boxes_cells_and_formulas(tmp_path: Path) -> None:
    text = (
        "# 题 {#id}\n\n- [ ] 待办\n- [x] 完成\n\n| 管道\\|符号 | `a\\|b` 码 |\n|---|---|\n| 值 | 果 |\n\n价"
        "$10元，套餐$20元，式$x_{最大}+1$和$y$。\n\n他<u>昨天</u>在<mark>北京</mark>\n"
    )
    document = opened(tmp_path, "a.md", text)
    assert [segment.text for segment in document.segments] == [
        "题", "待办", "完成", "管道|符号", "`a|b` 码", "值", "果", "价$10元，套餐$20元，式和。", "他昨天在北京"
    ]  # fmt: skip
    assert [(code.start, code.end) for code in document.segments[-1].codes] == [(1, 3), (4, 6)]
    assert same(document) == text
