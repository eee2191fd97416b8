from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mt.data.formats import read_jsonl, read_sides, read_table, read_text, read_two_blocks
from mt.data.pairs import Pair, ReadLog
from mt.data.xml_formats import read_tmx, read_xliff
from mt.errors import DataError
from mt.text.han import language_of

SEED = Path(__file__).parents[2] / "seeds" / "raw" / "000_719ee97b54b7de9c.txt"


def read(reader: Callable[..., Iterator[Pair]], *paths: Path, log: ReadLog | None = None) -> list[Pair]:
    log = log or ReadLog()
    return list(log.checked(reader(*paths, log), paths[0]))


def texts(pairs: list[Pair]) -> list[tuple[str, str]]:
    return [(pair.zh, pair.en) for pair in pairs]


def one_line(error: pytest.ExceptionInfo[DataError], *parts: str) -> None:
    message = str(error.value)
    assert "\n" not in message
    for part in parts:
        assert part in message, message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "x.txt"
    file.write_bytes("你好。\r\nHello there.\r\n".encode(encoding))
    assert read_text(file) == "你好。\nHello there.\n"


def test_other_encodings_and_empty_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.txt"
    file.write_bytes("第一\n第二".encode("gb18030"))
    with pytest.raises(DataError) as error:
        read_text(file)
    one_line(error, f"{file}:1", "UTF-8", "iconv -f GB18030")
    for content in (b"", b"\xef\xbb\xbf", b" \n", "\u3000\n".encode()):
        file.write_bytes(content)
        with pytest.raises(DataError, match="is empty"):
            read_text(file)
    with pytest.raises(DataError, match="no such file"):
        read_text(tmp_path / "none.txt")
    with pytest.raises(DataError, match="is a folder"):
        read_text(tmp_path)


def test_language_is_told_by_script() -> None:
    assert language_of("二級(jí)巡視員,GDP") == "zh"
    assert language_of("The term 走出去 means going global.") == "en"
    assert language_of("2021 —— ***") is None


def test_seed_has_three_paragraphs_on_each_side() -> None:
    pairs = read(read_two_blocks, SEED)
    assert len(pairs) == 3
    assert [pair.line for pair in pairs] == [1, 2, 3]
    assert all(language_of(pair.zh) == "zh" and language_of(pair.en) == "en" for pair in pairs)
    assert pairs[1].zh.startswith("魯進(jìn)聽(tīng)取")
    assert pairs[1].en.startswith("Mr. Lu Jin, upon")


def test_unequal_paragraph_counts_are_aligned_or_refused(tmp_path: Path) -> None:
    file, log = tmp_path / "x.txt", ReadLog()
    file.write_text("第一段。\n第二段。\nFirst.\n", "utf-8")
    assert texts(read(read_two_blocks, file, log=log)) == [("第一段。第二段。", "First.")]
    assert log.notes == [f"{file}: 2 Chinese but 1 English paragraphs, aligned across paragraphs"]
    file.write_text("第一段。\n" + 20 * "An English paragraph that nobody translated.\n", "utf-8")
    with pytest.raises(DataError) as error:
        read(read_two_blocks, file)
    one_line(error, str(file), "1 Chinese but 20 English", "join or split")
    file.write_text("第一段。\n", "utf-8")
    with pytest.raises(DataError) as error:
        read(read_two_blocks, file)
    one_line(error, "1 Chinese and 0 English", "add the English text")
    zh, en = tmp_path / "y.zh", tmp_path / "y.en"
    zh.write_text("一\n\n二\n", "utf-8")
    en.write_text("One\n" * 2000, "utf-8")
    with pytest.raises(DataError) as error:
        read(read_sides, zh, en)
    one_line(error, str(zh), str(en), "2 Chinese", "2000 English")


def test_sides(tmp_path: Path) -> None:
    (tmp_path / "y.zh").write_text("一。\n\n二。\u2028仍是二。\n", "utf-8")
    (tmp_path / "y.en").write_text("\ufeffOne.\nTwo.\n", "utf-8")
    assert texts(read(read_sides, tmp_path / "y.zh", tmp_path / "y.en")) == [
        ("一。", "One."),
        ("二。\u2028仍是二。", "Two."),
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("一\tOne\n\n二\tTwo\n", [("一", "One", None), ("二", "Two", None)]),
        ("doc\t一\tOne\n", [("一", "One", "doc")]),
        ("一\tOne\tdoc\n", [("一", "One", "doc")]),
        ("zh\ten\n一\tOne\n", [("一", "One", None)]),
        ("en\tid\tDocument\tZH\nOne\t1\td\t一\n", [("一", "One", "d")]),
        ('一\t"One\n二\t\n', [("一", '"One', None), ("二", "", None)]),
    ],
)
def test_tsv(tmp_path: Path, content: str, expected: list[tuple[str, str, str | None]]) -> None:
    file = tmp_path / "x.tsv"
    file.write_text(content, "utf-8")
    assert [(pair.zh, pair.en, pair.document) for pair in read(read_table, file)] == expected


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("zh\ten\n", ["no rows"]),
        ("一 One\n", [":1", "1 column and no header"]),
        ("一\tOne\tUn\tUno\n", [":1", "4 columns and no header"]),
        ("a\tb\n", ["no column holds Chinese"]),
        ("zh\ten\n一\n", [":2", "no pair", "1 column, not 2"]),
    ],
)
def test_bad_tables(tmp_path: Path, content: str, parts: list[str]) -> None:
    file = tmp_path / "x.tsv"
    file.write_text(content, "utf-8")
    with pytest.raises(DataError) as error:
        read(read_table, file)
    one_line(error, str(file), *parts)


def test_jsonl(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    entries = [{"zh": "一", "en": "One"}, {"translation": {"zh": "二", "en": "Two"}, "document": 7}]
    file.write_text("\n\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries), "utf-8")
    assert read(read_jsonl, file) == [Pair("一", "One", 1), Pair("二", "Two", 3, "7")]


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("{", ["is not JSON"]),
        ("[1]", ["is not {"]),
        ('{"zh": "一"}', ["is not {"]),
        ('{"zh": "一", "en": 1}', ['"en": text']),
        ('{"translation": "x"}', ['"zh": text']),
        ('{"zh": "一", "en": "a", "document": []}', ['"document": name']),
        ('{"zh": "\\ud800", "en": "a"}', ["surrogate"]),
        ("9" * 5000, ["is not usable JSON"]),
        ("[" * 100000, [":1"]),
    ],
)
def test_bad_jsonl_lines(tmp_path: Path, line: str, parts: list[str]) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text(f'{line}\n{{"zh": "一", "en": "One"}}\n', "utf-8")
    log = ReadLog()
    assert read(read_jsonl, file, log=log) == [Pair("一", "One", 2)]
    (place,) = log.places()
    assert (place["reason"], place["place"]) == ("bad_row", f"{file}:1")
    file.write_text(line, "utf-8")
    with pytest.raises(DataError) as error:
        read(read_jsonl, file)
    one_line(error, f"{file}:1", "no pair", *parts)


TMX = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4"><header srclang="zh-CN"/><body>
<tu><tuv xml:lang="zh-CN"><seg>川促会<bpt i="1">&lt;b&gt;</bpt><hi>成功</hi><ept i="1">&lt;/b&gt;</ept>经验</seg></tuv>
<tuv xml:lang="fr"><seg>non</seg></tuv><!-- no -->
<tuv xml:lang="EN_us"><seg> The SUCPEB &amp; success </seg></tuv></tu>
</body></tmx>"""


def test_tmx(tmp_path: Path) -> None:
    file = tmp_path / "x.tmx"
    file.write_text(TMX, "utf-8")
    assert read(read_tmx, file) == [Pair("川促会成功经验", "The SUCPEB & success", 4)]
    file.write_bytes(TMX.replace("UTF-8", "UTF-16").encode("utf-16"))
    assert texts(read(read_tmx, file)) == [("川促会成功经验", "The SUCPEB & success")]
    file.write_text(TMX.replace("xml:lang", "lang"), "utf-8")
    assert len(read(read_tmx, file)) == 1


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("<tmx><body>", ["not well-formed XML"]),
        ("<html/>", ["is not TMX", "<html>"]),
        ("<tmx><body/></tmx>", ["has no <tu>"]),
        ('<tmx>\n<tu><tuv xml:lang="zh"><seg>一</seg></tuv></tu></tmx>', [":2", "English (en)"]),
        ("not xml", ["not well-formed XML"]),
    ],
)
def test_bad_tmx(tmp_path: Path, content: str, parts: list[str]) -> None:
    file = tmp_path / "x.tmx"
    file.write_text(content, "utf-8")
    with pytest.raises(DataError) as error:
        read(read_tmx, file)
    one_line(error, str(file), *parts)


def test_entities_are_never_expanded_nor_files_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET", "utf-8")
    body = '<tmx><tu><tuv xml:lang="zh"><seg>一&e;</seg></tuv><tuv xml:lang="en"><seg>a</seg></tuv></tu></tmx>'
    bomb = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    for entity in (f'<!ENTITY e SYSTEM "{secret.as_uri()}">', f'<!ENTITY l0 "ha">{bomb}<!ENTITY e "&l11;">'):
        file = tmp_path / "x.tmx"
        file.write_text(f"<!DOCTYPE tmx [{entity}]>{body}", "utf-8")
        with pytest.raises(DataError) as error:
            read(read_tmx, file)
        one_line(error, str(file), " entit")
        assert "SECRET" not in str(error.value)


XLIFF_1 = """<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
<file original="a.txt" source-language="zh-CN" target-language="en"><body>
<trans-unit id="1"><source>向<g id="1">琼花</g><x id="2"/></source><target>Xiang <mrk mtype="x">Qionghua</mrk></target>
<alt-trans><source>不</source><target>no</target></alt-trans></trans-unit></body></file>
<file original="b.txt" source-language="en-US" target-language="zh"><body>
<group><trans-unit id="1"><source>Two</source><target>二</target></trans-unit></group></body></file></xliff>"""

XLIFF_2 = """<xliff version="2.0" srcLang="zh-Hans" trgLang="en-GB" xmlns="urn:oasis:names:tc:xliff:document:2.0">
<file id="f1"><unit><segment><source>一<pc id="1">处</pc>。</source><target>One <ph id="2"/>place.</target></segment>
<ignorable><source> </source></ignorable>
<segment><source>二。</source><target>Two.</target></segment></unit></file></xliff>"""


def test_xliff(tmp_path: Path) -> None:
    file = tmp_path / "x.xlf"
    file.write_text(XLIFF_1, "utf-8")
    assert read(read_xliff, file) == [Pair("向琼花", "Xiang Qionghua", 3, "a.txt"), Pair("二", "Two", 6, "b.txt")]
    file.write_text(XLIFF_2, "utf-8")
    assert read(read_xliff, file) == [Pair("一处。", "One place.", 2), Pair("二。", "Two.", 4)]


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (XLIFF_2.replace("en-GB", "fr"), ["no pair of Chinese and English", 'target "fr"']),
        ("<xliff version='2.0' srcLang='zh'>\n<segment><source>二</source></segment></xliff>", ["has no <segment>"]),
        ("<xliff/>", ["has no <trans-unit>"]),
        ("<tmx/>", ["is not XLIFF"]),
    ],
)
def test_bad_xliff(tmp_path: Path, content: str, parts: list[str]) -> None:
    file = tmp_path / "x.xlf"
    file.write_text(content, "utf-8")
    with pytest.raises(DataError) as error:
        read(read_xliff, file)
    one_line(error, str(file), *parts)


FRAGMENTS = st.lists(
    st.one_of(
        st.binary(max_size=8),
        st.sampled_from(
            [
                *(
                    text.encode()
                    for text in ("中文", "en", "\t", "\n", "{", '"zh":', "}", "<seg>", "</tu>", "<tmx>", "&e;")
                ),
                *(b"\0", b"\xef\xbb\xbf", b"\xff\xfe", "中文".encode("utf-16"), TMX.encode(), TMX.encode()[:150]),
                *(XLIFF_1.encode(), XLIFF_2.encode()),
            ]
        ),
    ),
    max_size=8,
).map(b"".join)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=FRAGMENTS)
def test_any_bytes_give_pairs_or_one_line(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "any"
    file.write_bytes(data)
    for reader in (read_two_blocks, read_table, read_jsonl, read_tmx, read_xliff):
        failure = ""
        try:
            assert read(reader, file)
        except DataError as error:
            failure = str(error)
        assert not failure or failure.startswith(str(file))
        assert "\n" not in failure
