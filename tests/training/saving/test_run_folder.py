"""Damaged and foreign files in a run folder, and two trainings in one: a line each, and nothing lost."""

from __future__ import annotations

import json
import resource
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from commands import start

from mt.cli import main
from mt.errors import UserError
from mt.training.saving.run_folder import only_training, remove_training

DEEP = "[" * 100_000


@pytest.fixture(scope="module")
def trained(fine_tuning: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run, its data beside it, with a checkpoint of its last step."""
    run = tmp_path_factory.mktemp("trained") / "run"
    shutil.copytree(fine_tuning.parent / "data", run / "data")
    assert "model: " in train(fine_tuning, run, "training.max_steps=2")
    return run


def train(config: Path, run: Path, *arguments: str, status: int = 0) -> str:
    """Run the command; what is refused is refused in one line."""
    result = CliRunner().invoke(main, ["train", str(config), f"run.dir={run}", "training.max_steps=2", *arguments])
    assert result.exit_code == status, result.output
    if status:
        *progress, error = result.output.splitlines()
        assert error.startswith("zhen-mt: error: ")
        assert "; " in error  # the way out
        assert all(line.startswith(("all documents: ", "14 segments, ")) for line in progress), progress
        return error
    return result.output


def written(name: str, text: str) -> Callable[[Path], object]:
    return lambda run: (run / name).write_text(text, "utf-8")


def unfinished(change: Callable[[Path], object]) -> Callable[[Path], None]:
    """As if the run had been interrupted."""

    def damage(run: Path) -> None:
        (run / "model.json").unlink()
        shutil.rmtree(run / "model")
        change(run)

    return damage


STATE = "checkpoints/step-00000002/state.json"


def edited_state(**values: object) -> Callable[[Path], None]:
    def damage(run: Path) -> None:
        (run / STATE).write_text(json.dumps({**json.loads((run / STATE).read_text("utf-8")), **values}), "utf-8")

    return unfinished(damage)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        *[(written("model.json", text), "model.json") for text in ("", "null", "3", "[]", "{}", "garbage", DEEP)],
        (written("model.json", '{"fingerprint": null}'), "does not say what decided the weights"),
        (lambda run: shutil.rmtree(run / "model"), "model: does not hold the weights that were trained"),
        (lambda run: (run / "model" / "model.safetensors").unlink(), "does not hold the weights"),
        (lambda run: (run / "model" / "config.json").unlink(), "does not hold the weights"),
        (lambda run: (run / "model" / "model.safetensors").write_bytes(b"x"), "does not hold the weights"),
        *[(unfinished(written(STATE, text)), "step-00000002") for text in ("", "null", "[]", "{}", DEEP)],
        (edited_state(fingerprint=None), "does not say what decided the weights"),
        (edited_state(progress=None), "cannot be resumed from"),
        (edited_state(progress={"step": "2"}), "cannot be resumed from"),
        (edited_state(optimizers=None), "cannot be resumed from"),
        (
            unfinished(lambda run: (run / "checkpoints/step-00000002/model.safetensors").write_bytes(b"{}")),
            "cannot be resumed from",
        ),
        (unfinished(written("metrics.jsonl", "my notes\n")), "metrics.jsonl: holds other lines than a training writes"),
        (written("data/dataset/dataset_dict.json", "null"), "prepare it again"),
        (written("data/dataset/train/state.json", "null"), "prepare it again"),
        (written("data/dataset/train/dataset_info.json", DEEP), "prepare it again"),
        (lambda run: shutil.rmtree(run / "data/dataset/validation"), "prepare it again"),
        (written("data/dataset/dataset_dict.json", '{"splits": ["train"]}'), "prepare it again"),
        (written("data/manifest.json", "null"), "run zhen-mt prepare CONFIG again"),
        (written("data/manifest.json", '{"kind": "zhen-mt prepared dataset"}'), "run zhen-mt prepare CONFIG again"),
    ],
)
def test_a_damaged_run_folder_is_refused_in_a_line_with_the_way_out(
    fine_tuning: Path, trained: Path, tmp_path: Path, damage: Callable[[Path], object], expected: str
) -> None:
    run = shutil.copytree(trained, tmp_path / "run")
    damage(run)
    files = sorted(path for path in run.rglob("*") if path.is_file())
    assert expected in train(fine_tuning, run, "--resume", status=2)
    kept = {path for path in files if path.exists()}
    assert {path for path in files if path.name not in ("manifest.json", "config.yaml")} <= kept


def test_a_damaged_dataset_is_prepared_again_and_trained_on(fine_tuning: Path, trained: Path, tmp_path: Path) -> None:
    run = shutil.copytree(trained, tmp_path / "run")
    arrow = next((run / "data" / "dataset" / "train").glob("*.arrow"))
    arrow.write_bytes(arrow.read_bytes()[: arrow.stat().st_size // 2])
    (run / "data" / "manifest.json").write_text("{", "utf-8")
    assert "again" in train(fine_tuning, run, status=2)
    again = CliRunner().invoke(main, ["prepare", str(fine_tuning), f"run.dir={run}"])
    assert again.exit_code == 0, again.output
    assert "trained already" in train(fine_tuning, run)


def test_overwrite_deletes_nothing_that_a_training_did_not_write(
    fine_tuning: Path, trained: Path, tmp_path: Path
) -> None:
    run = shutil.copytree(trained, tmp_path / "run")
    mine = [run / name / "mine.txt" for name in ("checkpoints", "candidates", "folds", "trackers")]
    for path in mine:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine", "utf-8")
    remove_training(run, everything=True)
    assert all(path.read_text("utf-8") == "mine" for path in mine)
    assert not (run / "model").exists()
    for name in ("model", "report"):
        (run / name).mkdir()
        (run / name / "mine.txt").write_text("mine", "utf-8")
        assert "mine.txt, which is of no" in train(fine_tuning, run, "--overwrite", status=2)
        assert (run / name / "mine.txt").read_text("utf-8") == "mine"
        shutil.rmtree(run / name)


def test_a_second_training_in_a_live_run_is_refused_and_the_first_goes_on(fine_tuning: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(fine_tuning.parent / "data", run / "data")
    arguments = ["train", str(fine_tuning), f"run.dir={run}", "training.checkpoint_minutes=1e-9"]
    first = start([*arguments, "training.max_steps=60"], tmp_path / "first.log")
    patience = time.monotonic() + 60
    while not list((run / "checkpoints").glob("step-*")) and time.monotonic() < patience:
        time.sleep(0.01)
    for how in ("--resume", "--overwrite"):
        said = CliRunner().invoke(main, [*arguments, "training.max_steps=60", how])
        assert (said.exit_code, said.output.count("\n")) == (2, 1)
        assert "run: another process is training in it; wait for it" in said.output
    first.join(120)
    assert first.exitcode == 0, (tmp_path / "first.log").read_text("utf-8")


@pytest.mark.parametrize("limit", [1_000, 150_000, 400_000])
def test_a_full_disk_is_one_line_and_the_run_can_be_resumed(fine_tuning: Path, tmp_path: Path, limit: int) -> None:
    """A limit on the size of files stands for it: neither settings, nor weights, nor the optimiser's state fit."""
    run = tmp_path / "run"
    shutil.copytree(fine_tuning.parent / "data", run / "data")
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        result = CliRunner().invoke(main, ["-q", "train", str(fine_tuning), f"run.dir={run}", "training.max_steps=2"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert result.exit_code == 2, result.output
    assert result.output.count("\n") == 1
    assert "cannot be written (" in result.output
    assert not [path for path in run.rglob("*") if path.suffix == ".tmp"]
    assert "model: " in train(fine_tuning, run, "--resume")


def test_a_run_folder_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        again = only_training(tmp_path)
        with only_training(tmp_path), pytest.raises(UserError, match="another process is training in it"), again:
            pass


def test_training_on_other_documents_than_were_prepared_is_refused(fine_tuning: Path, tmp_path: Path) -> None:
    """Case 84."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.tsv").write_text(f"你好{name}\tHello {name}\n再见{name}\tGoodbye {name}\n", "utf-8")
    common = [f"run.dir={tmp_path}/run", "data.folds=paragraphs"]
    documents = f"data.documents=[{tmp_path}/a.tsv]"
    made = CliRunner().invoke(main, ["prepare", str(fine_tuning), *common, documents])
    assert made.exit_code == 0, made.output
    both = f"data.documents=[{tmp_path}/a.tsv, {tmp_path}/b.tsv]"
    said = train(fine_tuning, tmp_path / "run", *common[1:], both, status=2)
    assert "was prepared from other documents or settings: data.documents changed; run zhen-mt prepare" in said
    assert not (tmp_path / "run" / "model").exists()


def test_publishing_a_model_is_not_ignored(fine_tuning: Path, tmp_path: Path) -> None:
    """Case 85: there is no such key, with a base or without."""
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    said = train(fine_tuning, tmp_path / "run", f"model.publish={tmp_path}", status=2)
    assert "model.publish" in said
    assert (tmp_path / "notes.txt").read_text("utf-8") == "mine"
