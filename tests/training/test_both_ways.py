"""A run of both directions, what back-translates with it, and compiled layers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from runs import own_run
from transformers import AutoTokenizer, PreTrainedModel

from mt.config import Config, TrainingConfig
from mt.training.data.packing import PackedPairs
from mt.training.generation import generate_rows
from mt.training.hardware.compiling import compile_layers, compiles
from mt.training.model import new_marian
from mt.training.optim.loss import summed_loss
from mt.training.starter import train_starter

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def both(starter_config: Config, tmp_path_factory: pytest.TempPathFactory) -> tuple[Config, Path, int]:
    """A run both ways that has been trained for an epoch: its configuration, the file of it, the target tokens."""
    folder = tmp_path_factory.mktemp("both")
    epoch = {"max_steps": 0, "num_train_epochs": 1, "batch_tokens": 256}
    config = own_run(starter_config, folder, training=epoch, both_directions=True)
    return config, folder / "c.yaml", train_starter(config).progress.target_tokens


def test_an_epoch_both_ways_holds_every_pair_twice(both: tuple[Config, Path, int]) -> None:
    config, _, tokens = both
    packed = PackedPairs.load(Path(config.corpus.packed) / "train")
    plain, weights = packed.source.lengths > 0, np.asarray(packed.weights)[packed.origin]
    # The other way the source is written; the pairs that may only be used annotated have none.
    expected = (weights * (packed.target.lengths + np.where(plain, packed.source.lengths, 0))).sum()
    assert tokens == pytest.approx(float(expected), rel=0.1)


def test_the_run_back_translates_its_corpus(both: tuple[Config, Path, int], tmp_path: Path) -> None:
    config, file, _ = both
    output = tmp_path / "back"
    command = [sys.executable, "scripts/back_translate.py", str(file), str(output), "--source", "pairs"]
    done = subprocess.run([*command, "--sample", "20"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = PackedPairs.load(output / "train")
    assert done.stdout.splitlines()[-1] == f"{len(made)} pairs: {output}"
    packed = PackedPairs.load(Path(config.corpus.packed) / "train")
    human = {tuple(packed.target[row].tolist()) for row in range(len(packed))}
    assert all(tuple(made.target[row].tolist()) in human for row in range(len(made)))
    assert (made.source.lengths > 1).all()

    unknown = subprocess.run([*command[:-1], "pears"], cwd=ROOT, capture_output=True, text=True)
    assert unknown.returncode == 2
    assert "--source pears: no such source" in unknown.stderr


def _model(config: Config) -> PreTrainedModel:
    tokenizer = AutoTokenizer.from_pretrained(Path(config.corpus.packed) / "tokenizer")
    return new_marian(config.model, tokenizer, seed=3)


def test_rows_in_batches_are_those_of_one_row_alone(starter_config: Config) -> None:
    model = _model(starter_config).eval()
    with torch.no_grad():
        # Random weights never end; a bias for the end does now and then.
        model.final_logits_bias[0, model.config.eos_token_id] = 0.5
    rows = PackedPairs.load(Path(starter_config.corpus.packed) / "train").source
    sources = [rows[row].tolist() for row in range(12) if len(rows[row])]
    told: list[int] = []
    together = generate_rows(model, sources, batch_tokens=200, progress=told.append)
    assert told[-1] == len(sources)
    assert len(told) > 1
    alone = [generate_rows(model, [source])[0] for source in sources]
    # A longer batch-mate may let a row go on beyond what it could alone.
    assert all(own in ([], row) for own, row in zip(alone, together, strict=True))
    assert any(together)
    assert all(not row or (row[-1] == model.config.eos_token_id and row.count(row[-1]) == 1) for row in together)


def test_only_a_gpu_s_layers_are_compiled() -> None:
    wanted = TrainingConfig(torch_compile=True)
    assert compiles(wanted, torch.device("cuda"))
    assert not compiles(wanted, torch.device("cpu"))
    assert not compiles(TrainingConfig(), torch.device("cuda"))


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile on a CPU needs g++")
def test_compiled_layers_compute_the_same_and_keep_their_names(starter_config: Config) -> None:
    plain, compiled = _model(starter_config), _model(starter_config)
    shape = starter_config.model
    assert compile_layers(compiled) == shape.encoder_layers + shape.decoder_layers
    assert list(plain.state_dict()) == list(compiled.state_dict())
    pairs = PackedPairs.load(Path(starter_config.corpus.packed) / "train")
    for rows in ([0, 1, 2], [3, 4]):
        sources = [torch.tensor(pairs.source[row].astype(np.int64)) for row in rows]
        targets = [torch.tensor(pairs.target[row].astype(np.int64)) for row in rows]
        pad = plain.config.pad_token_id
        ids = torch.nn.utils.rnn.pad_sequence(sources, batch_first=True, padding_value=pad)
        labels = torch.nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
        inputs = {"input_ids": ids, "attention_mask": (ids != pad).long(), "labels": labels}
        losses = [summed_loss(model.eval(), inputs, 0.1) for model in (plain, compiled)]
        assert losses[1].item() == pytest.approx(losses[0].item(), rel=1e-4)
