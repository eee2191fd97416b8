"""The manifest of a trained model folder: what its card says, and the hashes behind it, for machines."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from transformers import PreTrainedConfig

from mt.config import Config
from mt.io.files import sha256
from mt.models.folder import licence_of
from mt.models.options import ModelOptions
from mt.training.logging.events import Trained

__all__ = ["model_manifest"]


def model_manifest(
    config: Config, trained: Trained, model: PreTrainedConfig, data: Mapping[str, Any]
) -> dict[str, Any]:
    """Say what a model was made of: base, languages, data, settings, seed, figures, versions.

    Args:
        config: the run's.
        trained: how the training ended.
        model: the trained model's configuration.
        data: what it was trained on, as JSON values.
    """
    base = config.model.base
    prepared = Path(config.run.dir) / "data" / "manifest.json"
    glossary = Path(config.terms.glossary) if config.terms.glossary else None
    progress = trained.progress
    return {
        "kind": "zhen-mt model",
        "architecture": model.model_type,
        "base": base or None,
        "base_licence": (licence_of(base) or None) if base else None,
        "options": ModelOptions.read(model).model_dump(),
        "lora": config.lora.model_dump(mode="json") if config.lora.rank else None,
        "data": dict(data),
        "data_manifest_sha256": sha256(prepared) if base and prepared.is_file() else None,
        "glossary_sha256": sha256(glossary) if glossary is not None else None,
        "training": config.training.model_dump(mode="json"),
        "seed": config.run.seed,
        "steps": progress.step,
        "epochs": progress.epoch,
        "target_tokens": progress.target_tokens,
        "training_loss": trained.loss if math.isfinite(trained.loss) else None,
        "figures": dict(trained.figures),
        "base_figures": dict(trained.base_figures),
        "chosen": {"rule": trained.rule, "steps": list(trained.steps)},
        "versions": {name: _version(name) for name in ("zhen-mt", "torch", "transformers", "accelerate", "peft")},
        "python": platform.python_version(),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
