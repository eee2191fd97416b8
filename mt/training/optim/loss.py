"""The training loss: cross-entropy per target token, smoothed over what a model can produce."""

from contextlib import nullcontext
from typing import Any

import torch
from torch import nn

from mt.training.data.batching import Batch
from mt.training.optim.cross_entropy import linear_cross_entropy, plain_head, producible, without_head


def as_tensors(batch: Batch, device: torch.device) -> dict[str, torch.Tensor]:
    """Bring a batch to a device.

    Returns:
        input_ids and attention_mask (segments, source tokens), labels (segments, target tokens) with -100 as padding.
    """
    source = torch.from_numpy(batch.source).to(device, non_blocking=True)
    labels = torch.from_numpy(batch.target).to(device, non_blocking=True)
    # Positions against lengths: (tokens,) with (segments, 1) gives (segments, tokens).
    real = torch.arange(source.shape[1], device=device) < torch.from_numpy(batch.source_lengths).to(device)[:, None]
    beyond = torch.arange(labels.shape[1], device=device) >= torch.from_numpy(batch.target_lengths).to(device)[:, None]
    return {"input_ids": source, "attention_mask": real.long(), "labels": labels.masked_fill(beyond, -100)}


def decoder_inputs(config: Any, labels: torch.Tensor) -> torch.Tensor:
    """Return what the decoder reads to predict ``labels``: the start token, then all labels but the last.

    Most models of transformers have a method for this, but M2M100 (NLLB) and mBART have none.

    Args:
        config: of the model.
        labels: (segments, target tokens), -100 for padding.
    """
    start = labels.new_full((len(labels), 1), config.decoder_start_token_id)
    return torch.cat((start, labels[:, :-1].masked_fill(labels[:, :-1] == -100, config.pad_token_id)), dim=1)


def summed_loss(
    model: nn.Module, inputs: dict[str, torch.Tensor], smoothing: float, *, compiled: bool = False
) -> torch.Tensor:
    """Return the sum of the token losses, in nats; smoothing is spread over the producible entries alone.

    Args:
        model: to call; DDP's wrapper or the model itself.
        inputs: as :func:`as_tensors` gives them.
        smoothing: 0 to 1.
        compiled: as in ``linear_cross_entropy``.
    """
    inner: Any = getattr(model, "module", model)
    labels = inputs["labels"]
    head = plain_head(inner)
    with nullcontext() if head is None else without_head(inner, head):
        # (segments, target tokens, vocabulary), or without the head (segments, target tokens, width)
        output = model(
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            decoder_input_ids=decoder_inputs(inner.config, labels),
            use_cache=False,
        ).logits
    buffer = getattr(inner, "final_logits_bias", None)
    bias = None if buffer is None else buffer[0]  # (vocabulary,)
    if head is not None:
        real = labels != -100
        # Indexing by the mask drops padding: (tokens, width) and (tokens,).
        return linear_cross_entropy(output[real], head.weight, bias, labels[real], smoothing, compiled=compiled)
    return _plain_loss(output, labels, bias, smoothing)


def _plain_loss(
    logits: torch.Tensor, labels: torch.Tensor, bias: torch.Tensor | None, smoothing: float
) -> torch.Tensor:
    """Sum the token losses of (segments, target tokens, vocabulary) logits, for a head that cannot be taken out."""
    flat, labels = logits.flatten(0, 1).float(), labels.flatten()
    total = nn.functional.cross_entropy(flat, labels, ignore_index=-100, reduction="sum")
    if not smoothing:
        return total
    logp = flat.log_softmax(-1)
    if bias is not None:
        possible = producible(bias, len(bias), bias.device).to(logp.dtype)
        spread = -(logp @ possible) / possible.sum()  # (tokens,)
    else:
        spread = -logp.mean(-1)
    return (1 - smoothing) * total + smoothing * (spread * (labels != -100)).sum()
