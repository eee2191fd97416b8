"""Trained models as folders that any transformers user can load."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mt.io.files import replaced_directory, write_json, write_text

if TYPE_CHECKING:
    from peft import PeftModel

__all__ = ["save_model"]


def save_model(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    folder: str | Path,
    *,
    half: bool = False,
    card: str | None = None,
    manifest: Mapping[str, Any] | None = None,
    adapter: PeftModel | None = None,
    keep_adapter: bool = False,
) -> None:
    """Write weights (safetensors), configuration, tokenizer and card, whole or not at all.

    Args:
        model, tokenizer: what to write; the model itself is not changed, unless it has an adapter.
        folder: replaced as a whole.
        half: store the weights in bfloat16.
        card: text of ``README.md``.
        manifest: what ``manifest.json`` is to hold, as JSON values.
        adapter: LoRA matrices in the model, which are merged into its weights: the folder holds a plain model.
        keep_adapter: write them by themselves as well, under ``adapter/``.
    """
    with replaced_directory(folder) as temporary:
        if adapter is not None:
            if keep_adapter:
                adapter.save_pretrained(str(temporary / "adapter"), save_embedding_layers=False)
            model = adapter.merge_and_unload()
        written = copy.deepcopy(model).to("cpu", torch.bfloat16) if half else model
        written.save_pretrained(temporary)
        tokenizer.save_pretrained(temporary)
        if half:
            # Stored small, but loaded in fp32 unless asked otherwise: most CPUs are slow in bfloat16.
            config = json.loads((temporary / "config.json").read_text("utf-8"))
            write_json(temporary / "config.json", {**config, "dtype": "float32"})
        if card is not None:
            write_text(temporary / "README.md", card)
        if manifest is not None:
            write_json(temporary / "manifest.json", manifest)
