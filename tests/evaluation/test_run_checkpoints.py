from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file, save_file
from systems import REFERENCES, SOURCES

from mt.cli import main
from mt.errors import DataError, ModelError
from mt.evaluation.run_checkpoints import assembled, find_checkpoints


@pytest.fixture
def run(tmp_path: Path, root: Path) -> Path:
    """A run of two checkpoints in the form mt.training writes: the starter's weights, once spoilt, once averaged."""
    folder = tmp_path / "run"
    shutil.copytree(root / "models" / "starter", folder / "model", ignore=shutil.ignore_patterns("ct2*"))
    weights = load_file(folder / "model" / "model.safetensors")
    spoilt = {name: torch.zeros_like(tensor) for name, tensor in weights.items()}
    for step, averages in ((100, None), (2000, weights)):
        path = folder / "checkpoints" / f"step-{step:08d}"
        path.mkdir(parents=True)
        save_file(spoilt, path / "model.safetensors")
        if averages is not None:
            save_file(averages, path / "ema.safetensors")
    (folder / "checkpoints" / ".step-00003000.tmp").mkdir()
    (folder / "checkpoints" / "step-00004000").mkdir()
    return folder


def test_whole_checkpoints_are_found_in_order_and_averages_preferred(run: Path) -> None:
    found = find_checkpoints(run)
    assert list(found) == [100, 2000]
    original = load_file(run / "model" / "model.safetensors")
    for step, same in ((100, False), (2000, True)):
        with assembled(run, found[step]) as folder:
            loaded = load_file(folder / "model.safetensors")
        assert all(torch.equal(loaded[name], original[name]) for name in original) is same
        assert not folder.exists()


def test_the_curve_over_a_runs_checkpoints(run: Path, tmp_path: Path) -> None:
    for name, lines in {"s": SOURCES[:2], "r": REFERENCES[:2]}.items():
        (tmp_path / name).write_text("".join(line + "\n" for line in lines), "utf-8")
    (tmp_path / "g.tsv").write_text("source\ttarget\n鲁进\tLu Jin\n", "utf-8")
    arguments = ["evaluate", "-s", f"{tmp_path}/s", "-r", f"{tmp_path}/r", "-g", f"{tmp_path}/g.tsv"]
    arguments += ["--checkpoints", f"{run}+soft", "-o", f"{tmp_path}/out"]
    result = CliRunner().invoke(main, ["-q", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    scores = json.loads((tmp_path / "out/scores.json").read_text("utf-8"))
    assert scores["checkpoints"] == {"step 100": 100, "step 2,000": 2000}
    assert scores["systems"]["step 100"]["scores"]["chrf"] < scores["systems"]["step 2,000"]["scores"]["chrf"]
    assert scores["systems"]["step 2,000"]["label"].endswith("step-00002000+soft, averaged weights")
    assert "Score after each number of steps" in (tmp_path / "out/report.html").read_text("utf-8")
    # What was translated is not translated again.
    for kept in (tmp_path / "out/translations").iterdir():
        value = json.loads(kept.read_text("utf-8"))
        kept.write_text(json.dumps({**value, "translations": REFERENCES[:2]}))
    CliRunner().invoke(main, ["-q", *arguments], catch_exceptions=False)
    again = json.loads((tmp_path / "out/scores.json").read_text("utf-8"))
    assert [found["scores"]["chrf"] for found in again["systems"].values()] == pytest.approx([100, 100])


def test_what_cannot_be_evaluated_is_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no checkpoints; give the folder of a run"):
        find_checkpoints(tmp_path / "nowhere")
    checkpoint = find_checkpoints(run)[100]
    save_file({"base_model.model.x.lora_A.weight": torch.zeros(1)}, checkpoint / "model.safetensors")
    with pytest.raises(ModelError, match="contains LoRA matrices"), assembled(run, checkpoint):
        pass
    (checkpoint / "model.safetensors").write_bytes(b"no")
    with pytest.raises(ModelError, match="cannot be read"), assembled(run, checkpoint):
        pass
    shutil.rmtree(run / "model")
    with pytest.raises(DataError, match="has no model folder yet"), assembled(run, checkpoint):
        pass
