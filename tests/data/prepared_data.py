"""What the tests of preparing share: the dataset with its manifest, and whether it had been there already."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from datasets import DatasetDict

from mt.config import Config
from mt.data import dataset


class PreparedData(NamedTuple):
    dataset: DatasetDict
    manifest: dict[str, Any]
    reused: bool


def prepare(config: Config, out: Path, progress: Callable[[str], object] = lambda line: None) -> PreparedData:
    path = out / "manifest.json"
    before = path.stat().st_mtime_ns if path.is_file() else None
    rows = dataset.prepare(config, out, progress)
    return PreparedData(rows, json.loads(path.read_text("utf-8")), before == path.stat().st_mtime_ns)
