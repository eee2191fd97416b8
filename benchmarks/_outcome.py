"""How a benchmark ends: its outcome as one line of JSON, the last, and as a file where one is asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mt.io.files import write_text


def tell(outcome: dict[str, Any], output: Path | None) -> None:
    """Write ``outcome`` to the file ``output``, if given, and print it."""
    if output:
        write_text(output, json.dumps(outcome, indent=2) + "\n")
    print(json.dumps(outcome))
