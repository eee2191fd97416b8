"""Trained models as folders that any transformers user can load."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mt.io.files import replaced_directory, write_json, write_text

if TYPE_CHECKING:
    from mt.training.lora import Lora


@dataclass(frozen=True)
class Description:
    """What a model folder says about its model: ``card`` for people (README.md), ``manifest`` for programs (JSON)."""

    card: str = ""
    manifest: Mapping[str, Any] | None = None


def save_model(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    folder: str | Path,
    *,
    half: bool = False,
    description: Description | None = None,
    lora: Lora | None = None,
) -> None:
    """Write weights (safetensors), configuration, tokenizer and description, whole or not at all.

    Args:
        model, tokenizer: to write; the model is not changed, unless it has LoRA matrices.
        folder: replaced as a whole.
        half: store the weights in bfloat16.
        description: written as ``README.md`` and ``manifest.json``.
        lora: matrices in the model, which are merged into its weights: the folder holds a plain model.
    """
    description = description or Description()
    with replaced_directory(folder) as temporary:
        if lora is not None:
            model = lora.merge(temporary)
        written = copy.deepcopy(model).to("cpu", torch.bfloat16) if half else model
        written.save_pretrained(temporary)
        tokenizer.save_pretrained(temporary)
        if half:
            # Stored small, but loaded in fp32 by default: most CPUs are slow in bfloat16.
            config = json.loads((temporary / "config.json").read_text("utf-8"))
            write_json(temporary / "config.json", {**config, "dtype": "float32"})
        if description.card:
            write_text(temporary / "README.md", description.card)
        if description.manifest is not None:
            write_json(temporary / "manifest.json", description.manifest)
