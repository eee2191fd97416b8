"""Sequence-to-sequence models and tokenizers by folder or hub name: safetensors only, no remote code, checked whole.

torch is imported where a model is loaded, not before: tokenizers of Marian models do without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from mt.errors import ModelError, UserError
from mt.io.text import read_json
from mt.models.families import family
from mt.models.folder import find_folder, read_config
from mt.models.languages import register_languages, set_direction
from mt.models.options import ModelOptions
from mt.models.tags import LENGTH_TAGS, TAGS, special_ids

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

# Longest input of models with relative positions (T5), which have no limit of their own, in tokens.
_UNLIMITED = 1024


def load_model(
    name: str | Path,
    *,
    dtype: Any = "float32",
    source_language: str = "",
    target_language: str = "",
    prefix: str | None = None,
    **changes: Any,
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a model and its tokenizer, set to translate from Chinese into English.

    Args:
        name: a folder, or a hub name.
        source_language, target_language: codes of a multilingual tokenizer; by default the usual ones.
        prefix: text before every source; None for what the model was saved with, or its family's default.
        changes: values to replace in the model's configuration.

    Raises:
        ModelError: there is no such model, it is no sequence-to-sequence model in safetensors, its files are damaged
            or do not fit together, or it does not know the languages.
    """
    folder, tokenizer = find_folder(name), load_tokenizer(name)
    _read_generation(folder)
    if not any(folder.glob("*.safetensors")):
        hint = "only safetensors are read: convert it once at https://huggingface.co/spaces/safetensors/convert"
        raise ModelError("has no weights (no model.safetensors)", path=name, hint=hint)
    # Left to itself from_pretrained would also try pickled weights, and keep random ones where the folder's do not fit.
    options = {"use_safetensors": True, "trust_remote_code": False, "ignore_mismatched_sizes": True}
    with loading(name):
        from transformers import AutoModelForSeq2SeqLM

        model, report = AutoModelForSeq2SeqLM.from_pretrained(
            folder, dtype=dtype, output_loading_info=True, **options, **changes
        )
    _complete(model.generation_config, model.config)
    _check_weights(name, model, report, len(tokenizer))
    if model.get_output_embeddings().weight is not model.get_input_embeddings().weight:
        # Such as mT5, whose configuration says otherwise: resizing and LoRA go by the configuration.
        model.config.tie_word_embeddings = False
    set_direction(model.config, model.generation_config, tokenizer, source_language, target_language, prefix)
    return model, tokenizer


def _check_weights(name: str | Path, model: PreTrainedModel, report: Mapping[str, Any], tokens: int) -> None:
    """Refuse a model whose weights are missing, of another shape, not finite, or fewer than the tokens it needs."""
    import torch

    missing, rows = sorted(report["missing_keys"]), model.get_input_embeddings().weight.shape[0]
    ids = [
        (key, getattr(settings, key))
        for settings in (model.config, model.generation_config)
        for key in ("pad_token_id", "decoder_start_token_id")
    ]
    # A sum is NaN or infinite where one value is; no finite weights overflow float64.
    infinite = (key for key, own in model.named_parameters() if not own.sum(dtype=torch.float64).isfinite())
    if report["mismatched_keys"]:
        key, saved, expected = min(report["mismatched_keys"])
        shapes = f"{key} is {'×'.join(map(str, saved))}, not {'×'.join(map(str, expected))}"
        problem = f"its weights do not fit its config.json ({shapes})"
    elif missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        problem = f"its weights lack {', '.join(missing[:3])}{more}"
    elif (key := next(infinite, None)) is not None:
        problem = f"its weights are not all finite numbers ({key})"
    elif tokens > rows:
        problem = f"its tokenizer has {tokens} tokens, its weights {rows}"
    elif wrong := [key for key, value in ids if type(value) is not int or not 0 <= value < rows]:
        problem = f"its {wrong[0]} is no token"
    else:
        return
    raise ModelError(problem, path=name, hint="copy the folder again, or train the model again")


def load_tokenizer(name: str | Path) -> PreTrainedTokenizerBase:
    """Load a tokenizer by folder or hub name; raises ``ModelError`` where there is none that can be used."""
    folder = find_folder(name)
    config = read_config(folder)
    if getattr(config, "share_encoder_decoder_embeddings", True) is False:
        raise ModelError(
            "has separate vocabularies for source and target, which zhen-mt does not support",
            path=name,
            hint="choose a Marian model with one joint vocabulary, such as Helsinki-NLP/opus-mt-zh-en",
        )
    tokenizer: PreTrainedTokenizerBase
    with loading(name):
        if config.model_type == "marian" and not (folder / "tokenizer.json").is_file():
            # What AutoTokenizer gives too, but that imports torch.
            from transformers import MarianTokenizer

            tokenizer = MarianTokenizer.from_pretrained(folder)
        else:
            from transformers import AutoTokenizer

            tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    if type(tokenizer).__name__ in ("MBartTokenizer", "MBartTokenizerFast"):
        problem = "is an mBART-25 model, which encodes languages in another way"
        raise ModelError(problem, path=name, hint="choose an mBART-50 model")
    longest = tokenizer.model_max_length
    if None in (tokenizer.eos_token_id, tokenizer.pad_token_id) or not isinstance(longest, int | float) or longest < 1:
        problem = "its tokenizer lacks </s>, the padding or a length (tokenizer_config.json)"
        raise ModelError(problem, path=name, hint="use the tokenizer files that came with the model")
    register_languages(str(name), tokenizer)
    return tokenizer


def load_model_config(name: str | Path) -> PreTrainedConfig:
    """Load a model's configuration by folder or hub name; raises ``ModelError`` where there is none to be used."""
    folder = find_folder(name)
    read_config(folder)
    with loading(name):
        from transformers import AutoConfig

        return AutoConfig.from_pretrained(folder, trust_remote_code=False)


def load_generation_config(name: str | Path) -> Any:
    """Load a model's generation settings, or transformers' own for its configuration; errors as for the model."""
    folder = find_folder(name)
    saved = _read_generation(folder)
    if saved is not None:
        return _complete(saved, read_config(folder))
    with loading(name):
        from transformers import GenerationConfig

        return GenerationConfig.from_model_config(load_model_config(folder))


def _complete(generation: Any, config: Any) -> Any:
    """Fill in the tokens that generation settings lack and a model's configuration has."""
    for key in ("decoder_start_token_id", "eos_token_id", "pad_token_id"):
        if getattr(generation, key) is None:
            setattr(generation, key, getattr(config, key, None))
    return generation


def _read_generation(folder: Path) -> _Generation | None:
    """Return the generation settings of a folder; damaged ones are refused, which transformers would leave out."""
    path = folder / "generation_config.json"
    if not path.is_file():
        return None
    settings = read_json(path, error=ModelError)
    if not isinstance(settings, dict):
        raise ModelError("holds no settings", path=path, hint="give a folder that save_pretrained wrote")
    try:
        return _Generation.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise ModelError(first["msg"], path=path, field=field, hint="give the file that came with the model") from None


_Id = Annotated[int, Field(ge=0, strict=True)]


class _Generation(BaseModel, extra="allow"):
    """The settings of a ``generation_config.json`` that decide what is written here."""

    bos_token_id: _Id | list[_Id] | None = None
    eos_token_id: _Id | list[_Id] | None = None
    pad_token_id: _Id | None = None
    decoder_start_token_id: _Id | None = None
    forced_bos_token_id: _Id | None = None
    forced_eos_token_id: _Id | list[_Id] | None = None
    suppress_tokens: list[_Id] | None = None
    begin_suppress_tokens: list[_Id] | None = None
    bad_words_ids: list[list[_Id]] | None = None
    num_beams: Annotated[int, Field(ge=1)] | None = None
    max_length: Annotated[int, Field(ge=1)] | None = None
    length_penalty: Annotated[float, Field(allow_inf_nan=False)] | None = None


@contextmanager
def loading(name: str | Path, problem: str = "cannot be loaded") -> Iterator[None]:
    """Make one ``ModelError`` of whatever the libraries raise, and keep their progress bars and reports quiet."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # a damaged file may raise anything: KeyError, RuntimeError, SafetensorError, …
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise ModelError(f"{problem} ({reason})", path=name, hint="give a model folder or hub name") from None
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def knows_tags(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether the term tags are special tokens of a tokenizer, so that sources may be annotated."""
    return (special_ids(tokenizer) - {tokenizer.unk_token_id}).issuperset(tokenizer.convert_tokens_to_ids(list(TAGS)))


def tag_ids(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Return the ids of the opening, translation and closing tag; raises ``ModelError`` where a tag has none."""
    ids = [tokenizer.convert_tokens_to_ids(tag) for tag in TAGS]
    if None in ids or tokenizer.unk_token_id in ids:
        raise ModelError("the tokenizer has no term tags", hint="train the model with zhen-mt first")
    return ids


def source_prefix(config: Any) -> str:
    """Return the text before every source: as the model was saved, or its family's default."""
    saved = ModelOptions.read(config).prefix
    return family(config).prefix if saved is None else saved


def encode_sources(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], prefix: str) -> list[list[int]]:
    """Tokenise sources, annotated or plain, as the encoder takes them: the one way for training and inference."""
    escaped = escape_special(tokenizer, texts, kept=(*TAGS, *LENGTH_TAGS))
    ids: list[list[int]] = tokenizer([prefix + text for text in escaped])["input_ids"] if texts else []
    return ids


def encode_targets(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[list[int]]:
    """Tokenise references, as the decoder is to write them."""
    ids: list[list[int]] = tokenizer(text_target=escape_special(tokenizer, texts))["input_ids"] if texts else []
    return ids


def escape_special(tokenizer: Any, texts: Sequence[str], kept: Sequence[str] = ()) -> list[str]:
    """Write a space into what the tokenizer would take for a special token: in users' texts </s> and >>id<< are text.

    ``kept`` are special tokens that are meant.
    """
    tokens = {*tokenizer.convert_ids_to_tokens(sorted(special_ids(tokenizer)))} - set(kept)
    special = re.compile("|".join(map(re.escape, sorted(tokens, key=len, reverse=True))) or "(?!)")
    # Marian's tokenizers read >>…<< at the beginning as a language.
    return [
        re.sub(r"^(\s*>)(?=>)", r"\1 ", special.sub(lambda token: token.group()[0] + " " + token.group()[1:], text))
        for text in texts
    ]


def prefix_ids(tokenizer: PreTrainedTokenizerBase, prefix: str) -> list[int]:
    """Return the tokens of a source prefix, for sources that are token ids already."""
    return encode_sources(tokenizer, [""], prefix)[0][:-1] if prefix else []


def longest_input(model: Any, tokenizer: PreTrainedTokenizerBase) -> int:
    """Return how many tokens a model, or the model that a configuration describes, takes."""
    config = getattr(model, "config", model)
    limits = (getattr(config, "max_position_embeddings", None), tokenizer.model_max_length, _UNLIMITED)
    return min(int(limit) for limit in limits if limit)
