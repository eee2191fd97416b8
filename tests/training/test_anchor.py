from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer

from mt.config import AdaptationConfig, Config, CorpusSource
from mt.training.anchor import Anchor
from mt.training.data.batching import Batch, collate
from mt.training.model import new_marian
from mt.training.optim.loss import as_tensors, summed_loss

CPU = torch.device("cpu")
GENERAL = [CorpusSource(path="general.tsv")]


@pytest.fixture
def model(starter_config: Config) -> Any:
    tokenizer = AutoTokenizer.from_pretrained(Path(starter_config.corpus.packed) / "tokenizer")
    return new_marian(dataclasses.replace(starter_config.model, dropout=0.0), tokenizer, seed=1)


def batch() -> Batch:
    rows = [np.array(ids, np.uint16) for ids in ([5, 6, 7, 2], [8, 9, 2], [10, 2])]
    return dataclasses.replace(
        collate(rows, rows, 699), plain=np.array([True, False, True]), origins=np.array([0, 1, 1], np.uint8)
    )


def test_the_pull_is_the_gradient_of_half_the_squared_distance(model: Any) -> None:
    anchor = Anchor(model, AdaptationConfig(l2_to_base=0.3), CPU)
    base = copy.deepcopy(model)
    anchor.settle(model)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    trained = [pair for pair in zip(model.parameters(), base.parameters(), strict=True) if pair[0].requires_grad]
    penalty = sum(((new - old.detach()) ** 2).sum() for new, old in trained) * 0.3 / 2
    expected = torch.autograd.grad(penalty, [new for new, _ in trained])
    for new, _ in trained:
        new.grad = torch.zeros_like(new)
    anchor.pull(model)
    for (new, _), gradient in zip(trained, expected, strict=True):
        torch.testing.assert_close(new.grad, gradient)


def test_the_teacher_speaks_on_plain_general_rows_or_on_all_plain_ones(model: Any) -> None:
    on_general = Anchor(model, AdaptationConfig(distillation=1.0, general=GENERAL), CPU)
    on_all = Anchor(model, AdaptationConfig(distillation=1.0, distill_on="all"), CPU)
    assert on_general.taught(batch()).tolist() == [2]  # type: ignore[union-attr]
    assert on_all.taught(batch()).tolist() == [0, 2]  # type: ignore[union-attr]
    annotated = dataclasses.replace(batch(), plain=np.zeros(3, bool))
    assert on_all.taught(annotated) is None
    assert Anchor(model, AdaptationConfig(), CPU).teacher is None


def test_a_model_equal_to_its_teacher_loses_nothing_and_another_is_drawn_to_it(model: Any) -> None:
    anchor = Anchor(model, AdaptationConfig(distillation=1.0, distill_on="all"), CPU)
    inputs = as_tensors(batch(), CPU)

    def divergence() -> torch.Tensor:
        both = {"teacher": anchor.teacher, "taught": anchor.taught(batch()), "distillation": 1.0}
        return summed_loss(model, inputs, 0.0, **both) - summed_loss(model, inputs, 0.0)  # type: ignore[arg-type]

    assert divergence().item() == pytest.approx(0.0, abs=1e-4)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    before = divergence()
    assert before.item() > 0.1
    before.backward()
    assert all(parameter.grad is None for parameter in anchor.teacher.parameters())  # type: ignore[union-attr]
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter.sub_(0.01 * parameter.grad)
    assert divergence().item() < before.item()


def test_the_divergence_is_what_its_formula_says(model: Any) -> None:
    teacher = copy.deepcopy(model).eval()
    with torch.no_grad():
        teacher.model.shared.weight.mul_(1.5)
    inputs = as_tensors(batch(), CPU)
    taught = torch.tensor([1])
    got = summed_loss(model, inputs, 0.0, teacher=teacher, taught=taught, distillation=2.0) - summed_loss(
        model, inputs, 0.0
    )
    start = model.prepare_decoder_input_ids_from_labels(labels=inputs["labels"])
    logits = {
        name: one(
            input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], decoder_input_ids=start
        ).logits[1, :3]
        for name, one in (("teacher", teacher), ("student", model))
    }
    p, q = logits["teacher"].log_softmax(-1), logits["student"].log_softmax(-1)
    assert got.item() == pytest.approx(2.0 * (p.exp() * (p - q)).sum().item(), rel=1e-3)
