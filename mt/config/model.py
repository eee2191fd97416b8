"""The ``model`` section."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mt.config.fields import Count, Null
from mt.config.section import Section

__all__ = ["ModelConfig"]

_Dropout = Annotated[float, Field(ge=0, le=0.9)]


class ModelConfig(Section):
    """The sequence-to-sequence model: a base to fine-tune, or the shape of a new one."""

    base: str = ""
    """Folder or Hugging Face name of the model to fine-tune; empty to train a new one of the shape below."""
    source_language: str = ""
    """Source code of a multilingual tokenizer (NLLB: zho_Hans); empty to find it from the tokenizer."""
    target_language: str = ""
    """Target code of a multilingual tokenizer (NLLB: eng_Latn); empty to find it from the tokenizer."""
    source_prefix: str = "auto"
    """Text before every source, saved with the model; `auto` for what the base was trained with: T5's task prefix, or
    the length tag with which validation documents come out as long as their references."""
    vocab_size: Count = 12000
    """Entries of a new model's vocabulary."""
    d_model: Count = 256
    """Width of a new model's layers."""
    encoder_layers: Count = 4
    """Encoder layers of a new model."""
    decoder_layers: Count = 2
    """Decoder layers of a new model."""
    attention_heads: Count = 4
    """Attention heads of a new model; they divide `d_model` among them."""
    ffn_dim: Count = 1024
    """Width of a new model's feed-forward layers."""
    dropout: Annotated[_Dropout | None, Null("the base's own value")] = None
    """Dropout in training; null for the base's own, and none in a new model. More than the base was trained with
    unsettles it."""
