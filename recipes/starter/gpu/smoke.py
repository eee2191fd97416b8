"""A trial of everything on a small part of the corpus: speed, NCCL, back-translation."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

from mt.config import RunConfig, save_config
from mt.training.loop import TrainingEvent
from recipes.starter.config import StarterConfig
from recipes.starter.gpu.parts import take_parts

_FOLDER = Path("work/smoke")
# Steps at the end that are profiled.
_PROFILED = 4


def smoke(config: StarterConfig, carried: Path) -> None:
    """Train some steps plain and compiled, then back-translate and train with NCCL."""
    take_parts(carried, Path("work/mini-store"))
    mini = config.replace(
        corpus=config.corpus.replace(packed="work/mini", translations=[], both_directions=True),
        training=config.training.replace(max_minutes=None, eval_steps=None),
    )
    for name, compiled, steps in (("plain", False, 50), ("compiled", True, 120)):
        training = mini.training.replace(torch_compile=compiled, max_steps=steps)
        _measure_speed(mini.replace(run=RunConfig(dir=str(_FOLDER / name), seed=1), training=training), steps)
    save_config(mini.replace(run=RunConfig(dir=str(_FOLDER / "compiled"), seed=1)), _FOLDER / "back.yaml")
    training = mini.training.replace(max_steps=20, torch_compile=False)
    save_config(
        mini.replace(run=RunConfig(dir=str(_FOLDER / "nccl"), seed=1), training=training), _FOLDER / "nccl.yaml"
    )
    launch = [
        "-m",
        "accelerate.commands.launch",
        "--config_file",
        "configs/accelerate/ddp.yaml",
        "--num_processes",
        "1",
    ]
    back, nccl = str(_FOLDER / "back.yaml"), str(_FOLDER / "nccl.yaml")
    with ThreadPoolExecutor(2) as pool:
        pool.submit(_call, ["-m", "recipes.starter.back_translate", back, str(_FOLDER / "back"), "--source", "near"])
        pool.submit(_call, [*launch, "-m", "recipes.starter.train", nccl])


def _call(command: list[str]) -> None:
    environment = {**os.environ, "NCCL_DEBUG": "INFO", "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run([sys.executable, *command], env=environment, capture_output=True, text=True)
    print(" ".join(command), "exit", done.returncode, done.stdout[-600:], done.stderr[-900:], flush=True)


def _measure_speed(config: StarterConfig, steps: int) -> None:
    """Train in this process, and print how fast the steps were and what the last ones spent their time on."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    from recipes.starter.training.starter import train_starter

    run = Path(config.run.dir)
    shutil.rmtree(run, ignore_errors=True)
    times: list[float] = []
    profiler = profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA])

    def report(event: TrainingEvent) -> None:
        times.append(time.monotonic())
        if event.step == steps - _PROFILED - 2:
            profiler.__enter__()
        if event.step == steps - 2:
            profiler.__exit__(None, None, None)

    started = time.monotonic()
    trained = train_starter(config, report=report)
    each = trained.progress.target_tokens / steps
    # The first steps compile and warm up.
    for first, last in pairwise((5, steps // 2, steps - _PROFILED - 3)):
        seconds = (times[last] - times[first]) / (last - first)
        speed = f"{seconds * 1000:.0f} ms, {each / seconds:.0f} target tokens/s"
        print(f"{run.name}, steps {first} to {last}: {speed}")
    print(f"{run.name}: loss {trained.loss:.3f}, {time.monotonic() - started:.0f} s in all")
    if torch.cuda.is_available():
        print(f"{torch.cuda.max_memory_allocated() >> 20} MiB")
    table = profiler.key_averages()
    for by in ("self_cpu_time_total", "self_device_time_total"):
        for entry in sorted(table, key=lambda entry: -getattr(entry, by))[:14]:
            each_ms, calls = getattr(entry, by) / 1000 / _PROFILED, entry.count // _PROFILED
            print(f"  {by[5:8]} {each_ms:7.2f} ms {calls:5} x {entry.key[:90]}")
    sys.stdout.flush()
