from __future__ import annotations

import stat
from pathlib import Path

import pytest

from mt.errors import DataError, UserError
from mt.files import replaced_directory, replaced_file, write_json, write_text


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old\n")
    with pytest.raises(RuntimeError), replaced_file(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old\n"
    assert [child.name for child in tmp_path.iterdir()] == ["a.txt"]


def test_new_files_have_ordinary_permissions(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("x")
    write_json(tmp_path / "deep" / "a.json", {"名": 1})
    assert stat.S_IMODE((tmp_path / "deep" / "a.json").stat().st_mode) == stat.S_IMODE(
        (tmp_path / "plain").stat().st_mode
    )
    assert (tmp_path / "deep" / "a.json").read_text("utf-8") == '{\n  "名": 1\n}\n'


def test_a_directory_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "d"
    with replaced_directory(path) as temporary:
        (temporary / "one").write_text("1")
    with pytest.raises(RuntimeError), replaced_directory(path) as temporary:
        (temporary / "two").write_text("2")
        raise RuntimeError
    assert [child.name for child in path.iterdir()] == ["one"]
    with replaced_directory(path) as temporary:
        (temporary / "two").write_text("2")
    assert [child.name for child in path.iterdir()] == ["two"]
    assert [child.name for child in tmp_path.iterdir()] == ["d"]


def test_an_error_is_one_line_with_place_and_mend() -> None:
    error = DataError("has\n two lines", path="a/b.tsv", line=3, field="zh", mend="mend it")
    assert str(error) == "a/b.tsv:3 [zh]: has two lines; mend it"
    assert isinstance(error, UserError)
    assert str(UserError("x", line=2)) == "line 2: x"
