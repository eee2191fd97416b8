from __future__ import annotations

import json
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mt.config import Config

ROOT = Path(__file__).resolve().parents[2]


def keys(model: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        if prefix:
            yield prefix + name, field
        else:
            yield from keys(field.annotation, f"{name}.")


def test_the_shipped_schema_is_current() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "config_schema.py")]
    made = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    shipped = (ROOT / "configs" / "schema.json").read_text("utf-8")
    assert shipped == made, "write it: python scripts/config_schema.py > configs/schema.json"


def test_the_schema_describes_every_key_with_its_range() -> None:
    made = json.loads((ROOT / "configs" / "schema.json").read_text("utf-8"))
    assert made["additionalProperties"] is False
    for name, field in keys(Config):
        section, key = name.split(".")
        entry = made["$defs"][made["properties"][section]["$ref"].rpartition("/")[2]]["properties"][key]
        assert entry["description"] == field.description, name
        assert "title" not in entry
    training = made["$defs"]["TrainingConfig"]["properties"]
    assert training["max_grad_norm"]["exclusiveMinimum"] == 0
    assert training["cooldown_share"]["maximum"] == 1
    assert {"type": "null"} in training["max_steps"]["anyOf"]
    assert training["precision"]["enum"] == ["auto", "bf16", "fp32"]


def test_the_reference_page_has_a_row_for_every_key() -> None:
    page = runpy.run_path(str(ROOT / "docs" / "hooks.py"))["configuration"]()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for name, field in keys(Config):
        key = name.partition(".")[2]
        assert field.description.endswith("."), name
        assert any(row.startswith(f"| `{key}`") and " ".join(field.description.split()) in row for row in rows), name
    assert "| `max_steps` | whole number from 1 or null | `null` | Stop after" in page
    assert "| `learning_rate` | number above 0 or null | `null` |" in page
    assert "| `annotated_share` | number from 0 to 1 | `0.6` |" in page
    assert "| `logging_steps` \\* | whole number from 1 | `50` |" in page
    assert "| `path` | text | required |" in page
    assert all(row.count("|") == 5 for row in rows)
