"""Deeper models that begin as what a trained one is: ``mt.training.growth`` and ``scripts/grow_starter.py``."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from mt.config import Config, load_config, save_config
from mt.errors import ConfigError
from mt.training.checkpoints import latest_checkpoint
from mt.training.growth import grown_layers
from mt.training.release import from_checkpoint
from mt.training.starter import train_starter

ROOT = Path(__file__).resolve().parents[2]


@given(st.integers(1, 12), st.integers(0, 24))
def test_every_layer_stays_once_and_its_copies_follow_it(before: int, more: int) -> None:
    layers = grown_layers(before, before + more)
    assert len(layers) == before + more
    assert [origin for origin, fresh in layers if not fresh] == list(range(before))
    for (origin, _), (following, fresh) in pairwise(layers):
        assert (following == origin) if fresh else (following == origin + 1)
    counts = [sum(origin == layer for origin, _ in layers) for layer in range(before)]
    assert max(counts) - min(counts) <= 1


def test_a_stack_does_not_shrink() -> None:
    with pytest.raises(ConfigError, match="3 layers cannot be grown from 6"):
        grown_layers(6, 3)


def grow(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/grow_starter.py", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_grown_run_begins_where_the_other_stands(starter_config: Config, tmp_path: Path, optimizer: str) -> None:
    training = dataclasses.replace(
        starter_config.training,
        steps=6,
        warmup_steps=0,
        log_steps=1,
        schedule="constant",
        ema_decay=0.9,
        optimizer=optimizer,
        learning_rate=3e-3,
    )
    config = dataclasses.replace(
        starter_config,
        run=dataclasses.replace(starter_config.run, dir=str(tmp_path / "run")),
        training=training,
        model=dataclasses.replace(starter_config.model, publish=""),
    )
    save_config(config, tmp_path / "run.yaml")
    train_starter(config)
    before, tokenizer, progress = from_checkpoint(config)
    depth = before.config.encoder_layers, before.config.decoder_layers

    folder = tmp_path / "deep"
    wanted = ("--encoder-layers", str(2 * depth[0] + 1), "--decoder-layers", str(depth[1] + 1))
    done = grow(tmp_path / "run.yaml", folder, *wanted)
    assert done.returncode == 0, done.stderr
    assert f"{folder}/config.yaml --resume" in done.stdout
    deeper = load_config(folder / "config.yaml")
    after, _, same = from_checkpoint(deeper)
    assert same == progress
    assert (after.config.encoder_layers, after.config.decoder_layers) == (2 * depth[0] + 1, depth[1] + 1)
    read = tokenizer(["他昨天去了北京。", "中国"], return_tensors="pt", padding=True)
    written = torch.arange(10, 24).view(2, 7)
    with torch.no_grad():
        was, now = (model(**read, decoder_input_ids=written).logits for model in (before, after))
    assert torch.allclose(was, now, atol=1e-3, rtol=1e-5)

    # The old layers keep their moments under their new numbers, the new ones have none, and all of them learn on.
    newest = latest_checkpoint(folder / "checkpoints")
    old = latest_checkpoint(tmp_path / "run" / "checkpoints")
    assert newest is not None
    assert old is not None
    moments, begun = (load_file(path / "optimizer.safetensors") for path in (newest, old))
    norms = [sorted(float(tensor.float().norm()) for tensor in state.values()) for state in (moments, begun)]
    assert norms[0] == norms[1]
    longer = dataclasses.replace(deeper, training=dataclasses.replace(deeper.training, steps=8))
    trained = train_starter(longer, resume=True)
    assert trained.progress.step == 8
    last = latest_checkpoint(folder / "checkpoints")
    assert last is not None
    learnt, started = (load_file(path / "model.safetensors") for path in (last, newest))
    still = [name for name in started if torch.equal(learnt[name], started[name])]
    # Only what nothing reaches stays: keys' biases cancel in the softmax, positions and output bias are constants.
    assert all("k_proj.bias" in name or "embed_positions" in name or "final_logits_bias" in name for name in still)

    shrunk = grow(tmp_path / "run.yaml", tmp_path / "less", "--encoder-layers", "0", "--decoder-layers", "1")
    assert shrunk.returncode == 2
    assert "at least" in shrunk.stderr.splitlines()[-1]
    assert grow(tmp_path / "run.yaml", folder, *wanted).returncode == 2
