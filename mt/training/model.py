"""The sequence-to-sequence models that can be trained: a new Marian, or any base with tags added."""

from __future__ import annotations

import logging
from typing import Any

import torch
from transformers import (
    GenerationConfig,
    MarianConfig,
    MarianMTModel,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from mt.config import ModelConfig
from mt.constraints.annotate import TAGS
from mt.models import load_model, tag_ids

__all__ = ["add_tags", "load_base", "new_marian"]

_log = logging.getLogger(__name__)

# Low enough that softmax gives nothing, high enough for bf16 and for sums of a beam.
_NEVER = -1e4
_LONGEST_INPUT = 512


def new_marian(shape: ModelConfig, tokenizer: PreTrainedTokenizerBase, *, seed: int) -> PreTrainedModel:
    """Make a Marian model with random weights, post-norm, swish, sinusoidal positions, all tied.

    Tags, ``<unk>`` and ``<pad>`` can never be produced: their output bias says so.
    """
    config = MarianConfig(
        vocab_size=len(tokenizer),
        max_position_embeddings=_LONGEST_INPUT,
        d_model=shape.d_model,
        encoder_layers=shape.encoder_layers,
        decoder_layers=shape.decoder_layers,
        encoder_attention_heads=shape.attention_heads,
        decoder_attention_heads=shape.attention_heads,
        encoder_ffn_dim=shape.ffn_dim,
        decoder_ffn_dim=shape.ffn_dim,
        activation_function="swish",
        dropout=shape.dropout,
        scale_embedding=True,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.pad_token_id,
        forced_eos_token_id=tokenizer.eos_token_id,
    )
    torch.manual_seed(seed)
    model = MarianMTModel(config)
    with torch.no_grad():
        # CTranslate2 starts a Marian decoder from zeros, so this row must be and stay zero.
        model.model.shared.weight[tokenizer.pad_token_id].zero_()
        never = [tokenizer.pad_token_id, tokenizer.unk_token_id, *tag_ids(tokenizer)]
        model.final_logits_bias[0, never] = _NEVER
    model.generation_config = GenerationConfig(
        decoder_start_token_id=config.decoder_start_token_id,
        pad_token_id=config.pad_token_id,
        eos_token_id=config.eos_token_id,
        forced_eos_token_id=config.eos_token_id,
        max_length=_LONGEST_INPUT,
        num_beams=4,
    )
    return model


def load_base(name: str, dropout: float | None = None) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a base by folder or hub name, in fp32, with the term tags in its vocabulary.

    Raises:
        ModelError: there is no such model, or it is no sequence-to-sequence model with safetensors.
    """
    changes: dict[str, Any] = {} if dropout is None else {"dropout": dropout}
    model, tokenizer = load_model(name, **changes)
    add_tags(model, tokenizer)
    return model, tokenizer


def add_tags(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> int:
    """Add the tags a base lacks, each row the mean of the others; return how many were added."""
    missing = [tag for tag in TAGS if tokenizer.convert_tokens_to_ids(tag) in (None, tokenizer.unk_token_id)]
    if not missing:
        return 0
    tokenizer.add_tokens(missing, special_tokens=True)
    embeddings = model.get_input_embeddings().weight
    old = embeddings.shape[0]
    needed = max(tokenizer.convert_tokens_to_ids(tag) for tag in missing) + 1
    if needed > old:
        model.resize_token_embeddings(needed, mean_resizing=False)
    with torch.no_grad():
        for matrix in {model.get_input_embeddings().weight, model.get_output_embeddings().weight}:
            rows = tag_ids(tokenizer)
            used = [row for row in range(min(old, len(tokenizer))) if row not in rows]
            matrix[rows] = matrix[used].mean(dim=0)
        bias = getattr(model, "final_logits_bias", None)
        if bias is not None:
            bias[0, tag_ids(tokenizer)] = _NEVER
    _log.info("added %d term tags to the vocabulary of %s", len(missing), model.name_or_path)
    return len(missing)
