"""Runs like the tiny starter's, each in a folder of its own."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from mt.config import Config, save_config


def own_run(starter: Config, folder: Path, *, training: dict[str, Any] | None = None, **corpus: Any) -> Config:
    """Write ``folder/c.yaml``, of a run in ``folder/run`` with other settings of the corpus, and return it."""
    config = dataclasses.replace(
        starter,
        run=dataclasses.replace(starter.run, dir=str(folder / "run")),
        corpus=dataclasses.replace(starter.corpus, **corpus),
        training=dataclasses.replace(starter.training, **(training or {})),
    )
    save_config(config, folder / "c.yaml")
    return config
