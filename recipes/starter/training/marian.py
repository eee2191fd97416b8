"""A new Marian model, and what it records for those who use it."""

from __future__ import annotations

import copy
from pathlib import Path

import torch
from transformers import GenerationConfig, MarianConfig, MarianMTModel, PreTrainedModel, PreTrainedTokenizerBase

from mt.io.files import write_json
from mt.io.text import read_json
from mt.models.load import tag_ids
from mt.models.options import ModelOptions
from mt.models.tags import LENGTH_TAGS
from mt.training.saving.publish import save_model
from recipes.starter.config import LONGEST_INPUT, ModelConfig, StarterConfig

# Low enough that softmax gives 0, high enough for bf16 and for the sums of a beam.
_NEVER = -1e4


def new_marian(shape: ModelConfig, tokenizer: PreTrainedTokenizerBase, *, seed: int) -> PreTrainedModel:
    """Make a Marian model with random weights: post-norm, swish, sinusoidal positions, all embeddings tied.

    Term tags, length tags, ``<unk>`` and ``<pad>`` can never be produced, because of their output bias.
    """
    config = MarianConfig(
        vocab_size=len(tokenizer),
        max_position_embeddings=LONGEST_INPUT,
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
        vocabulary = tokenizer.get_vocab()
        never += [vocabulary[tag] for tag in LENGTH_TAGS if tag in vocabulary]
        model.final_logits_bias[0, never] = _NEVER
    model.generation_config = GenerationConfig(
        decoder_start_token_id=config.decoder_start_token_id,
        pad_token_id=config.pad_token_id,
        eos_token_id=config.eos_token_id,
        forced_eos_token_id=config.eos_token_id,
        max_length=LONGEST_INPUT,
        num_beams=4,
    )
    return model


def record_options(model: PreTrainedModel, config: StarterConfig) -> None:
    """Record in a new model how requests are best made to it and how it was trained."""
    decoding = config.decoding
    ModelOptions(
        prefix=config.model.source_prefix or None,
        clause_characters=decoding.clause_characters or 0,
        numbers=decoding.numbers == "request",
        names=decoding.names == "request",
        label_smoothing_factor=config.training.label_smoothing_factor or 0.0,
    ).write(model.config)
    if decoding.length_penalty is not None:
        model.generation_config.length_penalty = decoding.length_penalty


def save_in_bf16(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: str | Path, card: str = ""
) -> None:
    """Write a model folder with weights in bfloat16, loaded in fp32 by default: most CPUs are slow in bfloat16."""
    save_model(copy.deepcopy(model).to("cpu", torch.bfloat16), tokenizer, folder, card=card)
    path = Path(folder) / "config.json"
    write_json(path, {**read_json(path), "dtype": "float32"})
