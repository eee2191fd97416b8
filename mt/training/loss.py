"""The training loss: cross-entropy a target token, smoothed over what a model can produce."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from mt.training.batching import Batch

__all__ = ["as_tensors", "summed_loss"]


def as_tensors(batch: Batch, device: torch.device) -> dict[str, torch.Tensor]:
    """Bring a batch to a device: input_ids, attention_mask, and labels with -100 for padding."""
    source = torch.from_numpy(batch.source).to(device, non_blocking=True)
    labels = torch.from_numpy(batch.target).to(device, non_blocking=True)
    real = torch.arange(source.shape[1], device=device) < torch.from_numpy(batch.source_lengths).to(device)[:, None]
    beyond = torch.arange(labels.shape[1], device=device) >= torch.from_numpy(batch.target_lengths).to(device)[:, None]
    return {"input_ids": source, "attention_mask": real.long(), "labels": labels.masked_fill(beyond, -100)}


def summed_loss(model: nn.Module, inputs: dict[str, torch.Tensor], smoothing: float) -> torch.Tensor:
    """Sum of the token losses; smoothing spreads over the producible entries alone.

    Shapes: input_ids (segments, source tokens), labels (segments, target tokens), -100 ignored.
    """
    inner: Any = getattr(model, "module", model)
    labels = inputs["labels"]
    decoder_input = inner.prepare_decoder_input_ids_from_labels(labels=labels)
    logits = model(
        input_ids=inputs["input_ids"],
        attention_mask=inputs["attention_mask"],
        decoder_input_ids=decoder_input,
        use_cache=False,
    ).logits
    flat = logits.flatten(0, 1).float()
    total = nn.functional.cross_entropy(flat, labels.flatten(), ignore_index=-100, reduction="sum")
    if smoothing:
        bias = getattr(inner, "final_logits_bias", None)
        logp = flat.log_softmax(-1)
        if bias is not None:
            possible = (bias[0] > -1e3).to(logp.dtype)
            spread = -(logp @ possible) / possible.sum()
        else:
            spread = -logp.mean(-1)
        spread = (spread * (labels.flatten() != -100)).sum()
        total = (1 - smoothing) * total + smoothing * spread
    return total
