"""One line a user can act on for each way in which a value can be wrong."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from mt.config.fields import Null
from mt.errors import ConfigError

__all__ = ["explain"]

# Names of the same setting elsewhere (transformers, fairseq, Marian, OpenNMT) that no spelling comparison would find.
_SYNONYMS = {
    "model.base": "model_name_or_path model_name pretrained base_model checkpoint",
    "run.dir": "output_dir save_dir out output",
    "data.documents": "train_file train_data corpus files",
    "training.batch_tokens": "batch_size per_device_train_batch_size train_batch_size max_tokens mini_batch",
    "training.gradient_accumulation_steps": "accumulate accum grad_accum update_freq",
    "training.max_steps": "steps max_update train_steps",
    "training.num_train_epochs": "epochs max_epoch max_epochs num_epochs",
    "training.max_minutes": "minutes time_limit",
    "training.learning_rate": "lr learn_rate",
    "training.warmup_steps": "warmup warmup_ratio warmup_updates",
    "training.lr_scheduler_type": "schedule scheduler lr_scheduler",
    "training.max_grad_norm": "clip_norm grad_clip gradient_clipping clip",
    "training.label_smoothing_factor": "label_smoothing smoothing",
    "training.optimizer": "optim",
    "training.precision": "bf16 fp16 tf32 amp mixed_precision",
    "training.checkpoint_minutes": "save_steps save_strategy save_every",
    "training.eval_steps": "eval_strategy evaluation_strategy validate_every eval_every valid_freq",
    "training.logging_steps": "log_every log_steps report_every",
    "training.early_stopping_patience": "patience early_stopping",
    "training.metric_for_best_model": "choose_by load_best_model_at_end best_metric",
    "decoding.num_beams": "beams beam beam_size",
    "decoding.max_length_ratio": "max_length max_new_tokens max_len_a",
    "decoding.no_repeat_ngram_size": "no_repeat_ngram ngram",
    "lora.rank": "r lora_r",
    "lora.alpha": "lora_alpha",
    "lora.dropout": "lora_dropout",
    "lora.targets": "target_modules lora_targets",
    "terms.glossary": "terminology termbase dictionary",
}


def explain(error: ValidationError, model: type[BaseModel], path: Path | None = None) -> ConfigError:
    """Turn the first of pydantic's errors into one line with file, key, reason and hint."""
    found = min(error.errors(include_url=False), key=lambda found: found["type"] != "extra_forbidden")
    key, given, kind = _dotted(found["loc"]), found["input"], found["type"]
    if kind in ("extra_forbidden", "invalid_key", "unexpected_keyword_argument"):
        return ConfigError(f"unknown key '{key}'", path=path, hint=_similar(found["loc"], model))
    if kind == "missing":
        return ConfigError("is missing", path=path, field=key)
    if kind == "literal_error":
        choices = list(typing.get_args(_annotation(model, found["loc"])))
        return ConfigError(f"is {_kind(given)}", path=path, field=key, hint=_closest(str(given), choices))
    return ConfigError(_reason(found), path=path, field=key or None, hint=_hint(found, model))


def _reason(found: Any) -> str:
    kind, context, given = found["type"], found.get("ctx", {}), found["input"]
    bounds = {
        "greater_than": ("above", "gt"),
        "greater_than_equal": ("at least", "ge"),
        "less_than": ("below", "lt"),
        "less_than_equal": ("at most", "le"),
    }
    if kind == "string_too_short":
        return "is empty"
    if kind in bounds:
        word, bound = bounds[kind]
        return f"must be {word} {context[bound]:,}, not {_short(given)}"
    if kind == "finite_number":
        return f"must be a finite number, not {_short(given)}"
    if kind == "too_long":
        return f"has {context['actual_length']} entries, at most {context['max_length']} are possible"
    wanted = {
        "string_type": "text",
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "float_type": "a number",
        "bool_type": "true or false",
        "list_type": "a list",
        "model_type": "a section of key: value lines",
        "model_attributes_type": "a section of key: value lines",
    }
    if kind in wanted:
        return f"must be {wanted[kind]}, not {_kind(given)}"
    return str(context.get("error") or found["msg"])


def _hint(found: Any, model: type[BaseModel]) -> str | None:
    given = found["input"]
    if found["type"] == "string_type" and isinstance(given, int | float):
        return f"write it in quotes: '{_short(given)}'"
    field = _field(model, found["loc"])
    for mark in field.metadata if field is not None else ():
        if isinstance(mark, Null):
            return f"write null for {mark.meaning}"
    return None


def _kind(value: Any) -> str:
    """Name a YAML value's type, with the value itself where it is short."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    for cls, name in ((dict, "a section"), (list, "a list")):
        if isinstance(value, cls):
            return name
    return f"{_TYPES.get(type(value), type(value).__name__)} {_short(repr(value))}"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


_TYPES = {str: "text", int: "the whole number", float: "the number"}


def _dotted(location: tuple[str | int, ...]) -> str:
    key = ""
    for part in location:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else str(part)
    return key


def _fields(model: Any) -> dict[str, Any]:
    """The fields of a section, of an optional one or of a list's items; none where it is something else."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        return dict(model.model_fields)
    for inner in typing.get_args(model):
        if fields := _fields(inner):
            return fields
    return {}


def _field(model: type[BaseModel], location: tuple[str | int, ...]) -> Any:
    field, inner = None, model
    for part in location:
        if isinstance(part, str):
            field = _fields(inner).get(part)
            if field is None:
                return None
            inner = field.annotation
    return field


def _annotation(model: type[BaseModel], location: tuple[str | int, ...]) -> Any:
    field = _field(model, location)
    return field.annotation if field is not None else model


def _every_key(model: Any, prefix: str = "") -> Iterator[str]:
    for name, field in _fields(model).items():
        yield prefix + name
        if isinstance(field.annotation, type):
            yield from _every_key(field.annotation, f"{prefix}{name}.")


def _similar(location: tuple[str | int, ...], model: type[BaseModel]) -> str:
    """Suggest the key that was meant: a synonym, the same name in another section, or a similar name in this one."""
    *parents, last = location
    key = str(last)
    keys = list(_every_key(model))
    same = [full for full in keys if key in _SYNONYMS.get(full, "").split()]
    same = same or [full for full in keys if "." in full and full.rpartition(".")[2] == key]
    if same:
        return f"did you mean {' or '.join(repr(full) for full in same)}?"
    prefix = _dotted(tuple(parents))
    here = _fields(_annotation(model, tuple(parents)))
    return _closest(key, list(here), f"{prefix}." if prefix else "")


def _closest(given: str, choices: list[Any], prefix: str = "") -> str:
    near = difflib.get_close_matches(given, [str(choice) for choice in choices], n=1)
    return f"did you mean '{prefix}{near[0]}'?" if near else f"choose one of {', '.join(map(str, choices))}"
