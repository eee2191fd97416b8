"""One line a user can act on for each way in which a value can be wrong."""

import difflib
import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from mt.errors import ConfigError

# What other toolkits call a setting, where the spelling does not lead to it.
_SYNONYMS = {
    "lr": "training.learning_rate",
    "epochs": "training.num_train_epochs",
    "batch_size": "training.batch_tokens",
    "per_device_train_batch_size": "training.batch_tokens",
    "clip_norm": "training.max_grad_norm",
    "save_steps": "training.checkpoint_minutes",
    "beams": "decoding.num_beams",
    "output_dir": "run.dir",
    "model_name_or_path": "model.base",
}
# Of pydantic's messages.
_WORDS = {
    "^(Input|String|List) should": "must",
    "greater than or equal to": "at least",
    "less than or equal to": "at most",
    "greater than": "above",
    "valid integer": "whole number",
    "valid ": "",
}


def explain(error: ValidationError, model: type[BaseModel], path: Path | None = None) -> ConfigError:
    """Turn the first of pydantic's errors, an unknown key before all others, into one line."""
    found = min(error.errors(include_url=False), key=lambda found: found["type"] != "extra_forbidden")
    *parents, last = found["loc"] or ("",)
    key = ".".join(map(str, found["loc"]))
    if found["type"] not in ("extra_forbidden", "invalid_key"):  # a key of YAML may be a number or a date
        return ConfigError(_reason(found), path=path, field=key)
    section = [part for part in parents if isinstance(part, str)]
    return ConfigError(f"unknown key '{key}'", path=path, hint=_similar(section, str(last), list(_names(model))))


def _names(model: Any, prefix: str = "") -> Iterator[str]:
    """The dotted name of every field below a section, or below the items of a list of them."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        for name, field in model.model_fields.items():
            yield prefix + name
            yield from _names(field.annotation, f"{prefix}{name}.")
    for inner in typing.get_args(model):
        yield from _names(inner, prefix)


def _reason(found: Any) -> str:
    if "error" in found.get("ctx", {}):
        return str(found["ctx"]["error"])
    if found["type"] == "missing":
        return "is missing"
    message = "must be a section of key: value lines" if found["type"] == "model_type" else found["msg"]
    for theirs, ours in _WORDS.items():
        message = re.sub(theirs, ours, message)
    given = "null" if found["input"] is None else repr(found["input"])
    return message if ", not " in message else f"{message}, not {given[:57] + '...' if len(given) > 60 else given}"


def _similar(section: list[str], last: str, names: list[str]) -> str:
    """Suggest the key that was meant: a synonym, the same name in another section, or a similar name in this one."""
    synonyms = [name for name in names if name == _SYNONYMS.get(last)]
    elsewhere = [name for name in names if name.count(".") < 2 and f".{name}".endswith(f".{last}")]
    if found := synonyms or elsewhere:
        return f"did you mean {' or '.join(map(repr, found))}?"
    prefix = ".".join(section)
    here = [name.rpartition(".")[2] for name in names if name.rpartition(".")[0] == prefix]
    near = difflib.get_close_matches(last, here, n=1)
    return f"did you mean '{'.'.join([*section, near[0]])}'?" if near else f"choose one of {', '.join(here)}"
