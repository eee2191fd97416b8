"""Tables of other tools, as the handed cases have them."""

from __future__ import annotations

from pathlib import Path

import pytest
from parsed_terms import pairs

from mt.errors import GlossaryError
from mt.glossary import Glossary
from mt.glossary.formats.registry import parse

DATABASE = ("数据库", ("database",))
POOL = ("连接池", ("connection pool",))


@pytest.mark.parametrize(
    ("case", "format", "text", "expected"),
    [
        (45, "csv", '"数据库","data\nbase"\n', [("数据库", ("data base",))]),
        (46, "csv", "路径,C:\\new\\table\n", [("路径", ("C:\\new\\table",))]),
        (
            50,
            "csv",
            "Entry_ID;Entry_Subject;Entry_Note;Chinese_PRC;Term_Info;English_United_States;Term_Info\n"
            "1;IT;;数据库;CaseNo;database;CaseNo\n2;IT;;连接池;CaseNo;connection pool;CaseNo\n",
            [DATABASE, POOL],
        ),
        (51, "csv", "序号,中文术语,英文术语\n1,数据库,database\n2,连接池,connection pool\n", [DATABASE, POOL]),
        (51, "csv", "A,B,C\n1,数据库,database\n2,连接池,connection pool\n", [DATABASE, POOL]),
        (54, "csv", "sep=;\r\nsource;target\r\n数据库;database\r\n", [DATABASE]),
        (54, "csv", "有限公司;Co., Ltd.\n数据库;database\n", [("有限公司", ("Co., Ltd.",)), DATABASE]),
        (55, "tsv", '有限公司\t"Co., Ltd."\r\n', [("有限公司", ("Co., Ltd.",))]),
        (57, "tsv", "# Glossary in tab-separated format -*- coding: utf-8 -*-\n数据库\tdatabase\t\n", [DATABASE]),
    ],
)
def test_tables_of_others(case: int, format: str, text: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    parsed = parse(text.encode(), format)
    assert parsed.errors == []
    # The header of three letters says nothing: it may be read as an entry that never matches.
    assert [pair for pair in pairs(parsed.terms) if pair[0] != "B"] == expected


def test_faulty_rows_are_named_and_the_rest_is_used(tmp_path: Path) -> None:
    (error,) = parse("source,target,tgt_lng\n毒影,shadow, poison,en\n".encode(), "csv").errors  # case 52
    assert "2: has 4 columns, the header has 3" in str(error)
    path = tmp_path / "g.txt"
    path.write_bytes("数据库\tdatabase\n待定\t\n".encode("utf-16"))  # case 59
    assert pairs(list(Glossary.load(path))) == [DATABASE]
    with pytest.raises(GlossaryError, match="'待定' has an empty target"):
        Glossary.load(path, strict=True)


def test_a_concept_with_forbidden_english_only_is_left_out() -> None:  # case 61
    concept = (
        '<termEntry><langSet xml:lang="zh"><tig><term>{}</term></tig></langSet>'
        '<langSet xml:lang="en"><tig>{}</tig></langSet></termEntry>'
    )
    note = '<termNote type="administrativeStatus">deprecatedTerm-admn-sts</termNote>'
    body = concept.format("数据库", "<term>database</term>") + concept.format("黑名单", f"<term>blacklist</term>{note}")
    parsed = parse(f"<martif><text><body>{body}</body></text></martif>".encode(), "tbx")
    assert (pairs(parsed.terms), parsed.errors) == ([DATABASE], [])
    assert "blacklist" in parsed.notes[0]


def test_a_table_without_chinese_is_refused() -> None:
    with pytest.raises(GlossaryError, match="no column of Chinese"):
        parse(b"Haus\thouse\nBaum\ttree\n", "tsv")


@pytest.mark.parametrize("name", ["a\\ud800", "a\\u0000"])
def test_characters_that_no_file_can_hold_are_refused(name: str) -> None:
    (error,) = parse(f'[{{"source": "川", "target": "{name}"}}]'.encode(), "json").errors
    assert error.kind == "control-character"


@pytest.mark.parametrize("format", ["tsv", "csv", "deepl", "amazon"])
def test_no_cell_that_is_written_begins_a_formula(format: str) -> None:
    from mt.glossary.formats.registry import WRITERS

    terms = list(Glossary.from_dict({"=川": "=HYPERLINK(1)", "加": "+1", "减": "-1", "在": "@x"}))
    text = WRITERS[format](terms)
    cells = text.replace("\t", ",").replace("\n", ",").split(",")
    assert not any(cell.startswith(tuple("=+-@")) for cell in cells)
    assert pairs(parse(text.encode(), format).terms) == pairs(terms)
