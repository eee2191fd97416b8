"""Outputs through the real command: nothing the user has is deleted, and lines come out as they went in."""

from __future__ import annotations

import gzip
import json
import os
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_bad_input import ROOT, refused, zhen_mt, zhen_mt_process

STARTER = ROOT / "models" / "starter"


def test_export_replaces_nothing_but_its_own_output(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "notes.txt").write_text("precious\n")
    (tmp_path / "thesis.txt").write_text("precious\n")
    run = tmp_path / "run"
    run.mkdir()
    (run / "model").symlink_to(tiny_model)
    for model, output, message in (
        (tiny_model, "docs", "docs: is a folder with notes.txt, which is of no model written here"),
        (tiny_model, "thesis.txt", "thesis.txt: is a file, not a folder"),
        ("run/model", "run", "run: is a folder with model"),
        (tiny_model, tiny_model, "which is to be read"),
        (tiny_model, tiny_model.parent, "which is to be read"),
        (tiny_model, "thesis.txt/sub", "thesis.txt/sub: cannot be written (Not a directory)"),
    ):
        refused(zhen_mt("export", model, "-o", output, folder=tmp_path), message)
    assert (tmp_path / "docs" / "notes.txt").read_text() == (tmp_path / "thesis.txt").read_text() == "precious\n"
    assert (tiny_model / "config.json").is_file()
    for _ in range(2):
        done = zhen_mt("export", tiny_model, "-o", "out", folder=tmp_path)
        assert (done.returncode, done.stdout) == (0, "model: out\n"), done.stderr
    (tmp_path / "out" / "notes.txt").write_text("added")
    refused(zhen_mt("export", tiny_model, "-o", "out", folder=tmp_path), "out: is a folder with notes.txt")


def test_a_file_stays_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old\n")
    (tmp_path / "real.txt").chmod(0o600)
    (tmp_path / "link.txt").symlink_to("real.txt")
    (tmp_path / "pipe").unlink(missing_ok=True)
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", "pipe"], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as reader:
        done = zhen_mt("translate", "你好。", "-o", "link.txt", "--report", "pipe", folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert reader.communicate()[0] == ""
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "Hello.\n"
    assert stat.S_IMODE((tmp_path / "real.txt").stat().st_mode) == 0o600
    assert (tmp_path / "pipe").is_fifo()


def test_what_cannot_be_written_is_on_standard_output(tmp_path: Path) -> None:
    failed = zhen_mt("translate", "你好。", "-o", "/dev/full", folder=tmp_path)
    refused(failed, "/dev/full: cannot be written (No space left on device); it is on standard output instead")
    assert failed.stdout == "Hello.\n"
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "mt.cli", "translate", "你好。"]
        full_too = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (full_too.returncode, full_too.stderr) == (2, "zhen-mt: error: No space left on device\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好。\n\n", "Hello.\n\n"),
        ("你好。\r谢谢。\r再见。\r", "Hello.\nThank you.\nBye-bye.\n"),
        ("你好。\r\n\r\n谢谢。\r\n\r\n\r\n", "Hello.\n\nThank you.\n\n\n"),
        ("\n\n你好。", "\n\nHello."),
    ],
)
def test_as_many_lines_come_out_as_went_in(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "in.txt").write_bytes(text.encode())
    assert zhen_mt("translate", "-i", "in.txt", "-o", "out.txt", folder=tmp_path).returncode == 0
    assert (tmp_path / "out.txt").read_bytes() == expected.encode()


def test_what_was_translated_is_evaluated_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("你好。\n\n", "utf-8")
    (tmp_path / "r").write_text("Hello.\n\n")
    assert zhen_mt("translate", "-i", "in.txt", "-o", "h", folder=tmp_path).returncode == 0
    command = ("evaluate", "-s", "in.txt", "-r", "r", "--system", "a=h", "-o", "out")
    done = zhen_mt(*command, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "out/scores.json").read_text())["test_set"]["segments"] == 2
    assert zhen_mt(*command, folder=tmp_path).returncode == 0, "an earlier report is replaced"


def test_a_report_replaces_neither_inputs_nor_the_user_s_files(tmp_path: Path) -> None:
    for name in ("s", "r", "h", "scores.json"):
        (tmp_path / name).write_text("你好。\n", "utf-8")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "report.html").write_text("precious")
    command = ("evaluate", "-s", "s", "-r", "r", "--system", "a=h")
    refused(zhen_mt(*command, "-o", ".", folder=tmp_path), "scores.json: exists and is of no report written here")
    refused(zhen_mt(*command, "-o", "mine", folder=tmp_path), "mine/report.html: exists and is of no report")
    refused(zhen_mt(*command, "-o", "s", folder=tmp_path), "s: is a file, not a folder")
    assert zhen_mt(*command, "-o", "out", folder=tmp_path).returncode == 0
    command = ("evaluate", "-s", "s", "-r", "r", "--system", "a=out/report.html", "-o", "out")
    refused(zhen_mt(*command, folder=tmp_path), "out/report.html: is to be read and would be replaced")
    assert (tmp_path / "mine" / "report.html").read_text() == "precious"


def test_the_folders_of_a_run_are_not_the_user_s(tmp_path: Path) -> None:
    for name in ("model", "report", "data"):
        (tmp_path / "run" / name).mkdir(parents=True)
        (tmp_path / "run" / name / "notes.txt").write_text("precious")
    (tmp_path / "d.tsv").write_text("你好。\tHello.\n再见。\tGoodbye.\n", "utf-8")
    (tmp_path / "c.yaml").write_text("run: {dir: run}\ndata: {documents: [d.tsv], folds: paragraphs}\n")
    refused(zhen_mt("prepare", "c.yaml", folder=tmp_path), "run/data: ")
    (tmp_path / "run" / "data" / "notes.txt").unlink()
    assert zhen_mt("prepare", "c.yaml", folder=tmp_path).returncode == 0
    for options in ((), ("--overwrite",)):
        refused(zhen_mt("train", "c.yaml", *options, folder=tmp_path), "run/model: is a folder with notes.txt")
    (tmp_path / "run" / "model" / "notes.txt").unlink()
    refused(zhen_mt("train", "c.yaml", "--overwrite", folder=tmp_path), "run/report: is a folder with notes.txt")
    (tmp_path / "run" / "report" / "notes.txt").unlink()
    (tmp_path / "run" / "config.yaml").write_text("run: {dir: run}  # the user's own\n")
    refused(zhen_mt("train", "c.yaml", folder=tmp_path), "run/config.yaml: would be replaced by the resolved config")


def test_a_glossary_is_not_written_over_its_source(tmp_path: Path) -> None:
    (tmp_path / "g.tsv").write_text("source\ttarget\n成都\tChengdu\n", "utf-8")
    (tmp_path / "twin.tsv").hardlink_to(tmp_path / "g.tsv")
    (tmp_path / "d.tsv").write_text("成都。\tChengdu.\n", "utf-8")
    for target in ("g.tsv", "./g.tsv", "twin.tsv"):
        refused(zhen_mt("glossary", "convert", "g.tsv", target, folder=tmp_path), "is given as SOURCE and as TARGET")
    refused(zhen_mt("glossary", "extract", "d.tsv", "-o", "d.tsv", folder=tmp_path), "as DOCUMENTS and as --output")
    refused(zhen_mt("glossary", "convert", "g.tsv", "no/g.json", folder=tmp_path), "its folder does not exist")


def test_names_and_arguments_of_any_bytes(tmp_path: Path) -> None:
    """Neither a traceback nor a command to the terminal."""
    name = b"x\x1b]0;evil\x07\xff.txt".decode(errors="surrogateescape")
    refused(zhen_mt_process("translate", "-i", name, folder=tmp_path), r"x\x1b]0;evil\x07\udcff.txt: no such file")
    (tmp_path / name).write_text("你好。", "utf-8")
    done = zhen_mt("translate", "-i", name, "-o", name + "2", folder=tmp_path)
    assert (done.returncode, (tmp_path / (name + "2")).read_text()) == (0, "Hello."), done.stderr
    gbk = "你好".encode("gbk").decode(errors="surrogateescape")
    refused(zhen_mt_process("translate", gbk, folder=tmp_path), "the text is not UTF-8; give a file of it as --input")
    refused(zhen_mt("translate", "你好", "-m", "", folder=tmp_path), "the name of the model is empty")
    refused(zhen_mt("translate", "你好", "--device", "mps", folder=tmp_path), "there is no device 'mps'")
    for option, value in (("--seed", "-1"), ("--samples", "100000000"), ("--samples", "0")):
        refused(zhen_mt("evaluate", option, value, folder=tmp_path), option, "is not in the range")


def test_dash_is_standard_output(tmp_path: Path) -> None:
    (tmp_path / "g.tsv").write_text("source\ttarget\n成都\tChengdu\n", "utf-8")
    done = zhen_mt("glossary", "convert", "g.tsv", "-", "--to", "json", folder=tmp_path)
    assert json.loads(done.stdout)["terms"][0]["source"] == "成都"
    assert "1 entries as json" in done.stderr
    for name in ("-", ""):
        refused(zhen_mt("export", STARTER, "-o", name, folder=tmp_path), f"'{name}' is not the name of a folder")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["g.tsv"]


def test_a_model_whose_writer_was_killed_between_two_renames_is_found(tiny_model: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_model, tmp_path / ".mine.0123abcd.old" / "old")
    done = zhen_mt("translate", "成都", "-m", "mine", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.usefixtures("starter_converted")
def test_the_surroundings_of_a_command(tmp_path: Path) -> None:
    """Variables of a launcher that is not there, no standard input, and Ctrl-C at any moment."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LOCAL_RANK": "1", "RANK": "1"}
    command = [sys.executable, "-m", "mt.cli", "translate"]
    given = {"cwd": tmp_path, "env": environment, "stderr": subprocess.PIPE, "text": True}
    missing = subprocess.run([*command, "-i", "none"], check=False, **given)  # type: ignore[call-overload]
    assert (missing.returncode, missing.stderr) == (2, "zhen-mt: error: none: no such file; correct --input\n")
    closed = subprocess.run(f"{shlex.join(command)} <&-", shell=True, check=False, **given)  # type: ignore[call-overload]
    assert (closed.returncode, closed.stderr.count("\n")) == (2, 1)
    (tmp_path / "long.txt").write_text("".join(f"今天{n}个人去公园散步。\n" for n in range(5000)), "utf-8")
    for pause in (0.6, 4.0):
        # A suite that a shell started in the background ignores SIGINT, and its children would too.
        process = subprocess.Popen(  # type: ignore[call-overload]
            [*command, "-i", "long.txt", "-o", "out.txt"],
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            **given,
        )
        time.sleep(pause)
        process.send_signal(signal.SIGINT)
        error = process.communicate(timeout=600)[1]
        assert (process.returncode, error) == (130, "zhen-mt: error: interrupted\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["long.txt"]


def test_ctrl_c_while_the_command_is_still_imported(tmp_path: Path) -> None:
    """A module that sends the signal stands in front of the first library that is imported."""
    (tmp_path / "click.py").write_text("import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(9)\n")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    script = [sys.executable, "-c", "import sys; sys.argv[0] = '/usr/bin/zhen-mt'; import mt.cli"]
    for command in (script, [sys.executable, "-m", "mt.cli", "--help"]):
        result = subprocess.run(
            command,
            cwd="/",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        assert (result.returncode, result.stderr) == (130, "zhen-mt: error: interrupted\n")


def test_a_bomb_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "g.tsv.gz", "wb") as file:
        for _ in range(200):
            file.write(b"\0" * 2**20)
    for command in (("glossary", "lint", "g.tsv.gz"), ("translate", "成都", "-g", "g.tsv.gz")):
        refused(zhen_mt(*command, folder=tmp_path), "g.tsv.gz: unpacks to more than 64 MB")
