"""The manifest of a model folder: what its card states, and the hashes behind it, for programs."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from transformers import PreTrainedConfig

from mt.config import Config
from mt.models.folder import licence_of
from mt.models.options import ModelOptions
from mt.training.logging.events import TrainingResult


@dataclass(frozen=True)
class Provenance:
    """Where a trained model comes from."""

    config: Config
    result: TrainingResult
    # The trained model's configuration.
    model: PreTrainedConfig
    # What decided the weights (``mt.training.fingerprint``).
    fingerprint: Mapping[str, Any]
    documents: Sequence[str]
    segments: int


def model_manifest(made: Provenance) -> dict[str, Any]:
    """Return what a model was made of as JSON values: base, languages, data, settings, seed, metrics, versions."""
    config, result = made.config, made.result
    base, progress = config.model.base, result.progress
    return {
        "kind": "zhen-mt model",
        "architecture": made.model.model_type,
        "base": base,
        "base_licence": licence_of(base) or None,
        "options": ModelOptions.read(made.model).model_dump(),
        "lora": config.lora.model_dump(mode="json") if config.lora.rank else None,
        "data": {"documents": list(made.documents), "segments": made.segments},
        "fingerprint": dict(made.fingerprint),
        "training": config.training.model_dump(mode="json"),
        "seed": config.run.seed,
        "steps": progress.step,
        "epochs": progress.epoch,
        "target_tokens": progress.target_tokens,
        "training_loss": result.loss if math.isfinite(result.loss) else None,
        "metrics": dict(result.metrics),
        "base_metrics": dict(result.base_metrics),
        "weights": {"rule": result.rule, "steps": list(result.steps)},
        "versions": {name: _version(name) for name in ("zhen-mt", "torch", "transformers", "accelerate", "peft")},
        "python": platform.python_version(),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
