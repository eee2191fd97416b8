"""Runs ended by SIGKILL, which nothing can catch, and gone on with: as if nothing had happened."""

from __future__ import annotations

import json
import random
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from commands import run_folder, start

from mt.training.saving.checkpoints import latest_checkpoint

STEPS = 12


def begin(config: Path, run: Path, *changes: str) -> BaseProcess:
    arguments = ["train", str(config), f"run.dir={run_folder(config, run)}", *changes]
    return start(arguments, run.with_suffix(".log"))


def finish(process: BaseProcess, run: Path) -> None:
    process.join(120)
    assert process.exitcode == 0, run.with_suffix(".log").read_text("utf-8")


def newest(run: Path) -> str:
    path = latest_checkpoint(run / "checkpoints")
    return path.name if path is not None else ""


def writing(run: Path) -> bool:
    return any((run / "checkpoints").glob(".step-*.tmp"))


def kill(process: BaseProcess, run: Path, rng: random.Random, *, while_writing: bool) -> None:
    """Kill after a new checkpoint is there: at a random moment, or while the next one is being written."""
    before, patience = newest(run), time.monotonic() + 60
    while newest(run) == before and process.is_alive() and time.monotonic() < patience:
        time.sleep(0.001)
    moment = time.monotonic() + rng.uniform(0.0, 0.06)
    while process.is_alive() and not (writing(run) if while_writing else time.monotonic() > moment):
        pass
    process.kill()
    process.join()
    assert process.exitcode == -9, run.with_suffix(".log").read_text("utf-8")


def metrics(run: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text("utf-8").splitlines()]
    return [
        {key: value for key, value in line.items() if key not in ("seconds", "tokens_per_second")} for line in lines
    ]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_run_killed_again_and_again_ends_with_the_same_bits(
    fine_tuning: Path, tmp_path: Path, precision: str
) -> None:
    changes = [
        f"training.precision={precision}",
        f"training.max_steps={STEPS}",
        "training.gradient_accumulation_steps=2",
        "training.checkpoint_minutes=1e-9",
        "model.dropout=0.1",
        "training.keep_checkpoints=true",
    ]
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    finish(begin(fine_tuning, whole, *changes), whole)
    rng = random.Random(11)
    resume: list[str] = []
    for number in range(2):
        kill(begin(fine_tuning, parts, *changes, *resume), parts, rng, while_writing=number == 1)
        resume = ["--resume"]
    assert newest(parts) < f"step-{STEPS:08d}"
    finish(begin(fine_tuning, parts, *changes, *resume), parts)

    assert (parts / "model" / "model.safetensors").read_bytes() == (whole / "model" / "model.safetensors").read_bytes()
    for name in ("model", "optimizer"):
        file = Path("checkpoints") / f"step-{STEPS:08d}" / f"{name}.safetensors"
        assert (parts / file).read_bytes() == (whole / file).read_bytes(), name
    assert metrics(parts) == metrics(whole)
    assert [line["step"] for line in metrics(parts) if "padding" in line] == list(range(1, STEPS + 1))
    left = [path.name for path in parts.rglob("*") if path.name.endswith((".tmp", ".old"))]
    assert left == []
