"""XLIFF and its dialects: empty targets are filled, all else stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from mt.documents.formats import open_document
from mt.documents.placement import place_codes, proportional_links
from mt.documents.segment import Document, Target
from mt.errors import DataError

XLIFF12 = """<?xml version="1.0" encoding="UTF-8"?>
<!-- kept -->
<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
<file original="a.txt" source-language="zh-CN" target-language="en" datatype="plaintext"><body>
<trans-unit id="1"><source>重庆市<g id="1">外办</g>与<x id="2"/>川促会</source></trans-unit>
<trans-unit id="2" approved="yes"><source>已批准</source><target>Approved</target></trans-unit>
<trans-unit id="3" translate="no"><source>不翻译</source></trans-unit>
<trans-unit id="4"><source>有译文</source><target>Has one</target></trans-unit>
<trans-unit id="5"><source>照抄</source><target>照抄</target><note>n</note></trans-unit>
<trans-unit id="6"><source>第一句。第二句。</source><seg-source><mrk mtype="seg" mid="1">第一句。</mrk><mrk
mtype="seg" mid="2">第二句。</mrk></seg-source>
<target><mrk mtype="seg" mid="1">First.</mrk><mrk mtype="seg" mid="2"/></target></trans-unit>
<trans-unit id="7"><source><bpt id="1">&lt;b&gt;</bpt>粗体<ept id="1">&lt;/b&gt;</ept>文字</source></trans-unit>
<trans-unit id="8"><source>plain</source></trans-unit>
</body></file></xliff>
"""
XLIFF2 = """<xliff version="2.0" srcLang="zh" trgLang="en" xmlns="urn:oasis:names:tc:xliff:document:2.0"><file id="f">
<unit id="1"><segment id="a"><source>点击<pc id="1">这里</pc>继续<ph id="2"/></source></segment>
<ignorable><source> </source></ignorable><segment id="b" state="final"><source>完成</source>
<target>Done</target></segment></unit>
<unit id="2" translate="no"><segment><source>不翻译</source></segment></unit></file></xliff>
"""
SDL = """<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2" xmlns:sdl="http://sdl.com/FileTypes/SdlXliff/1.0">
<file original="a" source-language="zh-CN" target-language="en-US" datatype="x"><body><trans-unit id="u">
<source>一。二。三。</source><seg-source><mrk mtype="seg" mid="1">一号。</mrk><mrk
mtype="seg" mid="2">二号。</mrk><mrk mtype="seg" mid="3">三号。</mrk></seg-source>
<target><mrk mtype="seg" mid="1"/><mrk mtype="seg" mid="2"/><mrk mtype="seg" mid="3">Three.</mrk></target>
<sdl:seg-defs><sdl:seg id="1"/><sdl:seg id="2" locked="true"/><sdl:seg id="3" conf="Translated"/></sdl:seg-defs>
</trans-unit></body></file></xliff>
"""
MEMOQ = """<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2" xmlns:mq="MQXliff">
<file original="a" source-language="zh-cn" target-language="en-us" datatype="x"><body>
<trans-unit id="1" mq:status="NotStarted"><source>文字</source><target/></trans-unit>
<trans-unit id="2" mq:status="NotStarted" mq:locked="locked"><source>锁定</source><target/></trans-unit>
</body></file></xliff>
"""


def opened(tmp_path: Path, text: str, name: str = "a.xlf") -> Document:
    (tmp_path / name).write_text(text, "utf-8")
    return open_document(tmp_path / name)


def written(document: Document, english: list[str]) -> etree._Element:
    targets = [
        Target(text, place_codes(segment, text, proportional_links(segment, text, [])))
        for segment, text in zip(document.segments, english, strict=True)
    ]
    return etree.fromstring(document.write(targets))


def test_only_what_lacks_a_translation_is_a_segment(tmp_path: Path) -> None:
    document = opened(tmp_path, XLIFF12)
    assert [segment.text for segment in document.segments] == [
        "重庆市外办与川促会", "照抄", "第二句。", "粗体文字"
    ]  # fmt: skip


def test_targets_hold_every_code_of_their_source_once(tmp_path: Path) -> None:
    document = opened(tmp_path, XLIFF12)
    root = written(document, ["Chongqing FAO and SUCPEB", "Copied", "Second.", "Bold text"])
    units = {unit.get("id"): unit for unit in root.iter("{*}trans-unit")}
    for name in ("1", "7"):
        source, target = (units[name].find(f"{{*}}{side}") for side in ("source", "target"))
        assert source is not None
        assert target is not None
        assert sorted(str(n.tag) for n in source.iterdescendants()) == sorted(
            str(n.tag) for n in target.iterdescendants()
        )
        assert target.get("state") == "needs-review-translation"
    assert "".join(units["1"].find("{*}target").itertext()) == "Chongqing FAO and SUCPEB"  # type: ignore[union-attr]
    assert "".join(units["7"].find("{*}target").itertext()) == "<b>Bold</b> text"  # type: ignore[union-attr]
    assert [m.text for m in units["6"].find("{*}target")] == ["First.", "Second."]  # type: ignore[union-attr]
    assert [child.tag.rpartition("}")[2] for child in units["5"]] == ["source", "target", "note"]
    for name, text in (("2", "Approved"), ("4", "Has one")):
        assert units[name].findtext("{*}target") == text
    assert units["3"].find("{*}target") is units["8"].find("{*}target") is None


def test_comments_and_declarations_stay(tmp_path: Path) -> None:
    document = opened(tmp_path, XLIFF12)
    data = document.write([Target("x", tuple(code for code in segment.codes)) for segment in document.segments])
    assert b"<!-- kept -->" in data


def test_version_2(tmp_path: Path) -> None:
    document = opened(tmp_path, XLIFF2)
    assert [segment.text for segment in document.segments] == ["点击这里继续"]
    root = written(document, ["Click here to continue"])
    target = root.find(".//{*}segment[@id='a']/{*}target")
    assert target is not None
    assert [child.tag.rpartition("}")[2] for child in target] == ["pc", "ph"]
    assert root.find(".//{*}segment[@id='a']").get("state") == "translated"  # type: ignore[union-attr]
    assert root.find(".//{*}segment[@id='b']").get("state") == "final"  # type: ignore[union-attr]


def test_trados_and_memoq_keep_what_is_locked_and_say_that_a_machine_translated(tmp_path: Path) -> None:
    document = opened(tmp_path, SDL, "a.sdlxliff")
    assert [segment.text for segment in document.segments] == ["一号。"]
    root = written(document, ["One."])
    assert [mark.text for mark in root.find(".//{*}target")] == ["One.", None, "Three."]  # type: ignore[union-attr]
    segment = next(root.iter("{http://sdl.com/FileTypes/SdlXliff/1.0}seg"))
    assert (segment.get("conf"), segment.get("origin")) == ("Draft", "mt")
    document = opened(tmp_path, MEMOQ, "a.mqxliff")
    root = written(document, ["Text"])
    assert [unit.get("{MQXliff}status") for unit in root.iter("{*}trans-unit")] == ["MachineTranslated", "NotStarted"]


@pytest.mark.parametrize("change", [('source-language="zh-CN"', 'source-language="de"'), ("<xliff ", "<other ")])
def test_other_languages_and_formats_are_refused(tmp_path: Path, change: tuple[str, str]) -> None:
    text = XLIFF12.replace(*change).replace("</xliff>", "</other>" if "other" in change[1] else "</xliff>")
    with pytest.raises(DataError, match=r"a\.xlf"):
        opened(tmp_path, text)


def test_codes_around_segments_are_kept_and_a_translation_of_the_whole_unit_stays(tmp_path: Path) -> None:
    head, tail = XLIFF12.split('<trans-unit id="1">')[0], "</body></file></xliff>"
    marks = '<g id="1"><mrk mtype="seg" mid="1">你好。</mrk> <x id="2"/><mrk mtype="seg" mid="2">谢谢。</mrk></g>'
    unit = f'<source>你好。 <x id="2"/>谢谢。</source><seg-source>{marks}</seg-source>'
    text = f'{head}<trans-unit id="1">{unit}</trans-unit>'
    text += f'<trans-unit id="2">{unit}<target>Hi. Thanks.</target></trans-unit>'
    text += '<trans-unit id="3"><source>照抄</source><target state="final">照抄</target></trans-unit>' + tail
    document = opened(tmp_path, text)
    assert [segment.text for segment in document.segments] == ["你好。", "谢谢。"]
    root = written(document, ["Hello.", "Thank you."])
    first, second = root.findall(".//{*}trans-unit")[:2]
    assert [node.tag.rpartition("}")[2] for node in first.find("{*}target").iterdescendants()] == [
        "g",
        "mrk",
        "x",
        "mrk",
    ]
    assert "".join(first.find("{*}target").itertext()) == "Hello. Thank you."
    assert second.findtext("{*}target") == "Hi. Thanks."
