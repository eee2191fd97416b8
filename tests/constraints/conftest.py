"""Tiny models with random weights, in the architectures that translate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

TINY = {"d_model": 16, "vocab_size": 40, "dropout": 0.0, "init_std": 0.6}
BART_LIKE = {
    **TINY,
    "encoder_layers": 1,
    "decoder_layers": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 24,
    "decoder_ffn_dim": 24,
    "max_position_embeddings": 64,
}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny_model() -> Callable[..., Any]:
    """Build a model of an architecture; the same arguments give the same weights."""

    def build(architecture: str, seed: int = 0, **changes: Any) -> Any:
        import transformers

        torch.manual_seed(seed)
        if architecture == "marian":
            config = {**BART_LIKE, "pad_token_id": 39, "eos_token_id": 0, "decoder_start_token_id": 39, **changes}
            config.setdefault("forced_eos_token_id", 0)
            config["decoder_vocab_size"] = config["vocab_size"]
            model = transformers.MarianMTModel(transformers.MarianConfig(**config))
        elif architecture == "m2m100":
            config = {**BART_LIKE, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2, **changes}
            model = transformers.M2M100ForConditionalGeneration(transformers.M2M100Config(**config))
        elif architecture == "mbart":
            config = {**BART_LIKE, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2, **changes}
            model = transformers.MBartForConditionalGeneration(transformers.MBartConfig(**config))
        else:
            config = {
                "d_model": 16,
                "vocab_size": 40,
                "d_kv": 8,
                "d_ff": 24,
                "num_layers": 2,
                "num_heads": 2,
                **changes,
            }
            config |= {"pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0, "dropout_rate": 0.0}
            model = transformers.T5ForConditionalGeneration(
                transformers.T5Config(**config, initializer_factor=2.0, tie_word_embeddings=False)
            )
        return model.eval()

    return build


ARCHITECTURES = ("marian", "m2m100", "mbart", "t5")


@pytest.fixture(params=ARCHITECTURES)
def architecture(request: pytest.FixtureRequest) -> str:
    return request.param
