from __future__ import annotations

import numpy as np
import pytest
from transformers import MarianConfig

from mt.training.data.batching import collate
from recipes.starter.training.flops import model_flops, peak_flops


def test_operations_are_six_a_weight_and_token_and_padding_is_not_counted() -> None:
    config = MarianConfig(
        vocab_size=1000, d_model=64, encoder_layers=3, decoder_layers=2, encoder_ffn_dim=128, decoder_ffn_dim=256
    )

    def flops(source: int, target: int, more: int = 0) -> float:
        rows = [(np.ones(source, np.uint16), np.ones(target, np.uint16))]
        rows += [(np.ones(more, np.uint16), np.ones(more, np.uint16))] if more else []
        return model_flops(config, collate([row[0] for row in rows], [row[1] for row in rows], 0))

    # Of one token a side attention is next to nothing: what is left are the matrices.
    encoder = 3 * (4 * 64**2 + 2 * 64 * 128)
    decoder = 2 * (8 * 64**2 + 2 * 64 * 256) + 64 * 1000
    assert flops(1, 1) == pytest.approx(6 * (encoder + decoder), rel=0.02)
    assert flops(5, 9, more=50) == pytest.approx(flops(5, 9) + flops(50, 50))


def test_the_peak_of_a_gpu_is_known_by_its_name() -> None:
    assert peak_flops("NVIDIA H100 80GB HBM3") == 989e12
    assert peak_flops("an abacus") is None
