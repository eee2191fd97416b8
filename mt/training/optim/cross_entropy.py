"""Output layer and cross-entropy in one: the large part of a step where the vocabulary is large.

Done apart, they keep the logits (tokens × vocabulary) several times over: in bfloat16, with the output
bias in fp32, as log-probabilities, as gradients of each. Here there is one such array, in the precision
of the computation. It is turned into its own gradient a few rows at a time, in fp32, while the rows are in the
cache; no row is made for padding. The idea is that of Liger Kernel's fused linear cross-entropy (Hsu et al. 2024).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from torch import nn
from torch.distributed.tensor import DTensor

__all__ = ["linear_cross_entropy", "plain_head", "without_head"]

# Families whose last operation is the output layer, and then perhaps ``final_logits_bias``.
_FAMILIES = ("marian", "m2m_100", "mbart", "t5", "mt5")
# An entry of a lower bias cannot be produced.
_NEVER = -1e3
# Entries worked on at once: a CPU's cache, or enough to keep a GPU busy.
_ENTRIES = {"cpu": 2**20, "cuda": 2**25}


class _LinearCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        labels: torch.Tensor,
        smoothing: float,
        dtype: torch.dtype,
        compiled: bool,
    ) -> torch.Tensor:
        hidden, matrix = hidden.to(dtype), weight.to(dtype)
        logits = hidden @ matrix.T
        wanted = ctx.needs_input_grad[0] or ctx.needs_input_grad[1]
        possible = torch.ones(len(weight), device=hidden.device) if bias is None else (bias > _NEVER).float()
        even = possible / possible.sum()
        total = torch.zeros((), device=hidden.device)
        ctx.kinds = weight.dtype
        if compiled and wanted:
            shift = torch.zeros(len(weight), device=hidden.device) if bias is None else bias.float()
            total, logits = _compiled_rows()(logits, shift, labels, even, smoothing)
            ctx.save_for_backward(hidden, matrix, logits)
            return total
        rows = max(1, _ENTRIES.get(hidden.device.type, 2**20) // len(weight))
        for part, places in zip(logits.split(rows), labels.split(rows), strict=True):
            scores = part.float() if bias is None else part + bias.float()
            norms = scores.logsumexp(-1, keepdim=True)
            total += (norms.sum() - (1 - smoothing) * scores.gather(1, places[:, None]).sum()).detach()
            if smoothing:
                total -= smoothing * (scores @ even).sum()
            if wanted:
                scores.sub_(norms).exp_()
                scores.scatter_add_(1, places[:, None], scores.new_full((len(places), 1), smoothing - 1.0))
                if smoothing:
                    scores.sub_(even, alpha=smoothing)
                part.copy_(scores)
        if wanted:
            ctx.save_for_backward(hidden, matrix, logits)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        hidden, matrix, gradient = ctx.saved_tensors
        scale = grads[0]
        to_hidden = (gradient @ matrix).float() * scale if ctx.needs_input_grad[0] else None
        to_weight = None
        if ctx.needs_input_grad[1]:
            to_weight = (gradient.T @ (hidden * scale).to(hidden.dtype)).to(ctx.kinds)
        return to_hidden, to_weight, None, None, None, None, None


def _loss_and_gradient(
    logits: torch.Tensor, shift: torch.Tensor, labels: torch.Tensor, even: torch.Tensor, smoothing: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the summed loss of rows and its gradient by the logits; compiled, it reads each three times."""
    scores = logits.float() + shift
    norms = scores.logsumexp(-1, keepdim=True)
    places = labels[:, None]
    total = norms.sum() - (1 - smoothing) * scores.gather(1, places).sum() - smoothing * (scores * even).sum()
    chosen = torch.arange(logits.shape[1], device=logits.device) == places
    gradient = (scores - norms).exp() - smoothing * even - (1 - smoothing) * chosen
    return total, gradient.to(logits.dtype)


@cache
def _compiled_rows() -> Callable[..., tuple[torch.Tensor, torch.Tensor]]:
    return torch.compile(_loss_and_gradient, dynamic=True)


def linear_cross_entropy(
    hidden: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    labels: torch.Tensor,
    smoothing: float,
    *,
    compiled: bool = False,
) -> torch.Tensor:
    """Return the summed cross-entropy of ``hidden @ weight.T + bias``.

    Smoothing spreads over the entries that can be produced: those of a bias above -1000.

    Args:
        hidden: (tokens, width), without padding.
        weight: (vocabulary, width).
        bias: (vocabulary,), a constant; or None.
        labels: (tokens,).
        compiled: turn all the logits into their gradient with one compiled function (torch.compile), which on a GPU
            moves a fifth of the memory.
    """
    kind = hidden.device.type
    dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else weight.dtype
    with torch.autocast(kind, enabled=False):
        given = (hidden.float(), weight, bias, labels, smoothing, dtype, compiled)
        total: torch.Tensor = _LinearCrossEntropy.apply(*given)
    return total


def plain_head(model: Any) -> nn.Linear | None:
    """Return a model's output layer where it can be taken out of the forward pass, else None.

    Not where adapters wrap it, or shards of it are gathered for the forward pass alone.
    """
    head = model.get_output_embeddings()
    plain = type(head) is nn.Linear and head.bias is None and not isinstance(head.weight, DTensor)
    return head if plain and model.config.model_type in _FAMILIES else None


@contextmanager
def without_head(model: Any, head: nn.Linear) -> Iterator[None]:
    """Make the ``logits`` of a forward pass what the output layer would be given."""
    bias = model._buffers.get("final_logits_bias")
    head.forward = lambda hidden: hidden  # type: ignore[method-assign, assignment]
    if bias is not None:
        model._buffers["final_logits_bias"] = bias.new_zeros(1, 1)
    try:
        yield
    finally:
        del head.forward
        if bias is not None:
            model._buffers["final_logits_bias"] = bias
