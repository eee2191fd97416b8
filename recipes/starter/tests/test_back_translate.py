"""A run in both directions, and what back-translates with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from runs import own_run
from transformers import AutoTokenizer, PreTrainedModel

from recipes.starter.config import StarterConfig
from recipes.starter.corpus.pairs import load_pairs
from recipes.starter.training.generation import Sampling, generate_rows
from recipes.starter.training.marian import new_marian
from recipes.starter.training.starter import train_starter

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def both(starter_config: StarterConfig, tmp_path_factory: pytest.TempPathFactory) -> tuple[StarterConfig, Path, int]:
    """A run both ways that has been trained for an epoch: its configuration, the file of it, the target tokens."""
    folder = tmp_path_factory.mktemp("both")
    epoch = {"max_steps": None, "num_train_epochs": 1, "batch_tokens": 256}
    config = own_run(starter_config, folder, training=epoch, both_directions=True)
    return config, folder / "c.yaml", train_starter(config).progress.target_tokens


def test_an_epoch_both_ways_holds_every_pair_twice(both: tuple[StarterConfig, Path, int]) -> None:
    config, _, tokens = both
    packed = load_pairs(Path(config.corpus.packed) / "train")
    plain, weights = packed.source.lengths > 0, np.asarray(packed.weights)[packed.origin]
    # The other way the source is written; the pairs that may only be used annotated have none.
    expected = (weights * (packed.target.lengths + np.where(plain, packed.source.lengths, 0))).sum()
    assert tokens == pytest.approx(float(expected), rel=0.1)


def test_the_run_back_translates_its_corpus(both: tuple[StarterConfig, Path, int], tmp_path: Path) -> None:
    config, file, _ = both
    output = tmp_path / "back"
    command = [sys.executable, "-m", "recipes.starter.back_translate", str(file), str(output), "--source", "pairs"]
    done = subprocess.run([*command, "--sample", "20"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = load_pairs(output / "train")
    assert done.stdout.splitlines()[-1] == f"{len(made)} pairs: {output}"
    packed = load_pairs(Path(config.corpus.packed) / "train")
    human = {tuple(packed.target[row].tolist()) for row in range(len(packed))}
    assert all(tuple(made.target[row].tolist()) in human for row in range(len(made)))
    assert (made.source.lengths > 1).all()

    unknown = subprocess.run([*command[:-1], "pears"], cwd=ROOT, capture_output=True, text=True)
    assert unknown.returncode == 2
    assert "pears: no such source" in unknown.stderr


def _model(config: StarterConfig) -> PreTrainedModel:
    tokenizer = AutoTokenizer.from_pretrained(Path(config.corpus.packed) / "tokenizer")
    return new_marian(config.model, tokenizer, seed=3)


def test_rows_in_batches_are_those_of_one_row_alone(starter_config: StarterConfig) -> None:
    model = _model(starter_config).eval()
    with torch.no_grad():
        # Random weights never end; a bias for the end does now and then.
        model.final_logits_bias[0, model.config.eos_token_id] = 0.5
    rows = load_pairs(Path(starter_config.corpus.packed) / "train").source
    sources = [rows[row].tolist() for row in range(12) if len(rows[row])]
    progress: list[int] = []
    together = generate_rows(model, sources, Sampling(), batch_tokens=200, progress=progress.append)
    assert progress[-1] == len(sources)
    assert len(progress) > 1
    alone = [generate_rows(model, [source], Sampling())[0] for source in sources]
    # A longer batch-mate may let a row go on beyond what it could alone.
    assert all(own in ([], row) for own, row in zip(alone, together, strict=True))
    assert any(together)
    assert all(not row or (row[-1] == model.config.eos_token_id and row.count(row[-1]) == 1) for row in together)
