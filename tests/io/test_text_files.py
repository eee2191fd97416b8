from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mt.io.text
from mt.errors import ConfigError, DataError
from mt.io.text import decode, parse_json, read_bytes, read_json, read_lines, read_text, split_lines, stream_lines

ENDINGS = st.sampled_from(["\n", "\r\n", "\r"])
# What str.splitlines splits at and a line of text may hold.
WITHIN = "\v\f\x1c\x1d\x1e\x85\u2028\u2029"
LINE = st.text(st.one_of(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), st.sampled_from(WITHIN)))
COMPRESSORS = {"": bytes, ".xz": lzma.compress, ".gz": gzip.compress, ".bz2": bz2.compress}
SETTINGS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@given(st.lists(LINE), ENDINGS)
def test_lines_joined_by_an_ending_are_split_there_alone(lines: list[str], ending: str) -> None:
    text = "".join(line + ending for line in lines)
    assert split_lines(text) == lines


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_lines_are_those_of_python_s_files_in_text_mode(text: str) -> None:
    assert split_lines(text) == [line.removesuffix("\n") for line in io.StringIO(text, newline=None)]


@SETTINGS
@given(
    st.lists(LINE).filter(lambda lines: "\0" not in "".join(lines)),
    ENDINGS,
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    st.sampled_from(sorted(COMPRESSORS)),
)
def test_every_reader_gives_the_lines_written(
    tmp_path: Path, lines: list[str], ending: str, encoding: str, suffix: str
) -> None:
    # A file that itself begins with the mark of an encoding is another text.
    if lines and lines[0].startswith("\ufeff"):
        lines[0] = lines[0].lstrip("\ufeff")
    path = tmp_path / f"x.txt{suffix}"
    text = "".join(line + ending for line in lines)
    path.write_bytes(COMPRESSORS[suffix](text.encode(encoding)))
    assert list(stream_lines(path)) == read_lines(path) == lines
    assert read_text(path) == "".join(line + "\n" for line in lines)
    assert decode(read_bytes(path)) == text


def test_utf16_without_its_mark_is_told_by_its_zero_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    for encoding in ("utf-16-le", "utf-16-be"):
        path.write_bytes("你好。\r\nHello there.\r\n".encode(encoding))
        assert read_lines(path) == list(stream_lines(path)) == ["你好。", "Hello there."]


@pytest.mark.parametrize("before", ["", "第一行\n" * 5000], ids=["at once", "after many lines"])
def test_another_encoding_is_named_with_its_line_and_the_command_that_converts_it(tmp_path: Path, before: str) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(before.encode() + "成都市人民政府\n重庆\n".encode("gb18030"))
    line = before.count("\n") + 1
    for read in (read_text, read_lines, lambda path: list(stream_lines(path))):
        with pytest.raises(DataError) as error:
            read(path)
        assert str(error.value).startswith(f"{path}:{line}: is not UTF-8")
        assert ("iconv -f GB18030 -t UTF-8" in str(error.value)) == (not before)
    path.write_bytes(b"caf\xe9\n")
    with pytest.raises(DataError, match=r"x.txt:1: is not UTF-8 \(byte 3\); save it as UTF-8"):
        read_text(path)
    path.write_bytes(b"\xff\xfea")
    with pytest.raises(DataError, match=r"is not UTF-16-LE \(byte 2\)"):
        read_text(path)


@pytest.mark.parametrize("suffix", [".xz", ".gz", ".bz2"])
def test_damaged_compressed_files_are_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.txt{suffix}"
    whole = COMPRESSORS[suffix]("".join(f"第{n}行\n" for n in range(10000)).encode())
    for damaged in (b"plain text, not compressed", whole[: len(whole) // 2], whole[:60] + b"\0" * 60 + whole[120:]):
        path.write_bytes(damaged)
        for read in (read_text, lambda path: list(stream_lines(path))):
            with pytest.raises(DataError, match=r"is damaged or not|cannot be read"):
                read(path)


@pytest.mark.parametrize("suffix", [".xz", ".gz", ".bz2"])
def test_a_compression_bomb_is_refused(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / f"x.txt{suffix}"
    path.write_bytes(COMPRESSORS[suffix](b"a\n" * 2**20))
    assert len(read_lines(path)) == 2**20
    monkeypatch.setattr(mt.io.text, "MAX_UNPACKED", 2**16)
    for read in (read_text, lambda path: list(stream_lines(path))):
        with pytest.raises(DataError, match=r"unpacks to more than \d+ MB; unpack it yourself"):
            read(path)


def test_what_cannot_be_opened_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none: no such file; give one$"):
        read_text(tmp_path / "none", error=ConfigError, hint="give one")
    with pytest.raises(DataError, match="is a folder, not a file"):
        read_bytes(tmp_path)
    with pytest.raises(DataError, match=r"cannot be read \(File name too long\)"):
        read_text(tmp_path / ("a" * 5000))
    closed = tmp_path / "closed"
    closed.write_text("x")
    closed.chmod(0)
    if not os.access(closed, os.R_OK):
        with pytest.raises(DataError, match="Permission denied"):
            read_text(closed)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1,\n2,]", r"x.json:2: is not JSON \(.*column 3\)"),
        ("9" * 5000, "is not usable JSON"),
        ("[" * 100000, "nested too deep"),
    ],
)
def test_json_that_python_cannot_read(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(DataError, match=message):
        read_json(tmp_path / "x.json")
    with pytest.raises(DataError, match=r"^y:7: "):
        parse_json(text, path="y", line=7)
