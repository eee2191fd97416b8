"""Sequence-to-sequence models and tokenizers by folder or hub name: safetensors only, no remote code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from mt.constraints.annotate import TAGS
from mt.errors import ModelError

__all__ = ["knows_tags", "load_model", "load_tokenizer", "longest_input", "set_languages", "tag_ids"]


def load_model(
    name: str, *, dtype: torch.dtype = torch.float32, **changes: Any
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a model and its tokenizer, told to go from Chinese to English.

    Args:
        name: a local folder, or a hub name that is in the cache or can be fetched.
        dtype: of the weights in memory.
        changes: values to replace in the model's configuration.

    Raises:
        ModelError: there is no such model, or it is no sequence-to-sequence model in safetensors.
    """
    tokenizer = load_tokenizer(name)
    try:
        # Left to itself from_pretrained would also try pickled weights.
        model = AutoModelForSeq2SeqLM.from_pretrained(
            name, dtype=dtype, use_safetensors=True, trust_remote_code=False, **changes
        )
    except (OSError, ValueError) as error:
        raise _unusable(name, error) from None
    set_languages(model, tokenizer)
    return model, tokenizer


def load_tokenizer(name: str) -> PreTrainedTokenizerBase:
    """Load a tokenizer by folder or hub name; raises ``ModelError`` when there is none."""
    path = Path(name)
    if path.exists() and not (path / "config.json").is_file():
        raise ModelError("holds no model (no config.json)", path=name, mend="give a folder save_pretrained wrote")
    try:
        AutoConfig.from_pretrained(name, trust_remote_code=False)
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise _unusable(name, error) from None
    return tokenizer


def _unusable(name: str, error: Exception) -> ModelError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return ModelError(f"cannot be loaded ({reason})", path=name, mend="give a model folder or a cached hub name")


def knows_tags(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether the term tags are special tokens of a tokenizer, so that sources may be annotated."""
    return set(TAGS) <= set(tokenizer.all_special_tokens)


def tag_ids(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Return the identifiers of the opening, translation and closing tag.

    Raises:
        ModelError: the tokenizer does not hold them as single tokens.
    """
    ids = [tokenizer.convert_tokens_to_ids(tag) for tag in TAGS]
    if None in ids or tokenizer.unk_token_id in ids:
        raise ModelError("the tokenizer has no term tags", mend="train the model with zhen-mt first")
    return ids


# Names that multilingual tokenizers give Simplified Chinese and English.
_LANGUAGE_CODES = (("zho_Hans", "eng_Latn"), ("zh_CN", "en_XX"), ("zh", "en"))


def set_languages(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Tell a multilingual base (NLLB-200, mBART-50, M2M100) to go from Chinese to English.

    A base that knows no language codes (Marian, T5) is left as it is.
    """
    if not hasattr(tokenizer, "src_lang"):
        return
    known = set(getattr(tokenizer, "lang_code_to_token", None) or ()) | set(tokenizer.get_vocab())
    for chinese, english in _LANGUAGE_CODES:
        if chinese in known and english in known:
            tokenizer.src_lang, tokenizer.tgt_lang = chinese, english
            codes = getattr(tokenizer, "lang_code_to_token", None) or {}
            forced = tokenizer.convert_tokens_to_ids(codes.get(english, english))
            if model.generation_config is not None:
                model.generation_config.forced_bos_token_id = forced
            return


# What relative-position models (T5) are given, which have no limit of their own.
_UNLIMITED = 1024


def longest_input(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> int:
    """Return how many tokens a model takes, by its positions and its tokenizer."""
    limits = (getattr(model.config, "max_position_embeddings", None), tokenizer.model_max_length, _UNLIMITED)
    return min(int(limit) for limit in limits if limit)
