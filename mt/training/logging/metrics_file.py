"""``metrics.jsonl``: one line of metrics per logged step, in the order of the steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mt.io.files import write_text

# Far more bytes than a line has.
_LONGEST_LINE = 65_536


def append_metrics(path: Path, line: dict[str, Any]) -> None:
    """Add a line; it is merged with the last one if that is of the same step."""
    last = _last(path)
    if last.get("step") == line["step"]:
        rewind_metrics(path, int(line["step"]) - 1)
        line = {**last, **line}
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _last(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - _LONGEST_LINE))
        lines = file.read().decode("utf-8", errors="replace").splitlines()
    try:
        return dict(json.loads(lines[-1])) if lines else {}
    except ValueError:
        return {}


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Return the lines written so far, without a last one that was cut short by a kill."""
    lines = []
    for text in path.read_text("utf-8").splitlines() if path.is_file() else []:
        try:
            lines.append(json.loads(text))
        except ValueError:
            break
    return lines


def rewind_metrics(path: Path, step: int) -> None:
    """Remove the lines after ``step``, and the file if none is left."""
    lines = [json.dumps(line) + "\n" for line in read_metrics(path) if line["step"] <= step]
    if lines:
        write_text(path, "".join(lines))
    else:
        path.unlink(missing_ok=True)
