"""One line a user can act on for each way in which a value can be wrong."""

from __future__ import annotations

import difflib
import re
import typing
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from mt.config.fields import Null
from mt.errors import ConfigError

# What other toolkits call a setting (transformers, fairseq, Marian, OpenNMT), where the spelling does not lead to it.
_SYNONYMS = {
    "model.base": "model_name_or_path model_name pretrained checkpoint",
    "run.dir": "output_dir save_dir output",
    "data.documents": "train_file train_data files",
    "terms.glossary": "terminology termbase dictionary",
    "lora.rank": "r lora_r",
    "lora.alpha": "lora_alpha",
    "lora.dropout": "lora_dropout",
    "lora.targets": "target_modules",
    "training.batch_tokens": "batch_size per_device_train_batch_size train_batch_size max_tokens mini_batch",
    "training.gradient_accumulation_steps": "accumulate grad_accum update_freq optimizer_delay",
    "training.max_steps": "steps max_update train_steps after_batches",
    "training.num_train_epochs": "epochs max_epoch max_epochs num_epochs after_epochs",
    "training.learning_rate": "lr",
    "training.warmup_steps": "warmup warmup_ratio warmup_updates lr_warmup",
    "training.lr_scheduler_type": "schedule scheduler lr_scheduler lr_decay",
    "training.max_grad_norm": "clip_norm grad_clip clip",
    "training.label_smoothing_factor": "label_smoothing",
    "training.precision": "bf16 fp16 amp mixed_precision",
    "training.checkpoint_minutes": "save_steps save_strategy save_freq",
    "training.eval_steps": "eval_strategy valid_freq validate_interval",
    "training.logging_steps": "log_every log_interval disp_freq",
    "training.early_stopping_patience": "patience early_stopping",
    "decoding.num_beams": "beams beam beam_size",
    "decoding.max_length_ratio": "max_length max_new_tokens max_len_a",
    "decoding.no_repeat_ngram_size": "no_repeat_ngram ngram",
}
_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "model_type": "a section of key: value lines",
}
_BOUNDS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("at most", "le"),
}


def explain(error: ValidationError, model: type[BaseModel], path: Path | None = None) -> ConfigError:
    """Turn the first of pydantic's errors, an unknown key before all others, into one line."""
    found = min(error.errors(include_url=False), key=lambda found: found["type"] != "extra_forbidden")
    kind, place = found["type"], found["loc"]
    if kind == "invalid_key":  # of a YAML mapping: a number or a date
        place = (*place[:-1], str(place[-1]))
    key = re.sub(r"\.\[", "[", ".".join(f"[{part}]" if isinstance(part, int) else part for part in place))
    fields = dict(_fields(model))
    if kind in ("extra_forbidden", "invalid_key"):
        return ConfigError(f"unknown key '{key}'", path=path, hint=_similar(place, key, fields))
    return ConfigError(_reason(found), path=path, field=key, hint=_hint(found, fields.get(_name(place))))


def _name(location: Iterable[str | int]) -> str:
    return ".".join(part for part in location if isinstance(part, str))


def _fields(model: Any, prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every field below a section, or below the items of a list of them, by its dotted name."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        for name, field in model.model_fields.items():
            yield prefix + name, field
            yield from _fields(field.annotation, f"{prefix}{name}.")
    for inner in typing.get_args(model):
        yield from _fields(inner, prefix)


def _reason(found: Any) -> str:
    kind, context, given = found["type"], found.get("ctx", {}), found["input"]
    if kind in _BOUNDS:
        word, bound = _BOUNDS[kind]
        return f"must be {word} {context[bound]:,.15g}, not {_short(given)}"
    if kind in _TYPES:
        return f"must be {_TYPES[kind]}, not {_described(given)}"
    fixed = {
        "finite_number": f"must be a finite number, not {_short(given)}",
        "literal_error": f"is {_described(given)}",
        "missing": "is missing",
        "string_too_short": "is empty",
        "too_long": f"has {context.get('actual_length')} entries, and at most {context.get('max_length')} are possible",
    }
    return fixed.get(kind) or str(context.get("error") or found["msg"])


def _hint(found: Any, field: FieldInfo | None) -> str | None:
    given = found["input"]
    if found["type"] == "literal_error" and field is not None:
        return _closest(str(given), [str(choice) for choice in typing.get_args(field.annotation)])
    if found["type"] == "string_type" and isinstance(given, int | float):
        return f"write it in quotes: '{_short(given)}'"
    meanings = [mark.meaning for mark in field.metadata if isinstance(mark, Null)] if field is not None else []
    return f"write null for {meanings[0]}" if meanings else None


def _similar(place: tuple[str | int, ...], key: str, fields: dict[str, FieldInfo]) -> str:
    """Suggest the key that was meant: a synonym, the same name in another section, or a similar name in this one."""
    *parents, last = (*place[:-1], str(place[-1]))
    synonyms = [name for name in fields if last in _SYNONYMS.get(name, "").split()]
    elsewhere = [name for name in fields if name.count(".") < 2 and f".{name}".endswith(f".{last}")]
    if found := synonyms or elsewhere:
        return f"did you mean {' or '.join(map(repr, found))}?"
    here = [name.rpartition(".")[2] for name in fields if name.rpartition(".")[0] == _name(parents)]
    return _closest(last, here, key.removesuffix(last))


def _closest(given: str, choices: list[str], prefix: str = "") -> str:
    near = difflib.get_close_matches(given, choices, n=1)
    return f"did you mean '{prefix}{near[0]}'?" if near else f"choose one of {', '.join(choices)}"


def _described(value: Any) -> str:
    """Name a YAML value's type, with the value itself where it is short."""
    if value is None or isinstance(value, dict | list):
        return "empty" if value is None else "a section" if isinstance(value, dict) else "a list"
    if isinstance(value, bool):
        return str(value).lower()
    words = {str: "text", int: "the whole number", float: "the number"}
    return f"{words.get(type(value), type(value).__name__)} {_short(repr(value))}"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
