"""Sequence-to-sequence models and tokenizers by folder or hub name: safetensors only, no remote code."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import yaml
from huggingface_hub import try_to_load_from_cache
from transformers import (
    AddedToken,
    AutoConfig,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from mt.errors import ModelError
from mt.models.families import LANGUAGE_CODES, family
from mt.models.options import ModelOptions
from mt.models.term_tags import TAGS, special_ids

__all__ = [
    "encode_sources",
    "knows_tags",
    "licence_of",
    "load_model",
    "load_model_config",
    "load_tokenizer",
    "longest_input",
    "prefix_ids",
    "set_direction",
    "source_prefix",
    "tag_ids",
]


def load_model(
    name: str,
    *,
    dtype: torch.dtype = torch.float32,
    source_language: str = "",
    target_language: str = "",
    prefix: str | None = None,
    **changes: Any,
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a model and its tokenizer, told to go from Chinese to English.

    Args:
        name: a local folder, or a hub name that is in the cache or can be fetched.
        dtype: of the weights in memory.
        source_language, target_language: codes of a multilingual tokenizer; found by themselves when empty.
        prefix: text before every source; None for what the model was saved with, or its family's own.
        changes: values to replace in the model's configuration.

    Raises:
        ModelError: there is no such model, it is no sequence-to-sequence model in safetensors, or it does not
            know the languages.
    """
    tokenizer = load_tokenizer(name)
    try:
        # Left to itself from_pretrained would also try pickled weights.
        model = AutoModelForSeq2SeqLM.from_pretrained(
            name, dtype=dtype, use_safetensors=True, trust_remote_code=False, **changes
        )
    except (OSError, ValueError) as error:
        raise _unusable(name, error) from None
    if model.get_output_embeddings().weight is not model.get_input_embeddings().weight:
        # Such as mT5, whose configuration says otherwise: resizing and LoRA go by the configuration.
        model.config.tie_word_embeddings = False
    set_direction(model.config, model.generation_config, tokenizer, source_language, target_language, prefix)
    return model, tokenizer


def load_tokenizer(name: str) -> PreTrainedTokenizerBase:
    """Load a tokenizer by folder or hub name; raises ``ModelError`` when there is none that can be used."""
    config = load_model_config(name)
    if getattr(config, "share_encoder_decoder_embeddings", True) is False:
        raise ModelError(
            "has separate vocabularies for source and target, which zhen-mt does not support",
            path=name,
            hint="choose a Marian model with one joint vocabulary, such as Helsinki-NLP/opus-mt-zh-en",
        )
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise _unusable(name, error) from None
    if type(tokenizer).__name__ in ("MBartTokenizer", "MBartTokenizerFast"):
        raise ModelError(
            "is an mBART-25 model, which marks languages in another way", path=name, hint="choose an mBART-50 model"
        )
    _register_languages(name, tokenizer)
    return tokenizer


def load_model_config(name: str | Path) -> PreTrainedConfig:
    """Load a model's configuration by folder or hub name; raises ``ModelError`` when there is none."""
    path = Path(name)
    if path.exists() and not (path / "config.json").is_file():
        raise ModelError("holds no model (no config.json)", path=name, hint="give a folder save_pretrained wrote")
    try:
        return AutoConfig.from_pretrained(name, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise _unusable(name, error) from None


def _unusable(name: str | Path, error: Exception) -> ModelError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    hint = "give a model folder or a cached hub name"
    if "safetensors" in reason:
        hint = "only safetensors are read: convert it once at https://huggingface.co/spaces/safetensors/convert"
    return ModelError(f"cannot be loaded ({reason})", path=name, hint=hint)


def _register_languages(name: str, tokenizer: PreTrainedTokenizerBase) -> None:
    """Make M2M100's language codes special tokens of its tokenizer, with the identifiers they have.

    ``M2M100Tokenizer`` knows them apart from its vocabulary: tokens added later would get their identifiers, and
    decoding would leave them in the text.
    """
    codes: dict[str, int] = getattr(tokenizer, "lang_token_to_id", {})
    known = tokenizer.added_tokens_encoder if codes else {}
    missing = sorted((token for token in codes if token not in known), key=codes.__getitem__)
    if missing:
        tokenizer.add_tokens([AddedToken(token, special=True, normalized=False) for token in missing], True)
    held = tokenizer.added_tokens_decoder if codes else {}
    if any(identifier not in held or held[identifier].content not in codes for identifier in codes.values()):
        raise ModelError(
            "gives identifiers of its language codes to other tokens",
            path=name,
            hint="use the tokenizer files that came with the model",
        )


def knows_tags(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether the term tags are special tokens of a tokenizer, so that sources may be annotated."""
    ids = tokenizer.convert_tokens_to_ids(list(TAGS))
    return tokenizer.unk_token_id not in ids and special_ids(tokenizer).issuperset(ids)


def tag_ids(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Return the identifiers of the opening, translation and closing tag.

    Raises:
        ModelError: the tokenizer does not hold them as single tokens.
    """
    ids = [tokenizer.convert_tokens_to_ids(tag) for tag in TAGS]
    if None in ids or tokenizer.unk_token_id in ids:
        raise ModelError("the tokenizer has no term tags", hint="train the model with zhen-mt first")
    return ids


def set_direction(
    config: PreTrainedConfig,
    generation: GenerationConfig,
    tokenizer: PreTrainedTokenizerBase,
    source_language: str = "",
    target_language: str = "",
    prefix: str | None = None,
) -> None:
    """Tell a model to go from Chinese to English, and note it in its configurations, which are saved with it.

    Multilingual tokenizers (M2M100, NLLB-200, mBART-50) put the source language before a source, and the target
    language is the first token of the output, which is forced. What is not given here is as the model was saved,
    or as its family has it.

    Args:
        config, generation, tokenizer: of the model; changed in place.
        source_language, target_language, prefix: as in :func:`load_model`.

    Raises:
        ModelError: the tokenizer does not know a language, or knows no languages at all.
    """
    saved, default = ModelOptions.read(config), family(config).prefix
    if prefix is None:
        prefix = default if saved.prefix is None else saved.prefix
    saved = saved.replace(prefix=prefix if prefix or default else None)
    if not hasattr(tokenizer, "src_lang"):
        if source_language or target_language:
            raise ModelError(
                "this base knows no language codes",
                field="model.source_language" if source_language else "model.target_language",
                hint="leave it empty; a Marian model of several targets takes model.source_prefix: '>>eng<< '",
            )
        saved.write(config)
        return
    known = _languages(tokenizer)
    codes = next((pair for pair in LANGUAGE_CODES if known.issuperset(pair)), ("", ""))
    chosen = (
        source_language or saved.source_language or codes[0],
        target_language or saved.target_language or codes[1],
    )
    for language, key in zip(chosen, ("model.source_language", "model.target_language"), strict=True):
        if not language:
            raise ModelError(
                "the base's tokenizer names no Chinese", hint="give the files it was published with, or the code"
            )
        if language not in known:
            near = difflib.get_close_matches(language, sorted(known), n=1)
            hint = f"did you mean '{near[0]}'?" if near else "give a code that its tokenizer has"
            raise ModelError(f"the base's tokenizer has no language '{language}'", field=key, hint=hint)
    tokenizer.src_lang, tokenizer.tgt_lang = chosen
    # M2M100's codes are not their tokens, and its files may name those in another order than their identifiers.
    identify = getattr(tokenizer, "get_lang_id", tokenizer.convert_tokens_to_ids)
    generation.forced_bos_token_id = identify(chosen[1])
    saved.replace(source_language=chosen[0], target_language=chosen[1]).write(config)


def _languages(tokenizer: PreTrainedTokenizerBase) -> set[str]:
    """Return the codes a multilingual tokenizer accepts."""
    named = getattr(tokenizer, "lang_code_to_token", None)
    if named:
        return set(named)
    return {token for token in tokenizer.get_vocab() if re.fullmatch(r"[a-z]{2,3}_[A-Z][A-Za-z]{1,3}", token)}


def source_prefix(config: PreTrainedConfig) -> str:
    """Return the text that goes before every source: as the model was saved, or as its family has it."""
    saved = ModelOptions.read(config).prefix
    return family(config).prefix if saved is None else saved


def encode_sources(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], prefix: str) -> list[list[int]]:
    """Tokenise sources, annotated or plain, as the encoder takes them: the one way for training and inference."""
    ids: list[list[int]] = tokenizer([prefix + text for text in texts])["input_ids"] if texts else []
    return ids


def prefix_ids(tokenizer: PreTrainedTokenizerBase, prefix: str) -> list[int]:
    """Return the tokens of what goes before every source, for sources that are token ids already."""
    return encode_sources(tokenizer, [""], prefix)[0][:-1] if prefix else []


# What relative-position models (T5) are given, which have no limit of their own.
_UNLIMITED = 1024


def longest_input(model: PreTrainedModel | PreTrainedConfig, tokenizer: PreTrainedTokenizerBase) -> int:
    """Return how many tokens a model (or what its configuration describes) takes, by positions and tokenizer."""
    config = getattr(model, "config", model)
    limits = (getattr(config, "max_position_embeddings", None), tokenizer.model_max_length, _UNLIMITED)
    return min(int(limit) for limit in limits if limit)


def licence_of(name: str) -> str:
    """Return the licence that a base's model card states; empty where there is no card, or it does not say."""
    card: Any = Path(name) / "README.md"
    if not Path(name).exists():
        try:
            card = try_to_load_from_cache(name, "README.md")
        except ValueError:  # no hub name either
            return ""
    if not isinstance(card, (str, Path)):
        return ""
    try:
        found = re.match(r"---\n(.*?)\n---", Path(card).read_text("utf-8"), re.DOTALL)
        head = yaml.safe_load(found[1]) if found else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return ""
    licence = head.get("license") if isinstance(head, dict) else None
    return " ".join(licence) if isinstance(licence, list) else str(licence or "")
