from __future__ import annotations

from pathlib import Path

import pytest

from mt.data.documents import discover, read_documents
from mt.errors import DataError


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_a_folder_is_searched_to_the_bottom(tmp_path: Path) -> None:
    one = write(tmp_path / "b" / "one.txt", "一。\nOne.\n")
    zh = write(tmp_path / "a.zh.txt", "二。\n")
    en = write(tmp_path / "a.en.txt", "Two.\n")
    table = write(tmp_path / "t.tsv", "x\t三\tThree\ny\t四\tFour\nx\t五\tFive\n")
    for other in ("notes.md", ".hidden.txt", ".git/x.txt"):
        write(tmp_path / other, "x")
    assert discover([str(tmp_path)]) == [(zh, en), (one,), (table,)]
    documents = read_documents([str(tmp_path), str(one), str(en)])
    assert [(document.id, document.already_aligned) for document in documents] == [
        ("a", False),
        ("one", False),
        ("x", True),
        ("y", True),
    ]
    assert [pair.zh for pair in documents[2].paragraphs] == ["三", "五"]
    assert documents[0].paths == (zh, en)


def test_patterns_and_plain_sides(tmp_path: Path) -> None:
    write(tmp_path / "n.zh", "一\n")
    write(tmp_path / "n.en", "One\n")
    write(tmp_path / "d" / "m.jsonl", '{"zh": "二", "en": "Two"}\n')
    documents = read_documents([str(tmp_path / "*.zh"), str(tmp_path / "**" / "*.jsonl")])
    assert [document.id for document in documents] == ["n", "m"]


def test_equal_names_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for folder in ("2020", "2021"):
        write(tmp_path / folder / "report.txt", f"{folder}年。\nThe year {folder}.\n")
    write(tmp_path / "other.txt", "一。\nOne.\n")
    documents = read_documents([str(tmp_path)])
    assert [document.id for document in documents] == ["2020-report", "2021-report", "other"]


def test_what_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    write(tmp_path / "a.zh.txt", "一\n")
    write(tmp_path / "x.doc", "x")
    write(tmp_path / "empty" / "note.md", "x")
    write(tmp_path / "blank.txt", "\n")
    for entries, parts in (
        ([], ["data.documents", "no documents"]),
        (["none.txt"], ["none.txt", "no such file"]),
        (["none*.txt"], ["none*.txt", "matches no file"]),
        (["empty"], ["empty", "no bilingual file"]),
        (["x.doc"], ["x.doc", "unknown kind of file '.doc'", ".tmx"]),
        (["a.zh.txt"], ["a.zh.txt", "a.en.txt"]),
        (["blank.txt"], ["blank.txt", "is empty"]),
    ):
        with pytest.raises(DataError) as error:
            read_documents([str(tmp_path / entry) for entry in entries])
        for part in parts:
            assert part in str(error.value)
        assert "\n" not in str(error.value)
