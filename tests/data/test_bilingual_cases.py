"""Bilingual files as other people's tools write them, through ``prepare``: what is read, what is said of the rest."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prepared_data import prepare

from mt.config import Config, DataConfig
from mt.data.documents import read_documents
from mt.data.pairs import ReadLog
from mt.errors import DataError
from mt.io.tables import split_rows

HELLO = ("你好", "Hello")
Pairs = list[tuple[str, str]]


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def prepared(
    folder: Path, files: dict[str, str | bytes], *entries: str
) -> tuple[list[tuple[str, str]], Any, list[str]]:
    """The pairs that files give, the manifest, and what was said."""
    for name, content in files.items():
        write(folder / name, content)
    said: list[str] = []
    documents = [str(folder / name) for name in entries or files]
    data = DataConfig(documents=documents, validation_share=0, test_share=0, max_drop_share=0.9)
    made = prepare(Config(data=data), folder / "out", said.append)
    pairs = [(row["translation"]["zh"], row["translation"]["en"]) for row in made.dataset["train"].to_list()]
    return pairs, made.manifest, [line.replace(f"{folder}/", "") for line in said]


def xliff(*units: str, target: str = ' target-language="en-US"', header: str = "") -> str:
    return (
        '<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2" xmlns:mq="MQXliff" '
        'xmlns:sdl="http://sdl.com/FileTypes/SdlXliff/1.0">\n'
        f'<file original="a" source-language="zh-CN"{target}>{header}<body>\n'
        + "\n".join(units)
        + "</body></file></xliff>"
    )


def unit(zh: str, en: str, target: str = "", attributes: str = "") -> str:
    return f"<trans-unit id='1'{attributes}><source>{zh}</source><target{target}>{en}</target></trans-unit>"


def xliff_2(*segments: str, data: str = "") -> str:
    return (
        '<xliff version="2.1" srcLang="zh-Hans" trgLang="en-GB" xmlns="urn:oasis:names:tc:xliff:document:2.0">'
        f'<file id="f"><unit id="1">{data}\n' + "\n".join(segments) + "</unit></file></xliff>"
    )


def segment(zh: str, en: str, attributes: str = "") -> str:
    return f"<segment{attributes}><source>{zh}</source><target>{en}</target></segment>"


def tmx(*units: dict[str, str]) -> str:
    return '<tmx version="1.4"><header srclang="*all*"/><body>\n' + "\n".join(
        "<tu>" + "".join(f'<tuv xml:lang="{code}"><seg>{text}</seg></tuv>' for code, text in one.items()) + "</tu>"
        for one in units
    ) + "</body></tmx>"  # fmt: skip


# States


@pytest.mark.parametrize(
    "content",
    [
        xliff(unit(*HELLO), unit("尚未翻译。", "尚未翻译。", ' state="needs-translation"')),
        xliff(unit(*HELLO, ' state="translated"'), unit("尚未翻译。", "Not yet.", ' state="new"')),
        xliff(unit(*HELLO, ' state="final"'), "<trans-unit><source>尚未翻译。</source></trans-unit>"),
        xliff(unit(*HELLO), unit("尚未翻译。", "")),
        xliff(unit(*HELLO), unit("", "No source.")),
        xliff_2(segment(*HELLO, ' state="final"'), segment("二。", "Two.", ' state="initial"')),
        xliff_2(segment(*HELLO), "<segment><source>二。</source></segment>"),
        *(
            xliff(
                unit(*HELLO, "", ' mq:status="ManuallyConfirmed"'), unit("二。", "Two.", "", f' mq:status="{status}"')
            )
            for status in ("NotStarted", "MachineTranslated", "PartiallyEdited", "Rejected", "Pretranslated")
        ),
    ],
)
def test_a_segment_without_translation_is_left_out_and_counted(tmp_path: Path, content: str) -> None:
    pairs, manifest, said = prepared(tmp_path, {"a.xlf": content})
    assert pairs == [HELLO]
    assert manifest["drops"] == {"no_translation": 1}
    (dropped,) = manifest["dropped"]
    assert dropped["place"].startswith(f"{tmp_path}/a.xlf:")
    assert said[0].startswith("a.xlf: 1 left out (no_translation 1; first in line ")


def test_what_a_memory_had_word_for_word_is_a_translation(tmp_path: Path) -> None:
    match = ' mq:status="Pretranslated" mq:percent="101"'
    assert prepared(tmp_path, {"a.mqxliff": xliff(unit(*HELLO, "", match))})[0] == [HELLO]


def test_nothing_translated_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a.xlf:3: has no pair of Chinese and English \(its state is new\)"):
        prepared(tmp_path, {"a.xlf": xliff(unit("一。", "一。", ' state="new"'))})


TRADOS = (
    "<trans-unit id='u'><source>甲句。乙句。丙句。</source><seg-source>"
    "<g id='3'><mrk mtype='seg' mid='1'>甲句。</mrk></g>"
    "<mrk mtype='seg' mid='2'>乙句。</mrk>\n<mrk mtype='seg' mid='3'>丙句。</mrk></seg-source>"
    "<target><g id='3'><mrk mtype='seg' mid='1'>Alpha.</mrk></g> <mrk mtype='seg' mid='2'>Beta.</mrk> "
    "<mrk mtype='seg' mid='3'>Gam<mrk mtype='x-sdl-deleted'>bl</mrk>ma.</mrk></target>{}</trans-unit>"
)


def test_marked_segments_and_their_states_in_trados(tmp_path: Path) -> None:
    three = [("甲句。", "Alpha."), ("乙句。", "Beta."), ("丙句。", "Gamma.")]
    assert prepared(tmp_path / "1", {"a.xlf": xliff(TRADOS.format(""))})[0] == three
    states = '<sdl:seg id="1" conf="ApprovedSignOff" locked="true"/><sdl:seg id="2"/><sdl:seg id="3" conf="Draft"/>'
    content = xliff(TRADOS.format(f"<sdl:seg-defs>{states}</sdl:seg-defs>"))
    pairs, manifest, _ = prepared(tmp_path / "2", {"a.sdlxliff": content})
    assert pairs == three[:1]
    assert [(entry["detail"], entry["place"].rpartition(":")[2]) for entry in manifest["dropped"]] == [
        ("its state is Unspecified", "3"),
        ("its state is Draft", "4"),
    ]


@pytest.mark.parametrize("target", ["", ' target-language=""', ' target-language="eng"', ' target-language="en_US"'])
def test_a_target_language_that_is_not_given_is_the_other(tmp_path: Path, target: str) -> None:
    assert prepared(tmp_path, {"a.xlf": xliff(unit(*HELLO), target=target)})[0] == [HELLO]


def test_languages_that_are_not_given_at_all_are_seen(tmp_path: Path) -> None:
    bare = xliff(unit(*reversed(HELLO)), target="").replace(' source-language="zh-CN"', "")
    assert prepared(tmp_path, {"a.xlf": bare})[0] == [HELLO]


# Inline codes


BREAK_TAG = '<tag id="7"><ph>&lt;br/&gt;</ph></tag>'
SDL_TAGS = f'<header><tag-defs xmlns="http://sdl.com/FileTypes/SdlXliff/1.0">{BREAK_TAG}</tag-defs></header>'


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('<x id="1" ctype="lb"/>', "First Second"),
        ('<x id="1" ctype="x-html-br"/>', "First Second"),
        ('<x id="LINE_BREAK" ctype="lb" equiv-text="&lt;br/&gt;"/>', "First Second"),
        ('<x id="7"/>', "First Second"),
        ('<x id="1"/>', "First Second"),
        ('<ph id="1">&lt;br/&gt;</ph>', "First Second"),
        ('<ph id="1">&amp;nbsp;</ph>', "First Second"),
        ('<ph id="1">\\line </ph>', "First Second"),
        ('<bpt id="1">&lt;p&gt;</bpt>', "First Second"),
        ('<g id="1" ctype="x-li"> </g>', "First Second"),
        (' <x id="1" equiv-text="{{name}}"/> ', "First {{name}} Second"),
        (' <ph id="1">%s</ph> ', "First %s Second"),
        (' <ph id="1">&lt;mq:rxt displaytext="{0}" val="{0}" /&gt;</ph> ', "First {0} Second"),
        ('<ph id="1">&lt;img alt="<sub>a map</sub>"/&gt;</ph>', "First a map Second"),
        ('<ph id="1">&lt;b&gt;</ph>', "FirstSecond"),
        ('<bpt id="1">&lt;i&gt;</bpt>', "FirstSecond"),
        ('<x id="1" ctype="x-span" equiv-text="&lt;span&gt;"/>', "FirstSecond"),
        ('<g id="1">-</g>', "First-Second"),
        ('.<x id="1"/>', "First. Second"),
        ('<x id="1"/>, ', "First, Second"),
    ],
)
def test_inline_codes_stand_for_a_space_for_text_or_for_nothing(tmp_path: Path, code: str, expected: str) -> None:
    files: dict[str, str | bytes] = {
        "a.xlf": xliff(unit(f"第一{code}第二", f"First{code}Second"), header=SDL_TAGS),
        "b.tmx": tmx({"zh": "第二", "en": f"First{code}Second"}),
    }
    pairs, _, _ = prepared(tmp_path, files, *list(files)[: 1 + ('id="7"' not in code)])
    assert {en for _, en in pairs} == {expected}


def test_codes_of_xliff_2_by_reference(tmp_path: Path) -> None:
    data = '<originalData><data id="d1">&lt;br/&gt;</data><data id="d2">{0}</data></originalData>'
    codes = [
        '<ph id="1" dataRef="d1"/>',
        '<ph id="1" equiv="LINE_BREAK" type="fmt" disp="&lt;br/&gt;"/>',
        '<ph id="1" type="fmt" subType="xlf:lb"/>',
        ' <ph id="1" dataRef="d2"/> ',
        ' <ph id="1" equiv="INTERPOLATION" disp="{{n}}"/> ',
        '<pc id="1">-</pc>',
    ]
    content = xliff_2(*(segment(f"第{n}", f"First{code}Second") for n, code in enumerate(codes)), data=data)
    assert [en for _, en in prepared(tmp_path, {"a.xlf": content})[0]] == [
        *["First Second"] * 3,
        "First {0} Second",
        "First {{n}} Second",
        "First-Second",
    ]


# Translation memories of several languages


def test_units_without_chinese_or_english_are_left_out_and_counted(tmp_path: Path) -> None:
    content = tmx(
        {"zh-CN": "数据库已启动。", "en-US": "The database has started."},
        {"en-US": "Hello", "de-DE": "Hallo"},
        {"zh_TW": "資料", "fr": "non", "eng": "Data"},
        {"zho": "二", "EN": "Two"},
        {"zh-Hans-CN": "三"},
        {"zh": "四", "en": ""},
    )
    pairs, manifest, said = prepared(tmp_path, {"a.tmx": content.encode("utf-16")})
    assert pairs == [("数据库已启动。", "The database has started."), ("资料", "Data"), ("二", "Two")]
    assert manifest["drops"] == {"no_translation": 1, "other_languages": 2}
    assert said[0] == (
        "a.tmx: 3 left out (other_languages 2, no_translation 1; first in line 3: no variant in Chinese (zh))"
    )


# Wrong languages


@pytest.mark.parametrize(
    ("zh", "en", "reason"),
    [
        ("谢谢大家", "謝謝大家", "wrong_language_en"),
        ("Good morning", "Good morning!", "wrong_language_zh"),
        ("ありがとう、東京へ行く", "Thank you, I go to Tokyo", "wrong_language_zh"),
        ("尚未翻译, 请稍候.", "尚未翻译，请稍候。", "identical_sides"),
        ("無法開啟檔案。", "無法開啟檔案。", "identical_sides"),
        ("启动数据库", "Start 数据库 now", "wrong_language_en"),
        ("他说前进。", 'He said, "我们必须继续努力向前，走中国特色社会主义道路"', "wrong_language_en"),
        ("全文", "“全部文字”", "wrong_language_en"),
        ("大家好", "Привет всем", "wrong_language_en"),
        ("“走出去”的意思", 'What "走出去" means', None),
        ("川促会的成立", "SUCPEB (川促会)", None),
        ("百分之三", "3%", None),
        ("API 和 SDK", "API and SDK", None),
    ],
)
def test_a_side_in_the_wrong_language_is_dropped(tmp_path: Path, zh: str, en: str, reason: str | None) -> None:
    pairs, manifest, said = prepared(tmp_path, {"a.tsv": f"你好\tHello\n{zh}\t{en}\n再见\tGoodbye\n"})
    assert len(pairs) == (2 if reason else 3)
    assert manifest["drops"] == ({reason: 1} if reason else {})
    if reason:
        assert manifest["dropped"][0]["place"] == f"{tmp_path}/a.tsv:2"
        assert said[0] == f"a: 3 paragraphs, 2 segments, dropped {reason} 1; first a-p1-s0, {tmp_path}/a.tsv:2".replace(
            f"{tmp_path}/", ""
        )


# Tables

QUOTED = '"他说：""你好"""\t"He said, ""Hello"""\n再见\tGoodbye\n'
TWO = [HELLO, ("再见", "Goodbye")]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (QUOTED, [("他说：“你好”", 'He said, "Hello"'), TWO[1]]),
        ('"你\n好"\t"Hello\nthere"\n再见\tGoodbye\n', [("你好", "Hello there"), TWO[1]]),
        ('"你好"\t"Hello"\n"再见"\t"Goodbye"\n', TWO),
        ('你好\t"Hello, you"\n再见\tGoodbye\n', [("你好", "Hello, you"), TWO[1]]),
        ('他说\t"Hello"\n你好，再见\tHello, bye\n', [("他说", '"Hello"'), ("你好，再见", "Hello, bye")]),
        ('他说：“一。\t"One.\n二。”\tTwo."\n', [("他说：“一。", '"One.'), ("二。”", 'Two."')]),
        ("Hello\t你好\nGoodbye\t再见\n", TWO),
        ("source\ttarget\nHello\t你好\nGoodbye\t再见\n", TWO),
        ("原文\t译文\n你好\tHello\n再见\tGoodbye\n", TWO),
        ("ID\tEnglish (US)\tChinese (Simplified)\tNote\n1\tHello\t你好\t\n2\tGoodbye\t再见\tbye\n", TWO),
        ("Our list\n\nzh-CN\ten-US\n你好\tHello\nzh-CN\ten-US\n再见\tGoodbye\n", TWO),
        ("序号\t内容\tContent\n1\t你好\tHello\n2\t再见\tGoodbye\n", TWO),
        ("1.\tHello\t你好\tok\n2.\tGoodbye\t再见\t\n", TWO),
        ("你好\tHello\t\n再见\tGoodbye\n", TWO),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_tables_as_others_write_them(
    tmp_path: Path, content: str, expected: list[tuple[str, str]], encoding: str
) -> None:
    pairs, manifest, _ = prepared(tmp_path, {"a.tsv": content.replace("\n", "\r\n").encode(encoding)})
    assert pairs == expected
    assert [document["id"] for document in manifest["documents"]] == ["a"]


@pytest.mark.parametrize(
    "content",
    [
        'zh,en\n你好,"Hello, ""you"""\n再见,Goodbye\n',
        '你好;Hello, "you"\n再见;Goodbye\n',
        'sep=;\n"你好";"Hello, ""you"""\n再见;Goodbye\n',
        'en\tzh\nHello, "you"\t你好\nGoodbye\t再见\n',
    ],
)
def test_csv(tmp_path: Path, content: str) -> None:
    assert prepared(tmp_path, {"a.csv": content})[0] == [("你好", 'Hello, "you"'), TWO[1]]


def test_unicode_text_of_excel_is_a_table(tmp_path: Path) -> None:
    assert prepared(tmp_path, {"a.txt": QUOTED.encode("utf-16")})[0][1] == TWO[1]


def test_numbers_in_a_column_are_no_documents_unless_they_group_rows(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.tsv": "1\t你好\tHello\n2\t谢谢\tThanks\n",
        "b.tsv": "1\t再见\tGoodbye\n2\t请坐\tSit down\n",
        "c.tsv": "1\t一\tOne\n2\t二\tTwo\n3\t三\tThree\n1\t四\tFour\n2\t五\tFive\n3\t六\tSix\n",
        "d.tsv": "1\t甲\tA\n1\t乙\tB\n2\t丙\tC\n",
        "g.tsv": "0\t子\tG\n1\t丑\tH\n0\t寅\tI\n1\t卯\tJ\n",
        "e.tsv": "丁\tD\t1\n戊\tE\t1\n己\tF\t2\n",
    }
    pairs, manifest, _ = prepared(tmp_path, files)
    assert len(pairs) == 20
    assert [document["id"] for document in manifest["documents"]] == ["a", "b", "c", "1", "2", "0", "g-1", "e-1", "e-2"]


def test_a_document_that_is_there_twice_counts_once(tmp_path: Path) -> None:
    row = "x\t你好\tHello\n"
    pairs, manifest, said = prepared(tmp_path, {"a.tsv": row, "b.tsv": row, "c.txt": "你好\nHello\n"})
    assert pairs == [HELLO]
    assert manifest["drops"] == {"duplicate_document": 2}
    assert said[0] == "b.tsv: 1 left out (duplicate_document 1; first in line 1: document 'x' is also in a.tsv)"


# Folders and paragraphs


def test_files_of_a_folder_that_are_not_read_are_named(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "f/a.txt": "你好\nHello\n",
        "f/README.txt": "This folder holds documents.\n",
        "f/minutes.doc": "x",
        "f/sub/old.pdf": "x",
        "f/table.csv": "year,value\n2026,1\n",
        "f/one.zh.txt": "一\n",
        "f/gbk.txt": "你好\nHello\n".encode("gbk"),
        "f/bad.tmx": "<tmx>",
        "f/.hidden.doc": "x",
    }
    pairs, manifest, said = prepared(tmp_path, files, "f")
    assert pairs == [HELLO]
    assert said[0].startswith("7 files not read: minutes.doc, ")
    for part in (
        "README.txt (0 Chinese and 1 English paragraphs",
        "old.pdf",
        "table.csv (no column",
        "iconv -f GB18030",
    ):
        assert part in said[0]
    assert {Path(entry["file"]).name for entry in manifest["not_read"]} == {
        Path(name).name for name in files if name not in ("f/a.txt", "f/.hidden.doc")
    }
    with pytest.raises(DataError, match="0 Chinese and 1 English"):
        prepared(tmp_path / "g", {"README.txt": "This folder holds nothing.\n"}, "README.txt")
    with pytest.raises(DataError, match=r"README.txt: 0 Chinese and 1 English"):
        prepared(tmp_path / "h", {"f/README.txt": "This folder holds nothing.\n", "f/b.doc": "x"}, "f")


def test_other_commands_log_what_is_not_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path / "a.txt", "你好\nHello\n")
    write(tmp_path / "b.doc", "x")
    read_documents([str(tmp_path)])
    assert [record.getMessage() for record in caplog.records] == ["1 file not read: b.doc"]


def test_unequal_numbers_of_paragraphs_are_aligned_across_them(tmp_path: Path) -> None:
    zh = "2026年6月3日，川促会一行赴重庆考察。\n双方就“走出去”工作深入交流。\n会后，考察组参观了规划馆。\n"
    en = (
        "On June 3, 2026, a delegation of SUCPEB paid a visit to Chongqing. The two sides exchanged views in depth on "
        '"going global".\nAfter the meeting, the delegation visited the planning hall.\n'
    )
    pairs, _, said = prepared(tmp_path / "1", {"a.txt": "***\n" + zh + en})
    assert [(source[:2], target[:2]) for source, target in pairs] == [("20", "On"), ("双方", "Th"), ("会后", "Af")]
    assert said[0] == "a.txt: 3 Chinese but 2 English paragraphs, aligned across paragraphs"
    assert said[1] == "a.txt: 1 left out (no_letters 1; first in line 1: no_letters)"
    assert len(prepared(tmp_path / "2", {"a.zh": zh, "a.en": en}, "a.zh")[0]) == 3


# Properties

CHINESE = st.text("中文句子，。“”:;\"'=- \t", min_size=1, max_size=12).map(lambda text: f"汉{text}字")
ENGLISH = st.text("abc ,;.\"'\t", min_size=1, max_size=12).map(lambda text: f"A{text}z")
BROKEN = st.lists(ENGLISH.map(lambda text: text.replace("\t", " ")), min_size=1, max_size=3).map("\n".join)


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(st.tuples(CHINESE, ENGLISH | BROKEN), min_size=1, max_size=6),
    delimiter=st.sampled_from("\t,;"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    english_first=st.booleans(),
)
def test_a_table_of_csv_writer_comes_back(
    rows: list[tuple[str, str]], delimiter: str, quoting: Any, english_first: bool
) -> None:
    expected = [list(reversed(row)) if english_first else list(row) for row in rows]
    out = io.StringIO(newline="")
    csv.writer(out, "excel-tab", delimiter=delimiter, quoting=quoting).writerows(expected)
    text = out.getvalue().replace("\r\n", "\n")
    assert [cells for _, cells in split_rows(text, delimiter)] == expected


GOOD, BAD = range(3), range(6)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.lists(st.sampled_from([("good", n) for n in GOOD] + [("bad", n) for n in BAD]), min_size=1))
@pytest.mark.parametrize("kind", ["a.tsv", "a.jsonl", "a.tmx", "a.xlf"])
def test_bad_units_leave_the_good_ones(tmp_path: Path, kind: str, order: list[tuple[str, int]]) -> None:
    good = [("你好", "Hello"), ("再见", "Goodbye"), ("谢谢", "Thanks")]
    makers: dict[str, tuple[Any, list[str]]] = {
        "a.tsv": ("{}\t{}".format, ["坏", "x\ty\tz\tx", "坏\t坏\t坏", "\t\tx", '坏"', "x"]),
        "a.jsonl": (
            '{{"zh": "{}", "en": "{}"}}'.format,
            ["{", "[]", "1", '{"zh": "坏"}', '{"zh": 1, "en": "x"}', '{"zh": "坏", "en": "\\ud800"}'],
        ),
        "a.tmx": (
            lambda zh, en: f'<tu><tuv xml:lang="zh"><seg>{zh}</seg></tuv><tuv xml:lang="en"><seg>{en}</seg></tuv></tu>',
            [
                *("<tu/>", '<tu><tuv xml:lang="zh"/></tu>', '<tu><tuv xml:lang="zh"><seg>坏</seg></tuv></tu>'),
                '<tu><tuv xml:lang="zh"><seg>坏</seg></tuv><tuv xml:lang="en"><seg/></tuv></tu>',
                *('<tu><tuv xml:lang="de"><seg>x</seg></tuv></tu>', "<tu><tuv><seg>坏</seg></tuv></tu>"),
            ],
        ),
        "a.xlf": (
            unit,
            [
                *("<trans-unit/>", "<trans-unit><source>坏</source></trans-unit>", unit("坏", "")),
                *(unit("", "x"), unit("坏", "坏", ' state="new"'), "<trans-unit><target>x</target></trans-unit>"),
            ],
        ),
    }
    make, bad = makers[kind]
    first = make("开始", "Beginning")
    lines = [first, *(make(*good[n]) if which == "good" else bad[n] for which, n in order)]
    body = "\n".join(lines)
    wrap = {"a.tmx": "<tmx><body>{}</body></tmx>", "a.xlf": xliff("{}")}.get(kind, "{}")
    log = ReadLog()
    write(tmp_path / kind, wrap.replace("{}", body))
    (document,) = read_documents([str(tmp_path / kind)], log)
    expected = [("开始", "Beginning"), *(good[n] for which, n in order if which == "good")]
    assert [(pair.zh, pair.en) for pair in document.paragraphs] == expected
    assert len(log.places()) == len(order) + 1 - len(expected)
