"""The manifest of a model folder: what its card states, and the hashes behind it, for programs."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from transformers import PreTrainedConfig

from mt.config import Config
from mt.models.folder import licence_of
from mt.models.options import ModelOptions
from mt.training.logging.events import TrainingResult

__all__ = ["Provenance", "model_manifest"]


@dataclass(frozen=True)
class Provenance:
    """Where a trained model comes from.

    Attributes:
        config: of the run.
        result: how the training ended.
        model: the trained model's configuration.
        fingerprint: what decided the weights (``mt.training.fingerprint``).
        data: what it was trained on, as JSON values; for a fine-tuned model ``documents`` and ``segments``.
    """

    config: Config
    result: TrainingResult
    model: PreTrainedConfig
    fingerprint: Mapping[str, Any]
    data: Mapping[str, Any]


def model_manifest(made: Provenance) -> dict[str, Any]:
    """Return what a model was made of as JSON values: base, languages, data, settings, seed, metrics, versions."""
    config, result = made.config, made.result
    base, progress = config.model.base, result.progress
    return {
        "kind": "zhen-mt model",
        "architecture": made.model.model_type,
        "base": base or None,
        "base_licence": (licence_of(base) or None) if base else None,
        "options": ModelOptions.read(made.model).model_dump(),
        "lora": config.lora.model_dump(mode="json") if config.lora.rank else None,
        "data": dict(made.data),
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
