"""The corpus travels to a lent machine in parts, and the weights come back in pieces, as they were."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from runs import own_run
from safetensors.torch import load_file, save_file

from mt.config import save_config
from recipes.starter.config import Source, StarterConfig
from recipes.starter.corpus.pairs import load_pairs
from recipes.starter.corpus.translations import write_translations
from recipes.starter.gpu.stages import run_stage

ROOT = Path(__file__).resolve().parents[3]


def call(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "recipes.starter.gpu", *words, "--config", "c.yaml", "--parts", "parts"]
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "OUT": str(folder / "out"), "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def folder(starter_config: StarterConfig, tmp_path: Path) -> Path:
    """Where the script is run: ``c.yaml``, ``packed`` and ``translated``, named from there."""
    shutil.copytree(starter_config.corpus.packed, tmp_path / "packed")
    corpus = starter_config.corpus.replace(
        packed="packed",
        translations=[Source(path="translated"), Source(path="work/back-near")],
    )
    run = starter_config.run.replace(dir="run")
    save_config(starter_config.replace(corpus=corpus, run=run), tmp_path / "c.yaml")
    pairs = [([5, 6, 7, 0], [8, 9, 0]), ([10, 0], [11, 12, 13, 14, 0])]
    write_translations(tmp_path / "translated", tmp_path / "packed/tokenizer", pairs, {"run": "a test"})
    return tmp_path


def test_what_is_taken_there_is_what_was_packed_here(folder: Path) -> None:
    sent = {name: load_pairs(folder / name / "train") for name in ("packed", "translated")}
    assert "part-1" in call(folder, "parts")
    for name in sent:
        (folder / name).rename(folder / f"{name}-here")
    call(folder, "take")
    for name, pairs in sent.items():
        taken = load_pairs(folder / name / "train")
        for kind in ("source", "annotated", "target"):
            assert np.array_equal(getattr(taken, kind).ids, getattr(pairs, kind).ids), (name, kind)
            assert np.array_equal(getattr(taken, kind).offsets, getattr(pairs, kind).offsets), (name, kind)
        assert np.array_equal(taken.origin, pairs.origin)
        assert taken.weights == pairs.weights
        assert (folder / name / "tokenizer/vocab.json").read_bytes() == (
            folder / f"{name}-here/tokenizer/vocab.json"
        ).read_bytes()
    assert (folder / "packed/validation/packing.json").is_file()


def test_the_pieces_of_the_weights_make_the_checkpoint(folder: Path) -> None:
    checkpoint = folder / "run/checkpoints/step-00000007"
    checkpoint.mkdir(parents=True)
    (folder / "out").mkdir()
    torch.manual_seed(1)
    weights = {"a": torch.randn(300, 7), "b": torch.arange(5)}
    save_file(weights, checkpoint / "model.safetensors")
    (checkpoint / "state.json").write_text('{"progress": {"step": 7}}')
    assert "pieces 0 to 0 of 1" in call(folder, "weights", "0")
    shutil.rmtree(folder / "run")
    call(folder, "join", "out")
    back = load_file(checkpoint / "model.safetensors")
    assert torch.equal(back["a"], weights["a"].bfloat16())
    assert torch.equal(back["b"], weights["b"])


def test_the_last_stage_continues_the_first_into_english_alone(
    starter_config: StarterConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = own_run(starter_config, tmp_path, training={"max_steps": None})
    steps = []
    for stage, minutes in (("both", 0.01), ("forward", 0.02)):
        run_stage(config, stage, minutes)
        newest = max((tmp_path / "run/checkpoints").iterdir())
        steps.append(int(newest.name.removeprefix("step-")))
    assert 0 < steps[0] < steps[1]
    assert capsys.readouterr().out.count("target tokens/s") == 2


def test_the_run_imports_nothing_that_a_lent_machine_lacks() -> None:
    """It has torch and transformers; README.md says how to bring pydantic."""
    lacking = set("ahocorasick_rs ctranslate2 daachorse datasets opencc pypinyin sacremoses sentencex".split())
    modules = ", ".join(f"recipes.starter.{name}" for name in ("gpu.__main__", "gpu.smoke", "back_translate", "train"))
    code = f"import sys, {modules}; print(sorted(set(sys.modules) & {lacking}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
