"""Word, PowerPoint, Excel and OpenDocument: every text is found, and what is not translated stays as it is."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest
from docx.oxml import parse_xml
from openpyxl.comments import Comment
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

from mt.documents.formats import DocumentOptions, open_document
from mt.documents.placement import place_codes, proportional_links
from mt.documents.segment import Document, Target
from mt.errors import DataError, UserError

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
NAMES = (
    f'xmlns:w="{W}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
SOFFICE = shutil.which("soffice")


def paragraph(inner: str) -> str:
    return f"<w:p {NAMES}>{inner}</w:p>"


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


FIELD = (
    '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>{code}</w:instrText></w:r>'
    '<w:r><w:fldChar w:fldCharType="separate"/></w:r>{result}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
)
HARD = [
    paragraph(run("重庆市") + run("外办", "<w:b/>") + run("与") + run("川促会", "<w:i/>") + run("座谈。")),
    paragraph(run("数字", '<w:rFonts w:hint="eastAsia"/>') + run("2026", '<w:lang w:val="en-US"/>') + run("年")),
    paragraph(run("见") + f'<w:hyperlink w:anchor="a">{run("附件一", "<w:u/>")}</w:hyperlink>' + run("的说明。")),
    paragraph(f'{run("保留")}<w:ins w:id="1" w:author="a">{run("新增")}</w:ins>'
              '<w:del w:id="2" w:author="a"><w:r><w:delText>删除</w:delText></w:r></w:del>'),
    paragraph(run("第") + FIELD.format(code="PAGE", result=run("3")) + run("页，共九页")),
    paragraph(run("请看") + FIELD.format(code='HYPERLINK "http://a.b"', result=run("链接文字")) + run("。")),
    paragraph('<w:bookmarkStart w:id="7" w:name="m"/>' + run("书签内容") + '<w:bookmarkEnd w:id="7"/>'),
    paragraph(run("换行之前") + "<w:r><w:br/></w:r>" + run("换行之后") + '<w:r><w:br w:type="page"/></w:r>'),
    paragraph(
        run("框外文字") + "<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing>"
        "<wps:wsp><wps:txbx><w:txbxContent>"
        f"<w:p>{run('框内文字')}</w:p></w:txbxContent></wps:txbx></wps:wsp></w:drawing></mc:Choice><mc:Fallback><w:pict>"
        f"<v:textbox><w:txbxContent><w:p>{run('框内文字')}</w:p></w:txbxContent></v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    ),
    paragraph(f"<w:sdt><w:sdtPr><w:alias w:val='x'/></w:sdtPr><w:sdtContent>{run('控件内容')}</w:sdtContent></w:sdt>"),
    paragraph(run("English only, not touched")),
]  # fmt: skip


@pytest.fixture
def word(tmp_path: Path) -> Path:
    document = docx.Document()
    document.add_heading("第一章 总则", 1)
    body = document.element.body
    for element in HARD:
        body.insert(len(body) - 1, parse_xml(element))
    table = document.add_table(2, 2)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "合并单元格"
    table.cell(1, 0).add_table(1, 1).cell(0, 0).text = "内嵌表格"
    document.sections[0].header.paragraphs[0].text = "内部资料"
    document.sections[0].footer.paragraphs[0].text = "联系电话"
    document.add_comment(document.paragraphs[0].runs[0], "批注内容", author="a", initials="a")
    document.save(str(tmp_path / "plain.docx"))
    # Footnotes are a part of their own.
    notes = f'<w:footnotes {NAMES}><w:footnote w:id="2">{paragraph(run("脚注内容"))}</w:footnote></w:footnotes>'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    part = f'<Override PartName="/word/footnotes.xml" ContentType="{kind}"/></Types>'
    with zipfile.ZipFile(tmp_path / "plain.docx") as given, zipfile.ZipFile(tmp_path / "hard.docx", "w") as written:
        for entry in given.infolist():
            data = given.read(entry)
            if entry.filename == "[Content_Types].xml":
                data = data.replace(b"</Types>", part.encode())
            if entry.filename.endswith("document.xml.rels"):
                relation = (
                    '<Relationship Id="rN" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
                    'footnotes" Target="footnotes.xml"/></Relationships>'
                )
                data = data.replace(b"</Relationships>", relation.encode())
            written.writestr(entry, data)
        written.writestr("word/footnotes.xml", notes)
    return tmp_path / "hard.docx"


def translated(document: Document, english: Callable[[str], str]) -> bytes:
    targets = []
    for segment in document.segments:
        text = english(segment.text)
        targets.append(Target(text, place_codes(segment, text, proportional_links(segment, text, []))))
    return document.write(targets)


def same(document: Document) -> bytes:
    return document.write([Target(segment.text, segment.codes) for segment in document.segments])


def test_every_text_of_a_word_document_is_a_segment(word: Path) -> None:
    texts = [segment.text for segment in open_document(word).segments]
    assert texts == [
        "第一章 总则", "重庆市外办与川促会座谈。", "数字2026年", "见附件一的说明。", "保留新增", "第页，共九页",
        "请看链接文字。", "书签内容", "换行之前\n换行之后", "框外文字", "框内文字", "控件内容", "合并单元格",
        "内嵌表格", "内部资料", "联系电话", "脚注内容",
    ]  # fmt: skip
    with_comments = open_document(word, DocumentOptions(comments=True)).segments
    assert [segment.text for segment in with_comments][-1] == "批注内容"


def test_formats_that_look_alike_are_no_codes(word: Path) -> None:
    segments = {segment.text: segment for segment in open_document(word).segments}
    assert [segments["重庆市外办与川促会座谈。"].text[code.start : code.end]
            for code in segments["重庆市外办与川促会座谈。"].codes] == ["外办", "川促会"]  # fmt: skip
    assert segments["数字2026年"].codes == ()


def test_the_same_text_gives_the_same_document(word: Path, tmp_path: Path) -> None:
    (tmp_path / "same.docx").write_bytes(same(open_document(word)))
    before, after = docx.Document(str(word)), docx.Document(str(tmp_path / "same.docx"))
    for one, other in zip(before.element.body.iter(f"{{{W}}}p"), after.element.body.iter(f"{{{W}}}p"), strict=True):
        seen = ["".join(node.text or "" for node in each.iter(f"{{{W}}}t")) for each in (one, other)]
        assert seen[0] == seen[1]
        for name in ("fldChar", "drawing", "bookmarkStart", "bookmarkEnd", "hyperlink", "sdt", "br"):
            assert len(list(one.iter(f"{{{W}}}{name}"))) == len(list(other.iter(f"{{{W}}}{name}"))), name
    bold = [r.text for p in after.paragraphs for r in p.runs if r.bold]
    assert bold == ["外办"]


def test_untouched_parts_are_the_same_bytes(word: Path, tmp_path: Path) -> None:
    (tmp_path / "out.docx").write_bytes(translated(open_document(word), lambda text: "Some English words here"))
    with zipfile.ZipFile(word) as before, zipfile.ZipFile(tmp_path / "out.docx") as after:
        assert before.namelist() == after.namelist()
        changed = {name for name in before.namelist() if before.read(name) != after.read(name)}
        assert {name.rpartition("/")[2] for name in changed} <= {
            "document.xml", "header1.xml", "footer1.xml", "footnotes.xml", "numbering.xml"
        }  # fmt: skip
        xml = after.read("word/document.xml").decode()
    assert "删除" not in xml
    assert "<w:ins " not in xml
    assert not re.search("[\u4e00-\u9fff]", re.sub(r'w:val="[^"]*"', "", xml))
    assert "English only, not touched" in xml


def test_a_bold_word_stays_bold_and_a_field_stays_one(word: Path, tmp_path: Path) -> None:
    english = {"重庆市外办与川促会座谈。": "The FAO of Chongqing met SUCPEB.", "第页，共九页": "Page of nine"}
    data = translated(open_document(word), lambda text: english.get(text, "One two three"))
    document = docx.Document(io.BytesIO(data))
    (mixed,) = [p for p in document.paragraphs if "Chongqing" in p.text]
    assert mixed.text == "The FAO of Chongqing met SUCPEB."
    assert sum(bool(r.bold) for r in mixed.runs) == sum(bool(r.italic) for r in mixed.runs) == 1
    (page,) = [p for p in document.paragraphs if "nine" in p.text]
    assert [n.text for n in page._p.iter(f"{{{W}}}instrText")] == ["PAGE"]


def test_fonts_and_chapter_numbers_become_those_of_english(tmp_path: Path) -> None:
    document = docx.Document()
    text = run("标题", '<w:rFonts w:ascii="宋体" w:hAnsi="宋体" w:eastAsia="宋体" w:hint="eastAsia"/>')
    document.element.body.insert(0, parse_xml(paragraph(text)))
    numbering = document.part.numbering_part.element
    level = numbering.find(f".//{{{W}}}lvl")
    level.find(f"{{{W}}}lvlText").set(f"{{{W}}}val", "第%1章")
    level.find(f"{{{W}}}numFmt").set(f"{{{W}}}val", "chineseCountingThousand")
    document.save(str(tmp_path / "a.docx"))
    data = translated(open_document(tmp_path / "a.docx"), lambda text: "Title")
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        xml, numbers = parts.read("word/document.xml").decode(), parts.read("word/numbering.xml").decode()
    assert 'w:ascii="Times New Roman"' in xml
    assert "w:hint" not in xml
    assert 'w:eastAsia="宋体"' in xml
    assert 'w:val="Chapter %1"' in numbers


def test_every_text_of_a_presentation_is_a_segment(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "年度报告"
    frame = slide.placeholders[1].text_frame
    frame.text = "第一点"
    part = frame.paragraphs[0].add_run()
    part.text, part.font.bold = "加粗", True
    slide.notes_slide.notes_text_frame.text = "备注内容"
    slide.shapes.add_table(1, 1, 0, 0, 10**6, 10**6).table.cell(0, 0).text = "单元格"
    slide.shapes.add_group_shape().shapes.add_textbox(0, 0, 10**6, 10**6).text_frame.text = "组内文字"
    deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_textbox(0, 0, 10**6, 10**6).text_frame.text = "第二页"
    deck.save(str(tmp_path / "a.pptx"))
    document = open_document(tmp_path / "a.pptx")
    texts = [segment.text for segment in document.segments]
    assert texts == ["年度报告", "第一点加粗", "单元格", "组内文字", "备注内容", "第二页"]
    after = pptx.Presentation(io.BytesIO(translated(document, lambda text: f"{len(text)} words")))
    assert after.slides[0].shapes.title.text == "4 words"
    assert after.slides[0].notes_slide.notes_text_frame.text == "4 words"
    assert [r.text for r in after.slides[0].placeholders[1].text_frame.paragraphs[0].runs if r.font.bold] == ["words"]


def test_a_workbook_keeps_formulas_numbers_and_its_table(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["姓名", "职务", "职位"], ["张伟", "秘书长", 3]):
        sheet.append(row)
    sheet["D2"], sheet["E1"] = '=A2&"同志"', "说明"
    sheet["A1"].comment = Comment("请核对", "me")
    sheet.add_table(Table(displayName="T1", ref="A1:C2"))
    book.save(tmp_path / "a.xlsx")
    document = open_document(tmp_path / "a.xlsx")
    assert {segment.text for segment in document.segments} == {
        "姓名", "职务", "职位", "张伟", "秘书长", "说明", "请核对"
    }  # fmt: skip
    data = translated(document, lambda text: "Position" if text[0] == "职" else f"T{len(text)}")
    after = openpyxl.load_workbook(io.BytesIO(data)).active
    assert after is not None
    assert [cell.value for cell in after[1]] == ["T2", "Position", "Position 2", None, "T2"]
    assert after.tables["T1"].column_names == ["T2", "Position", "Position 2"]
    assert (after["C2"].value, after["D2"].value) == (3, '=A2&"同志"')
    assert after["A1"].comment.text == "T3"


def test_what_is_no_document_of_its_name_is_refused_in_one_line(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "empty.docx", "w"):
        pass
    (tmp_path / "text.docx").write_text("中文")
    (tmp_path / "old.docx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    (tmp_path / "cut.docx").write_bytes(b"PK\x03\x04 cut off")
    (tmp_path / "zip.txt").write_bytes(b"PK\x03\x04 cut off")
    for name in ("empty.docx", "text.docx", "old.docx", "cut.docx", "zip.txt", "missing.docx"):
        with pytest.raises((DataError, UserError)) as caught:
            open_document(tmp_path / name)
        assert name in str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match=r"save it as .docx"):
        open_document(tmp_path / "a.doc")


@pytest.mark.skipif(SOFFICE is None, reason="needs Debian's libreoffice-writer")
def test_libreoffice_opens_what_is_written(word: Path, tmp_path: Path) -> None:
    (tmp_path / "out.docx").write_bytes(translated(open_document(word), lambda text: "Some English words here"))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    for kind in ("pdf", "odt"):
        command = [str(SOFFICE), profile, "--headless", "--convert-to", kind, "--outdir", str(tmp_path), "out.docx"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    assert (tmp_path / "out.pdf").stat().st_size > 1000
    odt = open_document(tmp_path / "out.odt")
    assert odt.segments == []
    with zipfile.ZipFile(tmp_path / "out.odt") as parts:
        assert "Some English words here" in parts.read("content.xml").decode()


@pytest.mark.skipif(SOFFICE is None, reason="needs Debian's libreoffice-writer")
def test_an_opendocument_text_made_by_libreoffice(word: Path, tmp_path: Path) -> None:
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [str(SOFFICE), profile, "--headless", "--convert-to", "odt", "--outdir", str(tmp_path), str(word)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    document = open_document(tmp_path / "hard.odt")
    texts = [segment.text for segment in document.segments]
    for text in ("重庆市外办与川促会座谈。", "合并单元格", "内嵌表格", "内部资料", "换行之前\n换行之后"):
        assert text in texts
    (tmp_path / "out.odt").write_bytes(
        translated(document, lambda text: "Line one\nline two" if "\n" in text else "Text")
    )
    assert open_document(tmp_path / "out.odt").segments == []
    with zipfile.ZipFile(tmp_path / "out.odt") as parts:
        assert "Line one<text:line-break/>line two" in parts.read("content.xml").decode()


def test_characters_that_xml_cannot_hold_become_spaces(word: Path) -> None:
    data = translated(open_document(word), lambda text: "a\x00b\x13\ufffe c")
    assert "a b   c" in "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(data)).paragraphs)


def test_texts_that_formulas_and_lists_quote_stay(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["状态", "金额\n(元)"], ["合格", 1], ["其他", 2]):
        sheet.append(row)
    sheet["D1"], sheet["D2"] = '=COUNTIF(A2:A3,"合格")', "说明"
    rule = DataValidation(type="list", formula1='"合格,不合格"')
    sheet.add_data_validation(rule)
    rule.add("A2")
    sheet.add_table(Table(displayName="T1", ref="A1:B3"))
    book.save(tmp_path / "a.xlsx")
    document = open_document(tmp_path / "a.xlsx")
    assert {segment.text for segment in document.segments} == {"状态", "金额\n(元)", "其他", "说明"}
    assert "合格" in document.notes[0]  # type: ignore[attr-defined]
    data = translated(document, lambda text: "Amount\n(yuan)" if "金额" in text else f"T{text[0]}".replace("状", "S"))
    after = openpyxl.load_workbook(io.BytesIO(data)).active
    assert after is not None
    assert (after["A2"].value, after["B1"].value) == ("合格", "Amount\n(yuan)")
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert 'name="Amount_x000a_(yuan)"' in parts.read("xl/tables/table1.xml").decode()


def test_ranges_keep_their_order_and_fields_their_places(tmp_path: Path) -> None:
    document = docx.Document()
    mark = '<w:bookmark{} w:id="{}" {}/>'
    inner = mark.format("Start", 1, 'w:name="a"') + run("甲乙") + mark.format("Start", 2, 'w:name="b"') + run("丙丁")
    inner += mark.format("End", 1, "") + run("戊己") + mark.format("End", 2, "")
    document.element.body.insert(0, parse_xml(paragraph(inner)))
    link = (
        f'<w:hyperlink w:anchor="x">{run("第一章")}<w:r><w:tab/></w:r>{FIELD.format(code="PAGEREF x", result=run("3"))}'
    )
    begin = '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>TOC</w:instrText></w:r>'
    begin += '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    document.element.body.insert(1, parse_xml(paragraph(f"{begin}{link}</w:hyperlink>")))
    end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    document.element.body.insert(2, parse_xml(paragraph(f"{link.replace('一', '二')}</w:hyperlink>{end}")))
    document.save(str(tmp_path / "a.docx"))
    english = {"甲乙丙丁戊己": "f e d c b a", "第一章\t": "Chapter one\t", "第二章\t": "Chapter two\t"}
    after = docx.Document(io.BytesIO(translated(open_document(tmp_path / "a.docx"), english.__getitem__)))
    first, one, two = after.paragraphs[:3]
    names = [node.tag.rpartition("}")[2] for node in first._p if "bookmark" in node.tag]
    places = {(name, node.get(f"{{{W}}}id")): place for place, node in enumerate(first._p)
              for name in [node.tag.rpartition("}")[2]] if "bookmark" in name}  # fmt: skip
    assert len(names) == 4
    assert all(places["bookmarkStart", number] < places["bookmarkEnd", number] for number in "12")
    for paragraph_, word in ((one, "one"), (two, "two")):
        (anchor,) = paragraph_._p.iter(f"{{{W}}}hyperlink")
        kinds = [node.tag.rpartition("}")[2] for node in anchor.iter() if node.tag.endswith(("}t", "}tab", "}fldChar"))]
        assert kinds == ["t", "tab", "fldChar", "fldChar", "t", "fldChar"], word
    assert [node.get(f"{{{W}}}fldCharType") for node in two._p.findall(f"{{{W}}}r/{{{W}}}fldChar")] == ["end"]


def test_subscripts_stay_on_their_digits_and_ruby_is_read_as_its_characters(tmp_path: Path) -> None:
    document = docx.Document()
    inner = run("分子式为H") + run("2", '<w:vertAlign w:val="subscript"/>') + run("O。")
    document.element.body.insert(0, parse_xml(paragraph(inner)))
    base = "<w:rt><w:r><w:t>zhù</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>注</w:t></w:r></w:rubyBase>"
    ruby = f"<w:r><w:ruby>{base}</w:ruby></w:r>"
    document.element.body.insert(1, parse_xml(paragraph(ruby + run("音"))))
    document.save(str(tmp_path / "a.docx"))
    opened = open_document(tmp_path / "a.docx")
    assert [segment.text for segment in opened.segments] == ["分子式为H2O。", "注音"]
    after = docx.Document(
        io.BytesIO(translated(opened, lambda text: "The formula is H2O." if "H" in text else "Sound"))
    )
    assert [r.text for r in after.paragraphs[0].runs if r.font.subscript] == ["2"]
    assert after.paragraphs[0].text == "The formula is H2O."


def test_documents_with_macros_are_read_like_those_without(word: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(word) as given, zipfile.ZipFile(tmp_path / "a.docm", "w") as written:
        for entry in given.infolist():
            kinds = (b"wordprocessingml.document.main+xml", b"ms-word.document.macroEnabled.main+xml")
            written.writestr(entry, given.read(entry).replace(*kinds))
    assert len(open_document(tmp_path / "a.docm").segments) == len(open_document(word).segments)
