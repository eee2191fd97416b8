"""The whole path and every configuration through the real command, tiny."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mt.cli import main

ROOT = Path(__file__).resolve().parent.parent.parent


def invoke(*arguments: object, text: str | None = None) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], input=text)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def demo(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's run folder, made by `zhen-mt run configs/demo.yaml` with a tiny base and two epochs."""
    folder = tmp_path_factory.mktemp("demo") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        result = invoke(
            "run", "configs/demo.yaml", f"run.dir={folder}", f"model.base={tiny_model}", "training.num_train_epochs=2",
            "training.logging_steps=1", "decoding.num_beams=2", "decoding.max_length_ratio=0.5",
            "evaluation.bootstrap_samples=20", "training.keep_fold_models=true",
            "training.validation_segments=1", "adaptation.general=[]",
        )  # fmt: skip
    assert result.exit_code == 0, result.output
    check_end(result.output, folder)
    return folder


def check_end(output: str, folder: Path) -> None:
    """A run ends with five lines: gained with and without the glossary, published, where, what next."""
    lines = output.splitlines()[-5:]
    assert lines[0].startswith("gained: fine-tuned + glossary against base: ")
    assert "chrF++" in lines[0]
    assert "5 segments are too few to call it significant" in lines[0]
    assert lines[1].strip().startswith("fine-tuned against base: ")
    assert "on the 3 segments of the folds" in lines[2]
    assert lines[3] == f"model: {folder / 'model'}; report: {folder / 'report' / 'report.html'}"
    assert f"zhen-mt translate -i FILE -o FILE -m {folder / 'model'} -g seeds/glossary.tsv" in lines[4]


def test_the_demo_leaves_everything_design_names(demo: Path) -> None:
    assert {"config.yaml", "data", "folds", "metrics.jsonl", "model", "report", "manifest.json"} <= {
        path.name for path in demo.iterdir()
    }
    assert sorted(path.name for path in (demo / "folds").iterdir()) == ["0", "1", "2"]
    manifest = json.loads((demo / "manifest.json").read_text("utf-8"))
    assert manifest["model"] == "model"
    assert manifest["data_manifest_sha256"]


def test_the_report_says_what_was_held_out_and_every_term_is_met(demo: Path) -> None:
    scores = json.loads((demo / "report" / "scores.json").read_text("utf-8"))
    assert list(scores["systems"]) == ["base", "fine-tuned", "fine-tuned + glossary"]
    assert "never saw it" in scores["systems"]["fine-tuned"]["label"]
    guaranteed = scores["systems"]["fine-tuned + glossary"]
    assert guaranteed["terms_met"] == guaranteed["terms_total"] > 30
    assert guaranteed["scores"]["term_accuracy"] == 100.0
    segments = (demo / "report" / "segments.jsonl").read_text("utf-8").splitlines()
    assert len(segments) == 5


def test_each_fold_model_never_saw_its_paragraph(demo: Path) -> None:
    from mt.data.dataset import load_prepared

    rows = load_prepared(demo / "data")["train"]
    for fold in range(3):
        card = (demo / "folds" / str(fold) / "model" / "README.md").read_text("utf-8")
        held_in = sum(row["fold"] != fold for row in rows)
        assert f"| segments | {held_in} |" in card
    assert f"| segments | {len(rows)} |" in (demo / "model" / "README.md").read_text("utf-8")


def test_a_finished_run_is_reused_or_refused_but_never_overwritten(demo: Path, tiny_model: Path) -> None:
    before = (demo / "model" / "model.safetensors").stat().st_mtime_ns
    again = invoke("train", demo / "config.yaml")
    assert again.exit_code == 0
    other = invoke("train", demo / "config.yaml", "training.num_train_epochs=3")
    assert other.exit_code == 2
    assert "choose another run.dir, or give --overwrite" in other.stderr
    assert (demo / "model" / "model.safetensors").stat().st_mtime_ns == before


def test_a_finished_run_keeps_little_and_says_again_what_it_gained(demo: Path, tmp_path: Path) -> None:
    run = shutil.copytree(demo, tmp_path / "run")
    for _ in range(2):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(ROOT)
            result = invoke("run", run / "config.yaml", f"run.dir={run}", "training.keep_fold_models=false")
        assert result.exit_code == 0, result.output
        check_end(result.output, run)
        assert not [*run.glob("folds/*/model"), *run.glob("**/checkpoints"), *run.glob("**/candidates")]
    assert "evaluating" not in result.output
    weights = (run / "model" / "model.safetensors").stat().st_size
    others = sum(path.stat().st_size for path in run.rglob("*") if path.is_file()) - weights
    assert others < 5_000_000
    again = invoke("evaluate", run / "config.yaml", f"run.dir={run}")
    assert again.exit_code == 2
    assert "keep_fold_models" in again.stderr
    assert (
        json.loads((run / "report" / "scores.json").read_text("utf-8"))["notes"][-1].count("segments of the folds") == 1
    )


def test_evaluate_again_from_files_gives_the_run_s_figures(demo: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (demo / "report" / "segments.jsonl").read_text("utf-8").splitlines()]
    for name, texts in {
        "s": [row["source"] for row in rows],
        "r": [row["references"][0] for row in rows],
        "h": [row["systems"]["fine-tuned + glossary"]["hypothesis"] for row in rows],
    }.items():
        (tmp_path / name).write_text("".join(text + "\n" for text in texts), "utf-8")
    result = invoke(
        "evaluate", "--source", tmp_path / "s", "--reference", tmp_path / "r", "--system", f"ours={tmp_path / 'h'}",
        "--glossary", ROOT / "seeds" / "glossary.tsv", "-o", tmp_path / "report",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    ours = json.loads((tmp_path / "report" / "scores.json").read_text("utf-8"))["systems"]["ours"]
    theirs = json.loads((demo / "report" / "scores.json").read_text("utf-8"))["systems"]["fine-tuned + glossary"]
    assert {key: ours["scores"][key] for key in ("bleu", "chrf++", "ter", "term_accuracy")} == {
        key: theirs["scores"][key] for key in ("bleu", "chrf++", "ter", "term_accuracy")
    }


@pytest.mark.parametrize(
    ("name", "documents", "label"),
    [
        ("finetune.yaml", 1, "cross-validated in 5 folds of whole paragraphs: each segment"),
        ("finetune.yaml", 2, "cross-validated in 5 folds of whole paragraphs: each segment"),
        ("finetune.yaml", 6, "cross-validated in 5 folds of whole documents: each segment"),
        ("finetune.yaml", 40, "held-out test split"),
        ("finetune-lora.yaml", 20, "held-out test split"),
    ],
)
def test_the_finetune_configurations_work_without_overrides_whatever_the_number_of_documents(
    tiny_model: Path, tmp_path: Path, seed_pairs: list[tuple[str, str]], name: str, documents: int, label: str
) -> None:
    for number in range(documents):
        rows = [
            (f"{number}号{row}行：{zh[:12]}", f"Line {row} of {number}: {en[:30]}")
            for row, (zh, en) in enumerate(seed_pairs)
        ]
        (tmp_path / f"d{number:02}.tsv").write_text("".join(f"{zh}\t{en}\n" for zh, en in rows), "utf-8")
    result = invoke(
        "run", ROOT / "configs" / name, f"run.dir={tmp_path}/run", f"model.base={tiny_model}",
        f"data.documents=[{tmp_path}]", f"terms.glossary={ROOT}/seeds/glossary.tsv", "training.max_steps=2",
        "training.num_train_epochs=null", "training.validation_segments=1", "decoding.num_beams=1",
        "decoding.max_length_ratio=0.2", "evaluation.bootstrap_samples=10",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    scores = json.loads((tmp_path / "run" / "report" / "scores.json").read_text("utf-8"))
    assert scores["systems"]["fine-tuned"]["label"].startswith(label)
    assert (tmp_path / "run" / "data" / "data_card.html").is_file()


def test_one_segment_is_refused_with_a_remedy_that_works(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "d.tsv").write_text("川促会来访。\tSUCPEB came.\n", "utf-8")
    arguments = (
        "run", ROOT / "configs" / "finetune.yaml", f"run.dir={tmp_path}/run", f"model.base={tiny_model}",
        f"data.documents=[{tmp_path}/d.tsv]", f"terms.glossary={ROOT}/seeds/glossary.tsv", "training.max_steps=2",
        "decoding.max_length_ratio=0.3", "evaluation.bootstrap_samples=10",
    )  # fmt: skip
    refused = invoke(*arguments)
    assert refused.exit_code == 2
    remedy = refused.stderr.strip().split("or set ")[-1].split()
    assert len(remedy) == 3
    result = invoke(*arguments, *remedy)
    assert result.exit_code == 0, result.output


def test_export_makes_a_folder_that_translate_takes(tiny_model: Path, tmp_path: Path) -> None:
    pytest.importorskip("ctranslate2")
    result = invoke("export", tiny_model, "-o", tmp_path / "fast")
    assert result.exit_code == 0, result.output
    translated = invoke("translate", "成都", "-m", tmp_path / "fast", "-g", ROOT / "seeds" / "glossary.tsv")
    assert "chengdu" in translated.stdout.lower()
    wrong = invoke("export", tmp_path, "-o", tmp_path / "x")
    assert wrong.exit_code == 2
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("script", ["prepare_data", "train", "translate", "evaluate"])
def test_scripts_are_the_commands(
    script: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [f"{script}.py", "--help"])
    with pytest.raises(SystemExit, match="0"):
        runpy.run_path(str(ROOT / "scripts" / f"{script}.py"), run_name="__main__")
    expected = invoke(script.removesuffix("_data"), "--help").stdout
    assert capsys.readouterr().out.split("]", 1)[1].split() == expected.split("]", 1)[1].split()


def test_help_names_every_command_quickly_and_truly() -> None:
    text = invoke("--help").stdout
    for name in ("prepare", "train", "translate", "evaluate", "glossary", "export", "run"):
        assert f"\n  {name} " in text
        assert invoke(name, "--help").exit_code == 0


def test_ctrl_c_saves_and_resume_ends_with_the_uninterrupted_weights(fine_tuning: Path, tmp_path: Path) -> None:
    """SIGINT through the real command: one line, status 130, and --resume ends bit for bit as if nothing had been."""
    import signal
    import time

    from safetensors.torch import load_file

    def command(run: Path) -> list[str]:
        run.mkdir(exist_ok=True)
        if not (run / "data").exists():
            (run / "data").symlink_to(fine_tuning.parent / "data")
        return ["train", str(fine_tuning), f"run.dir={run}", "training.max_steps=60"]

    whole = invoke(*command(tmp_path / "whole"))
    assert whole.exit_code == 0, whole.stderr
    arguments = [sys.executable, "-m", "mt.cli", *command(tmp_path / "cut")]
    process = subprocess.Popen(arguments, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    metrics = tmp_path / "cut" / "metrics.jsonl"
    deadline = time.monotonic() + 600
    while not (metrics.is_file() and metrics.read_text().count("\n") >= 5) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=600)
    assert process.returncode == 130, stderr
    assert "continue with --resume" in stderr.splitlines()[-1]
    resumed = invoke(*command(tmp_path / "cut"), "--resume")
    assert resumed.exit_code == 0, resumed.stderr
    one, two = (load_file(tmp_path / name / "model" / "model.safetensors") for name in ("whole", "cut"))
    assert all(bool((one[name] == two[name]).all()) for name in one)
    steps = [json.loads(line)["step"] for line in metrics.read_text("utf-8").splitlines()]
    assert steps == list(range(1, 61))
