"""Trained models as folders that any transformers user can load, with a manifest of what they were made of."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

from mt.config import Config
from mt.io.files import replaced_directory, write_json, write_text
from mt.models.folder import licence_of
from mt.models.load import loading
from mt.models.options import ModelOptions
from mt.training.candidates import Publication
from mt.training.progress import TrainingResult


def save_model(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    folder: str | Path,
    *,
    card: str = "",
    manifest: Mapping[str, Any] | None = None,
) -> None:
    """Write weights (safetensors), configuration and tokenizer, whole or not at all.

    Args:
        model, tokenizer: to write.
        folder: replaced as a whole.
        card: written as ``README.md``, for people.
        manifest: written as ``manifest.json``, for programs.
    """
    with replaced_directory(folder, "model") as temporary:
        with loading(folder, "cannot be written"):
            model.save_pretrained(temporary)
            tokenizer.save_pretrained(temporary)
        if card:
            write_text(temporary / "README.md", card)
        if manifest is not None:
            write_json(temporary / "manifest.json", manifest)


@dataclass(frozen=True)
class Provenance:
    """Where a trained model comes from."""

    config: Config
    result: TrainingResult
    publication: Publication
    # The trained model's configuration.
    model: PreTrainedConfig
    # What decided the weights (``mt.training.fingerprint``).
    fingerprint: Mapping[str, Any]
    documents: Sequence[str]
    segments: int

    @property
    def base(self) -> str:
        """The name of the base: on the hub, or of its folder."""
        name = self.config.model.base
        return Path(name).resolve().name if Path(name).exists() else name


def model_manifest(made: Provenance) -> dict[str, Any]:
    """Return what a model was made of as JSON values: base, languages, data, settings, seed, metrics, versions."""
    config, result = made.config, made.result
    progress = result.progress
    return {
        "kind": "zhen-mt model",
        "architecture": made.model.model_type,
        "base": made.base,
        "base_licence": licence_of(config.model.base) or None,
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
        "metrics": {**result.metrics, **made.publication.metrics},
        "base_metrics": {**result.base_metrics, **made.publication.base_metrics},
        "published": made.publication.sentence,
        "compared": made.publication.compared,
        "versions": {name: _version(name) for name in ("zhen-mt", "torch", "transformers", "accelerate", "peft")},
        "python": platform.python_version(),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
