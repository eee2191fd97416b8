"""A run begun at the mean of two others, by ``scripts/average_runs.py``."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from mt.config import Config, load_config, save_config
from mt.training.checkpoints import latest_checkpoint
from mt.training.starter import train_starter

ROOT = Path(__file__).resolve().parents[2]


def average(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/average_runs.py", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def run(config: Config, folder: Path, *, ema: float, width: int = 32) -> dict[str, torch.Tensor]:
    """Train four steps; return the weights that are to be averaged."""
    config = dataclasses.replace(
        config,
        run=dataclasses.replace(config.run, dir=str(folder)),
        training=dataclasses.replace(config.training, steps=4, ema_decay=ema),
        model=dataclasses.replace(config.model, publish="", d_model=width),
    )
    train_starter(config)
    save_config(config, folder / "config.yaml")
    newest = latest_checkpoint(folder / "checkpoints")
    assert newest is not None
    averaged = newest / "ema.safetensors"
    return load_file(newest / "model.safetensors") | (load_file(averaged) if averaged.is_file() else {})


def test_it_begins_at_the_mean_and_goes_on_as_the_second(starter_config: Config, tmp_path: Path) -> None:
    first = run(starter_config, tmp_path / "first", ema=0.9)
    second = run(starter_config, tmp_path / "second", ema=0.0)
    done = average(tmp_path / "first", tmp_path / "second", tmp_path / "mean", "--share", "0.25")
    assert done.returncode == 0, done.stderr
    newest = latest_checkpoint(tmp_path / "mean" / "checkpoints")
    assert newest is not None
    begun = load_file(newest / "model.safetensors")
    assert begun.keys() == second.keys()
    for name, tensor in begun.items():
        assert torch.allclose(tensor, 0.75 * first[name] + 0.25 * second[name], atol=1e-6), name
    assert all(torch.equal(tensor, begun[name]) for name, tensor in load_file(newest / "ema.safetensors").items())
    assert f"{tmp_path}/mean/config.yaml --resume" in done.stdout
    config = load_config(tmp_path / "mean" / "config.yaml", ["training.steps=6", "training.ema_decay=0.9"])
    assert train_starter(config, resume=True).progress.step == 6


def test_runs_of_two_shapes_and_folders_that_exist_are_refused(starter_config: Config, tmp_path: Path) -> None:
    run(starter_config, tmp_path / "first", ema=0.0)
    run(starter_config, tmp_path / "second", ema=0.0, width=16)
    done = average(tmp_path / "first", tmp_path / "second", tmp_path / "mean")
    assert done.returncode == 2
    assert "are not of one model" in done.stderr
    assert not (tmp_path / "mean").exists()
    done = average(tmp_path / "first", tmp_path / "first", tmp_path / "second")
    assert done.returncode == 2
    assert "exists" in done.stderr
    done = average(tmp_path, tmp_path / "first", tmp_path / "mean")
    assert "no checkpoint yet" in done.stderr
