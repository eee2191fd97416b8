from __future__ import annotations

from pathlib import Path

import pytest

from mt.errors import ConfigError
from recipes.starter.config import load_starter_config

CONFIG = Path(__file__).resolve().parents[1] / "configs" / "starter.yaml"


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("model.attention_heads=5", r"\[model.attention_heads\]: is 5, which does not divide d_model \(512\)"),
        ("model.vocab_size=-4", r"\[model.vocab_size\]: must be at least 1, not -4"),
        ("corpus.sources=[{zh: -1}]", r"\[corpus.sources.0.path\]: is missing"),
        ("corpus.sources=[{path: a, zh: -1}]", r"\[corpus.sources.0.zh\]: must be at least 0, not -1"),
        ("training.split_shar=0.1", "did you mean 'training.split_share'"),
        ("data.folds=5", "unknown key 'data'"),
    ],
)
def test_values_without_sense_are_refused_in_one_line(override: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected) as caught:
        load_starter_config(CONFIG, [override])
    assert "\n" not in str(caught.value)
