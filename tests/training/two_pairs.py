"""Two short pairs as a batch of tensors, for tests of the loss."""

from __future__ import annotations

import torch
from transformers import PreTrainedTokenizerBase

__all__ = ["two_pairs"]


def two_pairs(tokenizer: PreTrainedTokenizerBase) -> dict[str, torch.Tensor]:
    """Return input_ids, attention_mask, and labels with -100 for padding."""
    ids = tokenizer(["川促会", "成都的经验"], padding=True, return_tensors="pt")
    labels = tokenizer(text_target=["SUCPEB", "Chengdu"], padding=True, return_tensors="pt")["input_ids"]
    labels = labels.masked_fill(labels == tokenizer.pad_token_id, -100)
    return {"input_ids": ids["input_ids"], "attention_mask": ids["attention_mask"], "labels": labels}
