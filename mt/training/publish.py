"""Trained models as folders that any transformers user can load."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mt.files import replaced_directory, write_json, write_text

__all__ = ["save_model"]


def save_model(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    folder: str | Path,
    *,
    half: bool = False,
    card: str | None = None,
) -> None:
    """Write weights (safetensors), configuration, tokenizer and card, whole or not at all.

    Args:
        model, tokenizer: what to write; the model itself is not changed.
        folder: replaced as a whole.
        half: store the weights in bfloat16.
        card: text of ``README.md``.
    """
    written = copy.deepcopy(model).to("cpu", torch.bfloat16) if half else model
    with replaced_directory(folder) as temporary:
        written.save_pretrained(temporary)
        tokenizer.save_pretrained(temporary)
        if half:
            # Stored small, but loaded in fp32 unless asked otherwise: most CPUs are slow in bfloat16.
            config = json.loads((temporary / "config.json").read_text("utf-8"))
            write_json(temporary / "config.json", {**config, "dtype": "float32"})
        if card is not None:
            write_text(temporary / "README.md", card)
