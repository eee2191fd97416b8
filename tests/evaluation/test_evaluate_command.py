from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from systems import REFERENCES, SOURCES, damaged

from mt.cli import main
from mt.evaluation.systems import find_model


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    contents = {
        "s.zh": SOURCES,
        "r.en": REFERENCES,
        "base.en": damaged(REFERENCES, 0.6, 1),
        "tuned.en": damaged(REFERENCES, 0.1, 2),
        "short.en": REFERENCES[:-1],
        "d.txt": ["a"] * 3 + ["b"] * 3,
        "g.tsv": ["source\ttarget\toptions", "鲁进\tLu Jin\t", "渝促会\tCUCPEB\t"],
    }
    for name, lines in contents.items():
        (tmp_path / name).write_text("".join(line + "\n" for line in lines), "utf-8")
    (tmp_path / "empty.en").touch()
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["-q", "evaluate", *arguments], catch_exceptions=False)


FILES = ("-s", "s.zh", "-r", "r.en", "--system", "base=base.en", "--system", "tuned=tuned.en")


def test_files_are_compared_and_the_report_is_named(files: Path) -> None:
    result = run(*FILES, "-g", "g.tsv", "--documents", "d.txt", "-o", "out")
    assert result.exit_code == 0, result.output
    head, base, tuned, human = result.stdout.splitlines()[:4]
    assert head.split() == ["system", "BLEU", "chrF++", "TER", "Term", "success", "Term", "accuracy"]
    scores = json.loads((files / "out/scores.json").read_text("utf-8"))
    for name, line in (("base", base), ("tuned", tuned)):
        found = scores["systems"][name]["scores"]
        assert line.split()[:4] == [name, *(f"{found[metric]:.1f}" for metric in ("bleu", "chrf++", "ter"))]
    assert human.startswith("(human reference)")
    assert f"chrF++: {scores['signatures']['chrf++']}" in result.stdout
    assert "note: The test set has only 6 segments" in result.stdout
    assert result.stdout.splitlines()[-1] == "report: out/report.html"
    assert scores["test_set"]["documents"] == 2
    assert scores["glossary"]["path"] == "g.tsv"
    assert len(scores["glossary"]["sha256"]) == 64


def test_several_references_and_no_output_folder(files: Path) -> None:
    result = run(*FILES, "-r", "tuned.en")
    assert result.exit_code == 0
    assert "nrefs:2" in result.stdout
    assert "report:" not in result.stdout
    assert not (files / "report.html").exists()


def test_gates_set_the_exit_status(files: Path) -> None:
    assert run(*FILES, "--fail-under", "chrf++=50").exit_code == 0
    failed = run(*FILES, "--fail-under", "chrf++=99.9", "--fail-under", "ter=99", "-o", "out")
    assert failed.exit_code == 1
    assert "failed: tuned: chrf++" in failed.stderr
    assert failed.stderr.count("failed:") == 1
    # The report is there to look at although, or because, the gate failed.
    assert (files / "out/report.html").is_file()
    named = run(*FILES, "--fail-under", "base:chrf++=99")
    assert (named.exit_code, named.stderr.count("failed: base")) == (1, 1)


def test_no_worse_than(files: Path) -> None:
    few = run(*FILES, "--no-worse-than", "base")
    assert few.exit_code == 1
    assert "failed: cannot tell whether any system is worse than base: 6 segments are too few" in few.stderr
    for name, lines in (("s.zh", SOURCES), ("r.en", REFERENCES)):
        (files / name).write_text("".join(line + "\n" for line in lines * 20), "utf-8")
    for name, share in (("base.en", 0.3), ("tuned.en", 0.6)):
        text = "".join(line + "\n" for line in damaged(REFERENCES * 20, share, 3))
        (files / name).write_text(text, "utf-8")
    worse = run(*FILES, "--no-worse-than", "base", "--samples", "100")
    assert worse.exit_code == 1
    assert "failed: tuned: bleu -" in worse.stderr
    assert run(*FILES, "--no-worse-than", "tuned", "--samples", "100").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "--source is missing"),
        (("-s", "s.zh", "-r", "r.en"), "--system is missing"),
        ((*FILES, "--system", "base=base.en"), "names 'base' twice"),
        ((*FILES, "--system", "base.en"), "'base.en' is not NAME=FILE"),
        ((*FILES, "--system", "x=missing.en"), "missing.en: no such file"),
        ((*FILES, "--system", "x=short.en"), "short.en: has 5 segments, the source 6"),
        ((*FILES, "--system", "x=empty.en"), "empty.en: is empty"),
        ((*FILES, "-r", "short.en"), "short.en: has 5 segments"),
        ((*FILES, "--documents", "short.en"), "short.en: has 5 segments"),
        ((*FILES, "-g", "missing.tsv"), "missing.tsv"),
        ((*FILES, "--no-worse-than", "other"), "no system 'other'"),
        ((*FILES, "--fail-under", "blue=3"), "unknown metric 'blue'"),
        ((*FILES, "--fail-under", "other:bleu=3"), "no system 'other'"),
        ((*FILES, "--fail-under", "term_success=3"), "term_success is not measured; give --glossary"),
        ((*FILES, "--system", "m=.+soft"), "needs a glossary; give --glossary"),
        (("config.yaml", "-s", "s.zh"), "exclude each other"),
        (("config.yaml",), "config.yaml: no such file"),
    ],
)
def test_bad_input_is_one_line_and_status_2(files: Path, arguments: tuple[str, ...], message: str) -> None:
    output = () if arguments and arguments[0] == "config.yaml" else ("-o", "out")
    result = run(*arguments, *output)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (files / "out").exists()


@pytest.mark.parametrize(
    ("value", "model"),
    [
        ("base.en", False),
        ("missing.txt", False),
        ("missing", False),
        ("folder", True),
        ("folder/missing-model", False),
        ("Helsinki-NLP/opus-mt-zh-en", True),
        ("google/mt5-v1.1", True),
        ("org/name+hard", True),
        ("a/b/c", False),
    ],
)
def test_models_are_told_from_files(files: Path, value: str, model: bool) -> None:
    (files / "folder").mkdir()
    assert (find_model(value) is not None) is model


def test_a_model_folder_translates(files: Path, root: Path) -> None:
    folder = root / "models" / "starter"
    (files / "s.zh").write_text("鲁进到了成都。\n", "utf-8")
    (files / "r.en").write_text("Lu Jin came to Chengdu.\n", "utf-8")
    system = f"terms={folder}+hybrid"
    result = run(
        "-s", "s.zh", "-r", "r.en", "--system", system, "-g", "g.tsv", "-o", "out", "--fail-under", "term_accuracy=100"
    )
    assert result.exit_code == 0, result.output
    scores = json.loads((files / "out/scores.json").read_text("utf-8"))
    assert scores["systems"]["terms"]["label"] == f"translated here by {folder}+hybrid"
    (line,) = (files / "out/segments.jsonl").read_text("utf-8").splitlines()
    assert "Lu Jin" in json.loads(line)["systems"]["terms"]["hypothesis"]


def test_files_are_evaluated_without_torch(files: Path) -> None:
    code = (
        "import sys; from mt.cli import main; main(sys.argv[1:], standalone_mode=False); "
        "print(sorted({'torch', 'transformers', 'datasets', 'ctranslate2'} & set(sys.modules)))"
    )
    arguments = ["-q", "evaluate", *FILES, "-g", "g.tsv", "-o", "out"]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-2:] == ["report: out/report.html", "[]"]


def test_an_interrupted_evaluation_says_what_is_kept_and_continues(files: Path, root: Path) -> None:
    folder = root / "models" / "starter"
    for name, lines in (("s.zh", SOURCES), ("r.en", REFERENCES)):
        (files / name).write_text("".join(line + "\n" for line in lines * 4), "utf-8")
    arguments = [
        sys.executable,
        "-m",
        "mt.cli",
        "-q",
        "evaluate",
        "-s",
        "s.zh",
        "-r",
        "r.en",
        "-g",
        "g.tsv",
        "-o",
        "out",
    ]
    arguments += ["--system", f"plain={folder}", "--system", f"terms={folder}+hard"]
    process = subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A suite that a shell started in the background ignores SIGINT, and its children would too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 600
    while not list(files.glob("out/translations/*.json")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=600)
    assert (process.returncode, stdout) == (130, "")
    assert stderr.splitlines() == [
        "zhen-mt: error: interrupted; the finished translations are kept in out/translations; "
        "run the same command to continue"
    ]
    (entry,) = files.glob("out/translations/*.json")
    kept = json.loads(entry.read_text("utf-8"))
    entry.write_text(json.dumps({**kept, "translations": REFERENCES * 4}), "utf-8")
    assert subprocess.run(arguments, capture_output=True, check=False).returncode == 0
    assert json.loads((files / "out/scores.json").read_text("utf-8"))["systems"]["plain"]["scores"]["chrf"] == 100
