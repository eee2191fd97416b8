from __future__ import annotations

import json
import math
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer
from two_pairs import two_pairs

from mt.errors import DataError, UserError
from mt.models.load import tag_ids
from mt.training.loop import TrainingEvent, TrainingResult, TrainingTask, train_loop
from mt.training.saving.checkpoints import latest_checkpoint
from mt.training.validation import ValidationSet
from recipes.starter.config import StarterConfig
from recipes.starter.corpus.pairs import load_pairs
from recipes.starter.training.marian import new_marian
from recipes.starter.training.muon import muon_optimizers
from recipes.starter.training.target_noise import TargetNoise


def run(
    config: StarterConfig, folder: Path, *, resume: bool = False, report: Any = None, **changes: Any
) -> tuple[Any, TrainingResult]:
    tokenizer = AutoTokenizer.from_pretrained(Path(config.corpus.packed) / "tokenizer")
    shape = config.model.replace(dropout=changes.pop("dropout", 0.1))
    model = new_marian(shape, tokenizer, seed=config.run.seed)
    TargetNoise(changes.pop("target_noise", 0.0)).add_to(model)
    training = config.training.replace(**changes)
    packed = Path(config.corpus.packed)
    task = TrainingTask(
        model,
        load_pairs(packed / "train"),
        training,
        config.terms,
        tag_ids(tokenizer),
        config.run.seed,
        [ValidationSet("validation", load_pairs(packed / "validation"))],
        optimizers=lambda trained, _: muon_optimizers(trained, training),
    )
    trained = train_loop(task, folder, resume=resume, report=report)
    return model, trained


def weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_resumed_run_ends_with_the_same_weights_bit_for_bit(
    starter_config: StarterConfig, tmp_path: Path, optimizer: str
) -> None:
    """Weights, optimiser, schedule, data order, dropout and noise all come back."""
    settings: dict[str, Any] = {"optimizer": optimizer, "gradient_accumulation_steps": 2}
    settings |= {"max_steps": 7, "target_noise": 0.2}
    whole, _ = run(starter_config, tmp_path / "whole", **settings)

    def stop(event: TrainingEvent) -> None:
        if event.step == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    _, first = run(starter_config, tmp_path / "parts", report=stop, **settings)
    assert first.interrupted
    assert first.progress.step == 3
    torch.manual_seed(99)
    parts, second = run(starter_config, tmp_path / "parts", resume=True, **settings)
    assert not second.interrupted
    assert second.progress.step == 7
    for name, tensor in weights(whole).items():
        assert torch.equal(tensor, weights(parts)[name]), name


def test_training_lowers_the_loss_and_leaves_tags_and_padding_alone(
    starter_config: StarterConfig, tmp_path: Path
) -> None:
    losses: list[float] = []
    model, trained = run(
        starter_config,
        tmp_path,
        max_steps=60,
        learning_rate=3e-3,
        warmup_ratio=0.1,
        dropout=0.0,
        report=lambda event: losses.append(event.loss),
    )
    assert sum(losses[-5:]) / 5 < losses[0] - 1.5
    assert trained.metrics["validation_loss"] < losses[0]
    tokenizer = AutoTokenizer.from_pretrained(Path(starter_config.corpus.packed) / "tokenizer")
    assert not model.model.shared.weight[tokenizer.pad_token_id].any()
    inputs = tokenizer(["川促会的成功经验。"], return_tensors="pt")
    logits = model(**inputs, decoder_input_ids=torch.tensor([[tokenizer.pad_token_id]])).logits[0, 0]
    never = [tokenizer.pad_token_id, tokenizer.unk_token_id, *tag_ids(tokenizer)]
    assert logits.softmax(-1)[never].sum() == 0.0


def test_metrics_and_checkpoints_are_written(starter_config: StarterConfig, tmp_path: Path) -> None:
    run(starter_config, tmp_path, max_steps=4, eval_steps=2)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text("utf-8").splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4]
    assert [("validation_loss" in line) for line in lines] == [False, True, False, True]
    assert lines[-1]["target_tokens"] > lines[0]["target_tokens"] > 0
    newest = latest_checkpoint(tmp_path / "checkpoints")
    assert newest is not None
    assert newest.name == "step-00000004"
    assert {path.name for path in newest.iterdir()} >= {"model.safetensors", "optimizer.safetensors", "state.json"}
    assert "lm_head.weight" not in load_file(newest / "model.safetensors")  # tied: stored once


def test_label_smoothing_and_one_long_batch_agree_with_accumulation(
    starter_config: StarterConfig, tmp_path: Path
) -> None:
    """Two batches accumulated give the mean over their tokens, as one batch of both would."""
    from mt.training.optim.loss import summed_loss

    tokenizer = AutoTokenizer.from_pretrained(Path(starter_config.corpus.packed) / "tokenizer")
    model = new_marian(starter_config.model.replace(dropout=0.0), tokenizer, seed=1).eval()
    inputs = two_pairs(tokenizer)
    labels = inputs["labels"]
    both = summed_loss(model, inputs, 0.0)
    plain = model(**inputs).loss * (labels != -100).sum()
    assert both.item() == pytest.approx(plain.item(), rel=1e-5)
    smoothed = summed_loss(model, inputs, 0.1)
    assert math.isfinite(smoothed.item())
    # Tags and padding cannot be produced; were they smoothed over, the loss would be in the hundreds.
    assert abs(smoothed.item() - both.item()) < 0.5 * both.item()


def test_a_loss_that_is_not_finite_stops_the_run_and_names_the_step(
    starter_config: StarterConfig, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"the loss is nan at step \d+ \(epoch 0, batches"):
        run(starter_config, tmp_path, max_steps=60, learning_rate=1e30, max_grad_norm=1e30, warmup_ratio=0.0)


def test_a_run_without_an_end_or_data_is_refused(starter_config: StarterConfig, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no end"):
        run(starter_config, tmp_path, max_steps=None)


def test_a_damaged_checkpoint_is_named(starter_config: StarterConfig, tmp_path: Path) -> None:
    run(starter_config, tmp_path, max_steps=2)
    newest = latest_checkpoint(tmp_path / "checkpoints")
    assert newest is not None
    (newest / "optimizer.safetensors").write_bytes(b"broken")
    with pytest.raises(DataError, match="cannot be resumed from"):
        run(starter_config, tmp_path, max_steps=4, resume=True)
