"""Dropout that rises from nothing: in every family, and as a function of the step alone."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import tiny_bases
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from mt.config import Config, TrainingConfig, load_config
from mt.errors import ConfigError
from mt.models.load import load_model
from mt.training.rising_dropout import RisingDropout
from mt.training.starter import train_starter


class Layer(nn.Module):
    """What a layer of Marian keeps as a number and one of T5 as a module."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout, self.activation_dropout, self.attention_dropout = 0.2, 0.0, 0.1
        self.inner = nn.Dropout(0.4)


@given(st.integers(0, 1000), st.integers(1, 1000), st.integers(0, 3000))
def test_it_rises_evenly_to_its_value_and_stays_there(begin: int, steps: int, step: int) -> None:
    layer = Layer()
    RisingDropout(layer, TrainingConfig(dropout_begin=begin, dropout_steps=steps))(step)
    share = 0.0 if step <= begin else min(1.0, (step - begin) / steps)
    assert layer.dropout == pytest.approx(0.2 * share)
    assert layer.attention_dropout == pytest.approx(0.1 * share)
    assert layer.activation_dropout == 0.0
    assert layer.inner.p == pytest.approx(0.4 * share)


def test_without_steps_it_is_there_at_once() -> None:
    layer = Layer()
    RisingDropout(layer, TrainingConfig())(0)
    assert (layer.dropout, layer.attention_dropout, layer.inner.p) == (0.2, 0.1, 0.4)


@pytest.mark.parametrize("family", tiny_bases.FAMILIES)
def test_every_family_begins_without_and_ends_with_it(
    family: str, seed_pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    folder = tiny_bases.make(family, [text for pair in seed_pairs for text in pair], tmp_path / family)
    model = load_model(str(folder))[0].train()
    rise = RisingDropout(model, TrainingConfig(dropout_steps=10))
    read = torch.arange(10, 20).view(1, 10)

    def logits(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        with torch.no_grad():
            return model(input_ids=read, decoder_input_ids=read).logits

    rise(0)
    assert torch.equal(logits(1), logits(2))
    rise(5)
    half = (logits(1) - logits(2)).abs().mean()
    rise(10)
    whole = (logits(1) - logits(2)).abs().mean()
    assert 0 < half < whole


def test_training_follows_the_rise(starter_config: Config, tmp_path: Path) -> None:
    losses = {}
    for name, dropout, steps, begin in (
        ("none", 0.0, 0, 0), ("not yet", 0.5, 10, 6), ("risen", 0.5, 1, 0), ("at once", 0.5, 0, 0)
    ):  # fmt: skip
        config = dataclasses.replace(
            starter_config,
            run=dataclasses.replace(starter_config.run, dir=str(tmp_path / name)),
            model=dataclasses.replace(starter_config.model, dropout=dropout, publish=""),
            training=dataclasses.replace(
                starter_config.training, max_steps=4, dropout_steps=steps, dropout_begin=begin
            ),
        )  # fmt: skip
        losses[name] = train_starter(config).loss
    assert losses["not yet"] == losses["none"]
    # It is risen from the second step on.
    assert losses["risen"] not in (losses["none"], losses["at once"])
    assert losses["at once"] != losses["none"]


def test_steps_below_zero_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("training: {dropout_begin: -1}\n", "utf-8")
    with pytest.raises(ConfigError, match=r"training\.dropout_begin"):
        load_config(str(path))
