"""Bilingual Word documents and Excel workbooks."""

from __future__ import annotations

from pathlib import Path

import docx
import openpyxl
import pytest

from mt.data.documents import read_documents
from mt.data.pairs import ReadLog
from mt.errors import DataError

ROWS = [
    ("中文", "English"),
    ("代表团访问成都。", "The delegation visited Chengdu."),
    ("双方进行座谈。", "They held talks."),
]


def pairs(path: Path, log: ReadLog | None = None) -> list[tuple[str, str]]:
    (document,) = read_documents([str(path)], log)
    return [(pair.zh, pair.en) for pair in document.paragraphs]


def test_a_table_in_a_word_document(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("对照表")
    table = document.add_table(0, 3)
    for number, row in enumerate(ROWS):
        cells = table.add_row().cells
        for cell, text in zip(cells, (str(number) if number else "No.", *row), strict=True):
            cell.text = text
    cells[1].paragraphs[0].add_run("继续。").bold = True
    document.save(str(tmp_path / "a.docx"))
    assert pairs(tmp_path / "a.docx") == [ROWS[1], ("双方进行座谈。继续。", ROWS[2][1])]


def test_two_blocks_of_a_word_document_and_two_documents_side_by_side(tmp_path: Path) -> None:
    both, zh, en = docx.Document(), docx.Document(), docx.Document()
    for side, document in ((0, zh), (1, en)):
        for row in ROWS[1:]:
            document.add_paragraph(row[side])
            both.add_paragraph(row[side])
    both.save(str(tmp_path / "both.docx"))
    assert pairs(tmp_path / "both.docx") == ROWS[1:]
    zh.save(str(tmp_path / "x.zh.docx"))
    en.save(str(tmp_path / "x.en.docx"))
    assert pairs(tmp_path / "x.zh.docx") == ROWS[1:]


def test_a_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.append(["说明", None])
    sheet = book.create_sheet("terms")
    for row in (("document", None, *ROWS[0]), ("a", None, *ROWS[1]), ("a", None, *ROWS[2]), ("a", 3.5, None, None)):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    log = ReadLog()
    assert pairs(tmp_path / "a.xlsx", log) == ROWS[1:]


def test_one_without_pairs_is_named(tmp_path: Path) -> None:
    docx.Document().save(str(tmp_path / "empty.docx"))
    openpyxl.Workbook().save(tmp_path / "empty.xlsx")
    (tmp_path / "bad.docx").write_bytes(b"PK\x03\x04")
    for name in ("empty.docx", "empty.xlsx", "bad.docx"):
        with pytest.raises(DataError, match=name):
            read_documents([str(tmp_path / name)])
