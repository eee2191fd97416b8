"""Any tree of dataclasses from a mapping: types checked, unknown keys refused with the nearest valid name."""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml

from mt.errors import ConfigError

__all__ = ["at_least", "build", "in_range", "lay_over"]


def at_least(section: str, values: object, least: int, *keys: str) -> None:
    """Raise ``ConfigError`` unless these keys of a section have a least value of 0 or more."""
    for key in keys:
        if getattr(values, key) < least:
            wanted = f"must be at least {least}" if least else "must not be negative"
            raise ConfigError(wanted, field=f"{section}.{key}")


def in_range(name: str, value: float, low: float, high: float) -> None:
    """Raise ``ConfigError`` unless a key's value lies within bounds."""
    if not low <= value <= high:
        raise ConfigError(f"is {value}, outside {low} to {high}", field=name)


def lay_over(tree: dict[str, Any], override: str) -> None:
    """Put one ``section.key=value`` into a tree of mappings."""
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"'{override}' is not KEY=VALUE", hint="write for example training.max_steps=200")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigError(f"the value of '{override}' is not YAML", field=key, hint="quote it") from None
    *sections, last = key.strip().split(".")
    node = tree
    for section in sections:
        inner = node.get(section)
        if inner is None:
            inner = node[section] = {}
        if not isinstance(inner, dict):
            raise ConfigError(f"'{section}' holds a value, not a section", field=key)
        node = inner
    node[last] = value


def build(cls: type, tree: Any, prefix: str, path: Path) -> Any:
    """Make dataclass ``cls`` out of a mapping, refusing what it does not name."""
    if not isinstance(tree, Mapping):
        raise ConfigError("must be a section of key: value lines", path=path, field=prefix.rstrip("."))
    hints = typing.get_type_hints(cls)
    values = {}
    for key, value in tree.items():
        if key not in hints:
            raise ConfigError(f"unknown key '{prefix}{key}'", path=path, hint=_nearest(str(key), prefix, hints))
        values[key] = _convert(hints[key], value, f"{prefix}{key}", path)
    return cls(**values)


def _nearest(key: str, prefix: str, hints: Mapping[str, Any]) -> str:
    if not prefix:
        # A section's key written at the top level is the commonest slip after a misspelling.
        for section, cls in hints.items():
            if key in typing.get_type_hints(cls):
                return f"did you mean '{section}.{key}'?"
    near = difflib.get_close_matches(key, hints, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{prefix}{near[0]}'?"
    return f"valid here: {', '.join(hints)}"


def _convert(hint: Any, value: Any, name: str, path: Path) -> Any:
    """Check ``value`` against a type hint; an int serves as a float, nothing else is converted."""
    if dataclasses.is_dataclass(hint):
        return build(typing.cast(type, hint), {} if value is None else value, f"{name}.", path)
    origin = typing.get_origin(hint)
    if origin is list:
        if not isinstance(value, list):
            raise ConfigError(f"must be a list, not {_kind(value)}", path=path, field=name)
        (inner,) = typing.get_args(hint)
        return [_convert(inner, item, f"{name}[{index}]", path) for index, item in enumerate(value)]
    if origin is Literal:
        choices = typing.get_args(hint)
        if value not in choices:
            near = difflib.get_close_matches(str(value), [str(choice) for choice in choices], n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"choose one of {', '.join(map(str, choices))}"
            raise ConfigError(f"is '{value}'", path=path, field=name, hint=hint)
        return value
    if origin in (types.UnionType, typing.Union):
        raise TypeError(f"no union types in the configuration tree: {name}")
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is float and isinstance(value, str):
        # YAML 1.1 wants a point in exponents: 3e-4 arrives as a string.
        try:
            return float(value)
        except ValueError:
            pass
    if type(value) is not hint:
        quoted = f"write it in quotes: '{value}'" if hint is str and value is not None else None
        raise ConfigError(f"must be {_WORDS[hint]}, not {_kind(value)}", path=path, field=name, hint=quoted)
    return value


_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def _kind(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a section"
    if isinstance(value, list):
        return "a list"
    return f"{_WORDS.get(type(value), type(value).__name__)} ({value!r})"
