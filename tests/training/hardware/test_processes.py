"""Two processes train as one does: DDP and FSDP over gloo, on CPUs."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from commands import run_folder, start, start_together
from safetensors.torch import load_file

from mt.training.saving.checkpoints import latest_checkpoint

ROOT = Path(__file__).resolve().parents[3]
STEPS = 12


def arguments(config: Path, run: Path, *changes: str) -> list[str]:
    common = [f"training.max_steps={STEPS}", "training.eval_steps=4"]
    return ["train", str(config), f"run.dir={run_folder(config, run)}", *common, *changes]


def finish(processes: list[BaseProcess], run: Path, status: int = 0) -> None:
    for process in processes:
        process.join(120)
    said = "".join(path.read_text("utf-8") for path in run.parent.glob(f"{run.name}*.log"))
    assert [process.exitcode for process in processes] == [status] * len(processes), said


def metrics(run: Path) -> list[dict[str, Any]]:
    """Return the lines of the steps; the validation at the end has one of its own."""
    return [line for line in lines(run) if "padding" in line]


def lines(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text("utf-8").splitlines()]


def last_step(run: Path) -> int:
    path = run / "metrics.jsonl"
    # A line may be half written.
    steps = re.findall(r'^\{"step": (\d+),', path.read_text("utf-8"), re.MULTILINE) if path.is_file() else []
    return int(steps[-1]) if steps else 0


def stop_early(processes: list[BaseProcess], run: Path, step: int) -> None:
    """Send the last process a signal when it is past a step; all stop, and not at the end."""
    patience = time.monotonic() + 60
    while time.monotonic() < patience and last_step(run) <= step:
        time.sleep(0.005)
    pid = processes[-1].pid
    assert pid is not None
    os.kill(pid, signal.SIGTERM)
    finish(processes, run, 130)
    assert step < metrics(run)[-1]["step"] < STEPS


def weights(run: Path) -> dict[str, torch.Tensor]:
    return load_file(run / "model" / "model.safetensors")


def state(run: Path) -> dict[str, torch.Tensor]:
    path = latest_checkpoint(run / "checkpoints")
    assert path is not None
    return {
        f"{name}/{key}": tensor
        for name in ("model", "optimizer")
        for key, tensor in load_file(path / f"{name}.safetensors").items()
        if not key.startswith("rng")
    }


@pytest.fixture(scope="module")
def alone(fine_tuning: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one process that takes two batches a step."""
    run = tmp_path_factory.mktemp("alone") / "run"
    changes = "training.gradient_accumulation_steps=2"
    finish([start(arguments(fine_tuning, run, changes), run.with_suffix(".log"))], run)
    return run


@pytest.mark.parametrize("fsdp", [False, True])
def test_two_processes_give_the_loss_curve_of_one(fine_tuning: Path, tmp_path: Path, alone: Path, fsdp: bool) -> None:
    """For the same global batches; the checkpoint is whole and equal too, optimiser included."""
    run = tmp_path / "two"
    processes = start_together(arguments(fine_tuning, run), run, fsdp=fsdp)
    finish(processes, run)
    one, two = metrics(alone), metrics(run)
    assert [line["step"] for line in two] == list(range(1, STEPS + 1))
    for expected, line in zip(one, two, strict=True):
        assert line["loss"] == pytest.approx(expected["loss"], rel=2e-5)
        assert line["target_tokens"] == expected["target_tokens"]
        assert ("validation_loss" in line) == ("validation_loss" in expected)
        assert line.get("validation_loss", 0.0) == pytest.approx(expected.get("validation_loss", 0.0), rel=2e-5)
    assert metrics(run)[-1]["loss"] < metrics(run)[0]["loss"]
    expected_state, found = state(alone), state(run)
    assert expected_state.keys() == found.keys()
    for name, tensor in expected_state.items():
        torch.testing.assert_close(found[name], tensor, rtol=1e-3, atol=1e-4, msg=name)
    for name, tensor in weights(alone).items():
        torch.testing.assert_close(weights(run)[name], tensor, rtol=1e-3, atol=1e-4, msg=name)


@pytest.mark.parametrize("fsdp", [False, True])
def test_two_processes_interrupted_and_resumed_end_with_the_same_bits(
    fine_tuning: Path, tmp_path: Path, fsdp: bool
) -> None:
    """Each process has its own dropout; the signal reaches one of them and both stop at the same step."""
    changes = ("model.dropout=0.1", "training.eval_steps=null")
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    finish(start_together(arguments(fine_tuning, whole, *changes), whole, fsdp=fsdp), whole)
    processes = start_together(arguments(fine_tuning, parts, *changes), parts, fsdp=fsdp)
    stop_early(processes, parts, 0)
    said = parts.with_suffix(".0.log").read_text("utf-8") + parts.with_suffix(".1.log").read_text("utf-8")
    assert said.count("interrupted after step") == 1
    finish(start_together([*arguments(fine_tuning, parts, *changes), "--resume"], parts, fsdp=fsdp), parts)
    assert [line["step"] for line in metrics(parts)] == list(range(1, STEPS + 1))
    for name, tensor in state(whole).items():
        assert torch.equal(tensor, state(parts)[name]), name


def test_a_checkpoint_of_one_process_goes_on_with_two_and_with_shards(
    fine_tuning: Path, tmp_path: Path, alone: Path
) -> None:
    run = tmp_path / "run"
    one = start(arguments(fine_tuning, run, "training.gradient_accumulation_steps=2"), run.with_suffix(".log"))
    stop_early([one], run, 0)
    two = start_together([*arguments(fine_tuning, run), "--resume"], run)
    stop_early(two, run, last_step(run))
    finish(start_together([*arguments(fine_tuning, run), "--resume"], run, fsdp=True), run)
    for expected, line in zip(metrics(alone), metrics(run), strict=True):
        assert line["loss"] == pytest.approx(expected["loss"], rel=2e-5)


def test_what_ends_all_processes_is_said_once(fine_tuning: Path, tmp_path: Path) -> None:
    for name, changes, expected in (
        ("typo", ["training.lerning_rate=1"], "lerning_rate"),
        ("nan", ["training.learning_rate=1e30", "training.max_grad_norm=1e30"], "the loss is nan"),
    ):
        run = tmp_path / name
        finish(start_together(arguments(fine_tuning, run, *changes), run), run, 2)
        said = run.with_suffix(".0.log").read_text("utf-8") + run.with_suffix(".1.log").read_text("utf-8")
        assert [expected in line for line in said.splitlines() if "error" in line] == [True], said
        assert "Traceback" not in said


def test_when_one_process_dies_the_other_ends_without_a_traceback(fine_tuning: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    processes = start_together(arguments(fine_tuning, run, "training.max_steps=100000"), run)
    patience = time.monotonic() + 60
    while last_step(run) == 0 and time.monotonic() < patience:
        time.sleep(0.005)
    processes[1].kill()
    processes[0].join(60)
    assert processes[0].exitcode == 2
    said = run.with_suffix(".0.log").read_text("utf-8")
    assert "error: the connection to another process broke" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("name", ["cpu", "ddp", "fsdp"])
def test_accelerate_launch_runs_the_configurations(fine_tuning: Path, tmp_path: Path, name: str) -> None:
    """As a user does; those for GPUs are told to use CPUs."""
    settings = (ROOT / "configs" / "accelerate" / f"{name}.yaml").read_text("utf-8")
    assert ("use_cpu: true" in settings) == (name == "cpu")
    launch = tmp_path / "launch.yaml"
    launch.write_text(settings.replace("use_cpu: false", "use_cpu: true"), "utf-8")
    if name == "ddp":  # but for that one word it is cpu.yaml
        assert yaml.safe_load(launch.read_text()) == yaml.safe_load((ROOT / "configs/accelerate/cpu.yaml").read_text())
        return
    run = tmp_path / "run"
    command = [sys.executable, "-m", "accelerate.commands.accelerate_cli", "launch", "--main_process_port", "0"]
    command += [
        "--config_file",
        str(launch),
        "scripts/train.py",
        *arguments(fine_tuning, run, "training.max_steps=2")[1:],
    ]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("model: ") == 1
    assert [line["step"] for line in metrics(run)] == [1, 2]
    states = load_file(run / "checkpoints" / "step-00000002" / "optimizer.safetensors")
    assert {"rng.cpu", "rng.cpu.1"} <= states.keys()
