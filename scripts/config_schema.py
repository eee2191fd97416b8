"""The JSON schema of configuration files, made from the typed sections, that editors check and complete files with.

``python scripts/config_schema.py > configs/schema.json`` writes it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from mt.config import Config


def schema() -> dict[str, Any]:
    """Return the JSON schema (2020-12) of a configuration file."""
    made = Config.model_json_schema()
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


if __name__ == "__main__":
    sys.stdout.write(json.dumps(schema(), ensure_ascii=False, indent=2) + "\n")
