"""Runs like the tiny starter's, each in a folder of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mt.config import save_config
from recipes.starter.config import StarterConfig


def own_run(
    starter: StarterConfig, folder: Path, *, training: dict[str, Any] | None = None, **corpus: Any
) -> StarterConfig:
    """Write ``folder/c.yaml``, of a run in ``folder/run`` with other settings of the corpus, and return it."""
    config = starter.replace(
        run=starter.run.replace(dir=str(folder / "run")),
        corpus=starter.corpus.replace(**corpus),
        training=starter.training.replace(**(training or {})),
    )
    save_config(config, folder / "c.yaml")
    return config
