from __future__ import annotations

import shutil

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from transformers import MarianConfig, MarianMTModel

from mt.training.hardware.device import fast_on_cpu
from mt.training.optim import cross_entropy
from mt.training.optim.cross_entropy import (
    linear_cross_entropy,
    plain_head,
    without_head,
)
from mt.training.optim.loss import summed_loss


def apart(
    hidden: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, labels: torch.Tensor, smoothing: float
) -> torch.Tensor:
    """The same loss, with torch's own operations."""
    logits = hidden @ weight.T if bias is None else hidden @ weight.T + bias
    possible = torch.ones(len(weight)) if bias is None else (bias > -1e3).float()
    spread = -(logits.log_softmax(-1) @ possible) / possible.sum()
    return (1 - smoothing) * nn.functional.cross_entropy(logits, labels, reduction="sum") + smoothing * spread.sum()


@given(
    tokens=st.integers(1, 40),
    smoothing=st.sampled_from([0.0, 0.1]),
    with_bias=st.booleans(),
    entries=st.sampled_from([1, 64, 2**20]),
    seed=st.integers(0, 99),
)
def test_loss_and_gradients_are_those_of_the_operations_apart(
    tokens: int, smoothing: float, with_bias: bool, entries: int, seed: int
) -> None:
    torch.manual_seed(seed)
    bias = torch.randn(17).masked_fill(torch.arange(17) % 5 == 0, -1e4) if with_bias else None
    labels = torch.randint(0, 3, (tokens,)) * 5 + 1
    results = []
    inputs = torch.randn(tokens, 8), torch.randn(17, 8)
    before = cross_entropy._BLOCK["cpu"]
    cross_entropy._BLOCK["cpu"] = entries
    try:
        for function in (linear_cross_entropy, apart):
            hidden, weight = (tensor.clone().requires_grad_() for tensor in inputs)
            loss = function(hidden, weight, bias, labels, smoothing)
            (0.37 * loss).backward()
            results.append((loss.detach(), hidden.grad, weight.grad))
    finally:
        cross_entropy._BLOCK["cpu"] = before
    for ours, expected in zip(*results, strict=True):
        torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile on a CPU needs g++")
@pytest.mark.parametrize("with_bias", [False, True])
def test_compiled_it_is_the_same(with_bias: bool) -> None:
    torch.manual_seed(1)
    bias = torch.randn(17).masked_fill(torch.arange(17) % 5 == 0, -1e4) if with_bias else None
    for tokens in (3, 11):
        labels = torch.randint(0, 3, (tokens,)) * 5 + 1
        inputs = torch.randn(tokens, 8), torch.randn(17, 8)
        results = []
        for compiled in (False, True):
            hidden, weight = (tensor.clone().requires_grad_() for tensor in inputs)
            loss = linear_cross_entropy(hidden, weight, bias, labels, 0.1, compiled=compiled)
            (0.37 * loss).backward()
            results.append((loss.detach(), hidden.grad, weight.grad))
        for plain, ours in zip(*results, strict=True):
            torch.testing.assert_close(ours, plain, rtol=1e-4, atol=1e-5)


@pytest.fixture
def model() -> MarianMTModel:
    torch.manual_seed(1)
    config = MarianConfig(
        vocab_size=50, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, pad_token_id=0, eos_token_id=1,
        decoder_start_token_id=0, dropout=0.0, max_position_embeddings=32,
    )  # fmt: skip
    model = MarianMTModel(config)
    model.final_logits_bias[0, 7] = 2.0
    return model


@pytest.mark.parametrize("bf16", [False, True])
def test_a_model_s_loss_and_gradients_are_those_it_gives_itself(model: MarianMTModel, bf16: bool) -> None:
    ids = torch.tensor([[5, 6, 7, 1], [8, 9, 1, 0]])
    inputs = {"input_ids": ids, "attention_mask": (ids != 0).long(), "labels": ids.masked_fill(ids == 0, -100)}
    gradients = []
    for own in (False, True):
        model.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = model(**inputs).loss * 7 if own else summed_loss(model, inputs, 0.0)
        loss.backward()
        gradients.append({name: value.grad for name, value in model.named_parameters() if value.grad is not None})
        gradients[-1]["loss"] = loss.detach()
    assert gradients[0].keys() == gradients[1].keys()
    tolerance = {"rtol": 0.05, "atol": 0.02} if bf16 else {"rtol": 1e-4, "atol": 1e-5}
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradient, gradients[1][name], **tolerance)


def test_the_model_is_as_before_afterwards(model: MarianMTModel) -> None:
    ids = torch.tensor([[5, 6, 1]])
    before = model(input_ids=ids, decoder_input_ids=ids).logits
    head = plain_head(model)
    assert head is not None
    with pytest.raises(RuntimeError), without_head(model, head):
        assert model(input_ids=ids, decoder_input_ids=ids).logits.shape == (1, 3, 16)
        raise RuntimeError
    assert torch.equal(model(input_ids=ids, decoder_input_ids=ids).logits, before)
    chosen = model.config._attn_implementation
    with fast_on_cpu(model, torch.device("cpu")):
        assert model.config._attn_implementation == "eager"
        torch.testing.assert_close(model(input_ids=ids, decoder_input_ids=ids).logits, before)
    assert model.config._attn_implementation == chosen


def test_heads_that_do_more_are_left_alone(model: MarianMTModel) -> None:
    model.lm_head = nn.Linear(16, 50)  # with a bias of its own
    assert plain_head(model) is None
    model.config.model_type = "unheard_of"
    model.lm_head = nn.Linear(16, 50, bias=False)
    assert plain_head(model) is None
