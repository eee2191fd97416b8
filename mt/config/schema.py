"""The JSON schema of configuration files, and the reference page of their keys, both made from the typed sections.

``python -m mt.config.schema > configs/schema.json`` writes the schema that editors check and complete files with.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from mt.config.section import NOT_IN_WEIGHTS, Section
from mt.config.tree import Config

_TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "null": "null"}


def schema(cls: type[Section] = Config) -> dict[str, Any]:
    """Return the JSON schema (2020-12) of a configuration file."""
    made = cls.model_json_schema()
    _tidy(made)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "zhen-mt configuration"}


def _tidy(node: Any) -> None:
    """Drop what repeats: titles made of names, and the defaults of whole sections."""
    if isinstance(node, dict):
        if not isinstance(node.get("title"), Mapping):
            node.pop("title", None)
        if "$ref" in node:
            node.pop("default", None)
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _tidy(child)


def reference(cls: type[Section] = Config) -> str:
    """Return a Markdown table for each section: key, type and range, default, description."""
    definitions = schema(cls)["$defs"]
    lines = ["The trained weights do not depend on keys marked \\*."]
    for name, field in cls.model_fields.items():
        section: Any = field.annotation
        free = {
            key
            for key, inner in section.model_fields.items()
            if NOT_IN_WEIGHTS in field.metadata or NOT_IN_WEIGHTS in inner.metadata
        }
        lines += _table(name, definitions.pop(section.__name__), free)
    for name, definition in definitions.items():  # what the items of lists are made of
        lines += _table(name, definition, set())
    return "\n".join(lines) + "\n"


def _table(name: str, definition: dict[str, Any], free: set[str]) -> Iterator[str]:
    yield from ("", f"## {name}", "", " ".join(definition["description"].split()).replace("``", "`"), "")
    yield from ("| Key | Type | Default | Description |", "|---|---|---|---|")
    for key, entry in definition["properties"].items():
        mark = " \\*" if key in free else ""
        default = f"`{json.dumps(entry['default'], ensure_ascii=False)}`" if "default" in entry else "required"
        yield f"| `{key}`{mark} | {_type(entry)} | {default} | {' '.join(entry['description'].split())} |"


def _type(entry: dict[str, Any]) -> str:
    """Put a property's type and range into words."""
    if "$ref" in entry:
        name = entry["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in entry:
        return " or ".join(_type(choice) for choice in entry["anyOf"])
    if "enum" in entry:
        return ", ".join(f"`{choice}`" for choice in entry["enum"])
    if entry.get("type") == "array":
        return f"list of {_type(entry['items'])}"
    low, high = entry.get("minimum"), entry.get("maximum")
    if entry.get("exclusiveMinimum") is not None:
        limits = f" above {entry['exclusiveMinimum']:g}"
    elif high is not None and high < 10**12:  # that one only keeps arithmetic within range
        limits = f" from {low:,} to {high:,}"
    else:
        limits = "" if low is None else f" from {low:,}"
    return _TYPES[entry["type"]] + limits


if __name__ == "__main__":
    sys.stdout.write(json.dumps(schema(), ensure_ascii=False, indent=2) + "\n")
