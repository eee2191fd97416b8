from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from mt.errors import DataError, UserError
from mt.io.files import (
    check_directory,
    check_file,
    remove_directory,
    remove_leftovers,
    replaced_directory,
    replaced_file,
    write_json,
    write_text,
)


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".zhen-mt.json")


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


def test_what_is_in_a_new_folder_has_ordinary_permissions(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "file").touch()
    with replaced_directory(tmp_path / "model", "model") as temporary:
        (temporary / "model.safetensors").touch()
        (temporary / "model.safetensors").chmod(0o600)
        (temporary / "deep").mkdir(0o700)
    for made, ordinary in (("model", "plain"), ("model/deep", "plain"), ("model/model.safetensors", "plain/file")):
        modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in (made, ordinary)]
        assert modes[0] == modes[1], made


def test_a_directory_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "d"
    with replaced_directory(path, "thing") as temporary:
        (temporary / "one").write_text("1")
    with pytest.raises(RuntimeError), replaced_directory(path, "thing") as temporary:
        (temporary / "two").write_text("2")
        raise RuntimeError
    assert visible(path) == ["one"]
    with replaced_directory(path, "thing") as temporary:
        (temporary / "two").write_text("2")
    assert visible(path) == ["two"]
    assert [child.name for child in tmp_path.iterdir()] == ["d"]


def test_an_error_is_one_line_with_place_and_mend() -> None:
    error = DataError("has\n two lines", path="a/b.tsv", line=3, field="zh", hint="mend it")
    assert str(error) == "a/b.tsv:3 [zh]: has two lines; mend it"
    assert isinstance(error, UserError)
    assert str(UserError("x", line=2)) == "line 2: x"


def test_what_killed_writers_left_goes_and_a_folder_that_stepped_aside_comes_back(tmp_path: Path) -> None:
    """The states a SIGKILL can leave: a half file, a half folder, and between the two renames of a replacement."""
    (tmp_path / "kept.txt").write_text("kept")
    (tmp_path / ".hidden").write_text("the user's own")
    (tmp_path / ".a.txt.abcd_123.tmp").write_text("half")
    (tmp_path / ".d.0123abcd.tmp").mkdir()
    (tmp_path / ".d.0123abcd.tmp" / "half").write_text("half")
    (tmp_path / ".model.zzzzzzzz.old" / "old").mkdir(parents=True)
    (tmp_path / ".model.zzzzzzzz.old" / "old" / "weights").write_text("whole")
    assert len(remove_leftovers(tmp_path)) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hidden", "kept.txt", "model"]
    assert (tmp_path / "model" / "weights").read_text() == "whole"
    assert remove_leftovers(tmp_path / "absent") == []


def test_a_folder_is_deleted_under_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while deleting, no half of it stands under its own name."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "one").write_text("1")
    with monkeypatch.context() as patched:
        patched.setattr("mt.io.files.shutil.rmtree", lambda *_, **__: None)  # as if killed there
        remove_directory(tmp_path / "d")
    assert not (tmp_path / "d").exists()
    assert len(remove_leftovers(tmp_path)) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_one_line_about_its_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    for path, reason in (
        (tmp_path / "file" / "a.txt", r"file/a.txt: cannot be written \("),
        (tmp_path / "folder", "folder: is a folder, not a file"),
        (tmp_path / ("a" * 300), r"cannot be written \(File name too long\)"),
    ):
        with pytest.raises(UserError, match=reason):
            write_text(path, "x")
    with (
        pytest.raises(UserError, match=r"file/model: cannot be written"),
        replaced_directory(tmp_path / "file/model", "model"),
    ):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_an_error_about_another_file_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replaced_file(tmp_path / "a.txt"):
        Path("/nonexistent/other").read_text()


def test_links_are_followed_and_modes_and_hard_links_kept(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    real, link, twin = tmp_path / "inner" / "real", tmp_path / "link", tmp_path / "twin"
    real.write_text("old")
    real.chmod(0o600)
    link.symlink_to(real)
    write_text(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    twin.hardlink_to(real)
    write_text(twin, "newer")
    assert real.read_text() == "newer"
    assert real.stat().st_nlink == 2
    (tmp_path / "loose").symlink_to(tmp_path / "inner" / "to be made")
    write_text(tmp_path / "loose", "x")
    assert visible(tmp_path / "inner") == ["real", "to be made"]


def test_pipes_and_devices_are_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    check_file(pipe)
    write_text(pipe, "through")
    reader.join(10)
    assert read == ["through"]
    assert pipe.is_fifo()
    write_text("/dev/null", "x")
    assert Path("/dev/null").is_char_device()
    with pytest.raises(UserError, match=r"/dev/full: cannot be written \(No space left on device\)"):
        write_text("/dev/full", "x")
    # What was appended to is not cut.
    code = "from mt.io.files import write_text; print('one', flush=True); write_text('/dev/stdout', 'two')"
    with open(tmp_path / "log", "ab") as log:
        subprocess.run([sys.executable, "-c", code], stdout=log, check=True)
        subprocess.run([sys.executable, "-c", code], stdout=log, check=True)
    assert (tmp_path / "log").read_text() == "one\ntwoone\ntwo"


def test_a_folder_of_anything_else_is_never_replaced(tmp_path: Path) -> None:
    def refused(name: str, message: str, kind: str = "model", inputs: Sequence[Path] = ()) -> None:
        before = sorted(map(str, tmp_path.rglob("*")))
        for attempt in (check_directory, lambda *given: replaced_directory(*given).__enter__()):
            with pytest.raises(UserError, match=message):
                attempt(tmp_path / name, kind, inputs)
        assert sorted(map(str, tmp_path.rglob("*"))) == before

    (tmp_path / "docs" / "deep").mkdir(parents=True)
    (tmp_path / "docs" / "deep" / "notes.txt").write_text("precious")
    (tmp_path / "file").write_text("precious")
    (tmp_path / "way").symlink_to(tmp_path / "docs")
    refused("docs", "is a folder with deep/notes.txt, which is of no model written here; choose another folder")
    refused("way", "is a folder with deep/notes.txt")
    refused("file", "is a file, not a folder")
    (tmp_path / "empty").mkdir(0o700)
    for text in ("one", "two"):
        with replaced_directory(tmp_path / "empty", "model") as temporary:
            (temporary / text).write_text(text)
    assert visible(tmp_path / "empty") == ["two"]
    assert stat.S_IMODE((tmp_path / "empty").stat().st_mode) == 0o700
    refused("empty", "is of no prepared data written here", kind="prepared data")
    refused("empty", "holds .*two, which is to be read", inputs=[tmp_path / "empty" / "two"])
    (tmp_path / "alias").symlink_to(tmp_path / "empty")
    refused("empty", "holds .*alias, which is to be read", inputs=[tmp_path / "alias"])
    (tmp_path / "empty" / "notes.txt").write_text("added by the user")
    refused("empty", "is a folder with notes.txt")
    (tmp_path / "empty" / "notes.txt").unlink()
    with replaced_directory(tmp_path / "alias", "model") as temporary:
        (temporary / "three").touch()
    assert (tmp_path / "alias").is_symlink()
    assert visible(tmp_path / "empty") == ["three"]


def test_the_files_of_a_living_writer_stay_and_a_killed_one_s_go_with_the_next_write(tmp_path: Path) -> None:
    (tmp_path / ".a.txt.0123abcd.tmp").write_text("half")
    (tmp_path / ".model.0123abcd.old" / "old").mkdir(parents=True)
    with replaced_file(tmp_path / "a.txt") as mine:
        mine.write_text("mine")
        assert remove_leftovers(tmp_path, "a.txt") == []
        write_text(tmp_path / "a.txt", "another's")
        assert mine.exists()
    assert (tmp_path / "a.txt").read_text() == "mine"
    check_directory(tmp_path / "model", "model")
    assert visible(tmp_path) == ["a.txt", "model"]
