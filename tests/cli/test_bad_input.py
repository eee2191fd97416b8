"""Bad input through the real command: one line that names what and where, status 2, nothing written."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mt.cli import main

ROOT = Path(__file__).resolve().parent.parent.parent

ZH = "鲁进率队赴成都。\n"
EN = "Lu Jin came to Chengdu.\n"


def zhen_mt(*arguments: object, folder: Path, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command in this process, which has imported its libraries already."""
    with contextlib.chdir(folder):
        result = CliRunner().invoke(main, [*map(str, arguments)], text, catch_exceptions=False, prog_name="zhen-mt")
    return subprocess.CompletedProcess(arguments, result.exit_code, result.stdout, result.stderr)


def zhen_mt_process(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, whose every byte of output counts."""
    command = [sys.executable, "-m", "mt.cli", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, input="", capture_output=True, text=True, check=False)


def config(folder: Path, text: str) -> Path:
    path = folder / "c.yaml"
    path.write_text(text, "utf-8")
    return path


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """A folder with two good documents, prepared."""
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.txt").write_text(f"{ZH}{name}城{ZH}\n{EN}City {name}: {EN}", "utf-8")
    config(tmp_path, "run: {dir: run}\ndata: {documents: ['?.txt'], folds: documents}\nmodel: {base: nowhere}\n")
    result = zhen_mt("prepare", "c.yaml", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    return tmp_path


def refused(result: subprocess.CompletedProcess[str], *expected: str) -> None:
    assert result.returncode == 2, (result.stdout, result.stderr)
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("zhen-mt: error: ")
    assert "Traceback" not in result.stderr
    for part in expected:
        assert part in lines[0], lines[0]


def test_a_missing_file(tmp_path: Path) -> None:
    config(tmp_path, "run: {dir: run}\ndata: {documents: [seeds/missing.txt]}\n")
    refused(zhen_mt("prepare", "c.yaml", folder=tmp_path), "seeds/missing.txt")
    refused(zhen_mt_process("train", "none.yaml", folder=tmp_path), "none.yaml", "no such file")
    refused(zhen_mt("translate", "-i", "none.txt", folder=tmp_path), "none.txt", "no such file")
    refused(zhen_mt("translate", "成都", "-m", "nowhere/model", folder=tmp_path), "nowhere/model")
    refused(zhen_mt("translate", "成都", "-g", "none.tsv", "-m", "x", folder=tmp_path), "none.tsv", "no such file")
    assert not (tmp_path / "run").exists()


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text(" \n\n", "utf-8")
    config(tmp_path, "run: {dir: run}\ndata: {documents: [empty.txt]}\n")
    refused(zhen_mt("prepare", "c.yaml", folder=tmp_path), "empty.txt")
    refused(zhen_mt("translate", "-i", "empty.txt", folder=tmp_path), "empty.txt", "is empty")
    refused(zhen_mt("translate", folder=tmp_path, text=""), "standard input", "is empty")
    (tmp_path / "empty.tsv").write_text("", "utf-8")
    refused(zhen_mt("translate", "成都", "-g", "empty.tsv", "-m", "x", folder=tmp_path), "empty.tsv")
    assert not (tmp_path / "run").exists()


def test_a_misspelt_key(tmp_path: Path) -> None:
    config(tmp_path, "training: {learning_rte: 1e-4}\n")
    for command in ("prepare", "train", "evaluate", "run"):
        refused(
            zhen_mt(command, "c.yaml", folder=tmp_path), "c.yaml", "training.learning_rte", "'training.learning_rate'?"
        )


def test_a_document_in_one_language(tmp_path: Path) -> None:
    (tmp_path / "d.txt").write_text(f"{ZH}双方一致同意。\n川促会参加。\n", "utf-8")
    config(tmp_path, "run: {dir: run}\ndata: {documents: [d.txt]}\n")
    refused(zhen_mt("prepare", "c.yaml", folder=tmp_path), "d.txt", "3 Chinese and 0 English")
    assert not (tmp_path / "run").exists()


def test_a_glossary_line_with_one_column(tmp_path: Path) -> None:
    (tmp_path / "g.tsv").write_text("source\ttarget\n成都\tChengdu\n川促会\n", "utf-8")
    refused(zhen_mt("glossary", "convert", "g.tsv", "g.json", "--strict", folder=tmp_path), "g.tsv:3: has 1 column")
    skipped = zhen_mt_process("translate", "成都", "-g", "g.tsv", folder=tmp_path)
    assert skipped.returncode == 0, skipped.stderr
    assert skipped.stderr.startswith("entry skipped: g.tsv:3: has 1 column")


def test_text_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "gbk.txt").write_bytes("成都".encode("gbk"))
    refused(zhen_mt("translate", "-i", "gbk.txt", folder=tmp_path), "gbk.txt", "is not UTF-8", "iconv")
    refused(zhen_mt("translate", "成都", "-i", "gbk.txt", folder=tmp_path), "both TEXT and --input")
    refused(zhen_mt("translate", "成都" * 2000, "-m", "nowhere/model", folder=tmp_path), "nowhere/model")


def test_a_file_given_as_the_text(tmp_path: Path) -> None:
    (tmp_path / "gbk.txt").write_text("成都", "utf-8")
    refused(zhen_mt("translate", "gbk.txt", folder=tmp_path), "gbk.txt", "is a file", "--input gbk.txt")
    for mistyped in ("gbx.txt", "seeds/next.zh.txt", "my files/a.docx"):
        refused(zhen_mt("translate", mistyped, folder=tmp_path), mistyped, "looks like a file", "--input")
    for text in ("3.5", "成都.txt", "Dr. Smith", "See a.b and/or c"):
        result = zhen_mt("translate", text, "-m", "./none", folder=tmp_path)
        refused(result, "none: no such folder")


def test_output_files_are_checked_before_anything_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("成都", "utf-8")
    (tmp_path / "g.tsv").write_text("source\ttarget\n成都\tChengdu\n", "utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.txt").symlink_to(tmp_path / "in.txt")
    command = ("translate", "-m", "./none", "-g", "g.tsv", "-i", "in.txt")
    for arguments, *expected in (
        (("-o", "in.txt"), "in.txt: is given as --input and as --output"),
        (("-o", "folder/../in.txt"), "is given as --input and as --output"),
        (("-o", "link.txt"), "link.txt: is given as --input and as --output"),
        (("-o", "g.tsv"), "g.tsv: is given as --glossary and as --output"),
        (("-o", "a.txt", "--report", "a.txt"), "a.txt: is given as --output and as --report"),
        (("-o", "folder"), "folder: is a folder, not a file", "give a file as --output"),
        (("--report", "folder"), "folder: is a folder, not a file", "give a file as --report"),
        (("-o", "missing/a.txt"), "missing/a.txt: its folder does not exist", "make it first"),
        (("-o", "/proc/a.txt"), "/proc/a.txt: "),
        (("-o", "a.txt", "--report", "r.jsonl"), "none: no such folder"),
    ):
        refused(zhen_mt(*command, *arguments, folder=tmp_path), *expected)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "g.tsv", "in.txt", "link.txt"]
    assert (tmp_path / "in.txt").read_text("utf-8") == "成都"


def test_a_base_that_is_no_model_leaves_the_run_as_it_was(prepared: Path) -> None:
    before = sorted(path.name for path in (prepared / "run").rglob("*"))
    refused(zhen_mt_process("train", "c.yaml", f"model.base={prepared / 'run'}", folder=prepared), "holds no model")
    after = sorted(path.name for path in (prepared / "run").rglob("*") if path.name != "config.yaml")
    assert after == sorted(name for name in before if name != "config.yaml")


def test_training_before_preparing_and_evaluating_before_training(tmp_path: Path, prepared: Path) -> None:
    refused(zhen_mt("evaluate", "c.yaml", folder=prepared), "there is no trained model", "zhen-mt train")
    refused(zhen_mt("train", "c.yaml", "run.dir=other", folder=prepared), "other")


def test_wrong_usage(tmp_path: Path) -> None:
    refused(zhen_mt("trnslate", folder=tmp_path), "No such command 'trnslate'", "see zhen-mt --help")
    refused(zhen_mt("--fast", "translate", "成都", folder=tmp_path), "No such option '--fast'", "see zhen-mt --help")
    wrong = zhen_mt("translate", "--glosary", "x", folder=tmp_path)
    refused(wrong, "No such option '--glosary'", "'--glossary'", "see zhen-mt translate --help")
    refused(zhen_mt("translate", "成都", "--num-beams", "0", folder=tmp_path), "--num-beams", "not in the range")
    refused(zhen_mt("export", folder=tmp_path), "Missing argument 'MODEL'", "see zhen-mt export --help")
    refused(zhen_mt("glossary", "lint", folder=tmp_path), "Missing argument", "see zhen-mt glossary lint --help")


def test_a_pattern_of_protected_spans_that_is_none(tmp_path: Path) -> None:
    refused(zhen_mt("translate", "你好。", "--protect", "(", folder=tmp_path), "protect", "regular expression")
