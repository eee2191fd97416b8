"""The three stages of the run on a GPU: both directions, back-translation, Chinese to English."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from recipes.starter.config import StarterConfig, load_starter_config
from recipes.starter.corpus.pairs import load_pairs

# Share of the time for both directions.
_BOTH_SHARE = 0.25
# Folders of back-translations that the run makes, and what they are made from.
BACK_TRANSLATIONS = {
    "work/back-near": ["--source", "near", "--source", "government"],
    "work/back-far": ["--source", "far", "--pairs", "300000"],
}
# One that takes longer is left out.
_BACK_SECONDS = 150.0
# Seconds the last stage needs to start and to save.
_RESERVE = 25
_LOG, _DONE = Path("work/gpu.log"), Path("work/gpu.done")
_GPU = ["-m", "recipes.starter.gpu"]

_log = logging.getLogger("gpu")


def run_stage(config: StarterConfig, stage: str, minutes: float) -> None:
    """Train ``both`` directions for this many minutes, or ``forward`` until this many minutes in all."""
    from recipes.starter.training.starter import train_starter

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    there = [source for source in config.corpus.translations if (Path(source.path) / "train/packing.json").is_file()]
    both = stage == "both"
    # The learning rate falls at the end of the whole run, not of its first stage.
    scheduler = "constant" if both else config.training.lr_scheduler_type
    config = config.replace(
        corpus=config.corpus.replace(translations=there, both_directions=both),
        training=config.training.replace(max_minutes=minutes, lr_scheduler_type=scheduler),
    )
    _log.info("%s: %s", stage, [source.path for source in there])
    started = time.monotonic()
    progress = train_starter(config, resume=True).progress
    seconds = time.monotonic() - started
    _log.info("%s: step %d, %d target tokens, %.0f s", stage, progress.step, progress.target_tokens, seconds)
    _print_throughput(config)


def _print_throughput(config: StarterConfig) -> None:
    """Print the median speed, and what a target token costs, measured on some batches of the corpus."""
    import torch
    from transformers import AutoConfig

    from mt.training.data.batching import Epoch, EpochSettings
    from recipes.starter.training.flops import model_flops, peak_flops

    pairs = load_pairs(Path(config.corpus.packed) / "train")
    shape = AutoConfig.from_pretrained(Path(config.run.dir) / "model")
    epoch = Epoch(pairs, EpochSettings(config.terms, config.training.batch_tokens, (0, 0, 0), seed=1), 0)
    batches = [epoch.batch(number, 0) for number in range(min(20, len(epoch)))]
    flops = sum(model_flops(shape, batch) for batch in batches) / sum(batch.target_tokens for batch in batches)
    metrics = Path(config.run.dir) / "metrics.jsonl"
    lines = [json.loads(line) for line in metrics.read_text().splitlines()] if metrics.is_file() else []
    speeds = [line["tokens_per_second"] for line in lines if "tokens_per_second" in line]
    speed = float(np.median(speeds[len(speeds) // 3 :])) if speeds else 0.0
    peak = peak_flops(torch.cuda.get_device_name()) if torch.cuda.is_available() else None
    share = f", {flops * speed / peak:.1%} of the peak" if peak else ""
    print(
        f"median {speed:.0f} target tokens/s, {flops / 1e6:.0f} MFLOP each: {flops * speed / 1e12:.0f} TFLOP/s{share}"
    )


def run_all(config_file: str, seconds: float) -> None:
    """Run the three stages, so that they end after this many seconds; what fails is left out."""
    from mt.training.saving.checkpoints import latest_checkpoint

    started = time.monotonic()

    def call(*words: str, timeout: float | None = None) -> int:
        print(f"--- {time.monotonic() - started:.0f} s: {' '.join(words)}", flush=True)
        try:
            return subprocess.run([sys.executable, *words], timeout=timeout).returncode
        except subprocess.TimeoutExpired:
            return 124

    options = ["--config", config_file]
    call(*_GPU, "stage", "both", "--minutes", str(_BOTH_SHARE * seconds / 60), *options)
    for folder, given in BACK_TRANSLATIONS.items():
        call("-m", "recipes.starter.back_translate", config_file, folder, *given, timeout=_BACK_SECONDS)
    checkpoint = latest_checkpoint(Path(load_starter_config(config_file).run.dir) / "checkpoints")
    trained = json.loads((checkpoint / "state.json").read_text())["progress"]["seconds"] if checkpoint else 0.0
    minutes = (trained + seconds - (time.monotonic() - started) - _RESERVE) / 60
    code = call(*_GPU, "stage", "forward", "--minutes", f"{minutes:.2f}", *options)
    print(f"--- {time.monotonic() - started:.0f} s: done, {code}", flush=True)


def start(config_file: str, seconds: str) -> None:
    """Run ``run_all`` in a session of its own, which continues between calls."""
    _DONE.unlink(missing_ok=True)
    _LOG.parent.mkdir(parents=True, exist_ok=True)
    command = f'"$0" -u "$@"; echo $? > {_DONE}'
    words = [sys.executable, *_GPU, "everything", seconds, "--config", config_file]
    with _LOG.open("w") as log:
        subprocess.Popen(["bash", "-c", command, *words], stdout=log, stderr=log, start_new_session=True)


def follow(config: StarterConfig, seconds: float) -> None:
    """Wait this long or until the run is done, then print the end of its log and of its metrics."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not _DONE.is_file():
        time.sleep(1)
    print(_LOG.read_text()[-3500:])
    metrics = Path(config.run.dir) / "metrics.jsonl"
    if metrics.is_file():
        lines = metrics.read_text().splitlines()
        print("\n".join([*[line for line in lines if "validation_loss" in line][-12:], *lines[-2:]]))
        if os.environ.get("OUT"):
            shutil.copy(metrics, Path(os.environ["OUT"]) / "metrics.jsonl")
            shutil.copy(_LOG, Path(os.environ["OUT"]) / "gpu.log")
    print("done" if _DONE.is_file() else "not done")
