"""The end of a run without an end, prepared by ``scripts/cooldown.py``."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from mt.config import Config, load_config, save_config
from mt.training.checkpoints import latest_checkpoint
from mt.training.starter import train_starter

ROOT = Path(__file__).resolve().parents[2]


def cooldown(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/cooldown.py", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_it_begins_from_the_average_and_ends_with_a_rate_of_zero(starter_config: Config, tmp_path: Path) -> None:
    training = dataclasses.replace(
        starter_config.training, steps=12, warmup_steps=0, log_steps=1, schedule="constant", ema_decay=0.9
    )
    model = dataclasses.replace(starter_config.model, publish="")
    config = dataclasses.replace(
        starter_config,
        run=dataclasses.replace(starter_config.run, dir=str(tmp_path / "run")),
        training=training,
        model=model,
    )
    save_config(config, tmp_path / "run.yaml")
    train_starter(config)
    newest = latest_checkpoint(tmp_path / "run" / "checkpoints")
    assert newest is not None
    ending = tmp_path / "ending"
    minutes = 0.8 * json.loads((newest / "state.json").read_text("utf-8"))["progress"]["seconds"] / 60
    done = cooldown(tmp_path / "run.yaml", ending, "--minutes", f"{minutes:.5f}", "--begin", "0.5")
    assert done.returncode == 0, done.stderr
    begun = load_file(ending / "checkpoints" / newest.name / "model.safetensors")
    raw, averaged = load_file(newest / "model.safetensors"), load_file(newest / "ema.safetensors")
    assert begun.keys() == raw.keys()
    assert all(torch.equal(begun[name], tensor) for name, tensor in averaged.items())
    assert any(not torch.equal(begun[name], tensor) for name, tensor in raw.items())

    assert f"{ending}/config.yaml --resume" in done.stdout
    trained = train_starter(load_config(ending / "config.yaml"), resume=True)
    assert trained.progress.step > 12
    lines = [json.loads(line) for line in (ending / "metrics.jsonl").read_text("utf-8").splitlines()]
    rates = [line["learning_rate"] for line in lines if line["step"] > 12]
    assert rates == sorted(rates, reverse=True)
    assert 0.4 * training.learning_rate < rates[0] <= 0.5 * training.learning_rate
    # The clock ends it, so how near to zero the last step comes depends on how long steps take.
    assert rates[-1] < 0.5 * rates[0]
    # The run itself can go on.
    assert latest_checkpoint(tmp_path / "run" / "checkpoints") == newest

    long = cooldown(tmp_path / "run.yaml", tmp_path / "long", "--minutes", "60")
    assert long.returncode == 2
    assert "--minutes at most" in long.stderr.splitlines()[-1]
    again = cooldown(tmp_path / "run.yaml", ending)
    assert again.returncode == 2
    assert "exists" in again.stderr.splitlines()[-1]
