"""Output layer and cross-entropy in one: the largest part of a step where the vocabulary is large.

Computed apart, they keep the logits (tokens × vocabulary) several times: in bfloat16, with the output bias in fp32, as
log-probabilities, and as the gradients of each. Here there is one such array, in the precision of the computation; it
is overwritten with its own gradient a few rows at a time, in fp32, while those rows are in the cache. Padding has no
rows. The idea is that of Liger Kernel's fused linear cross-entropy (Hsu et al. 2024).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from torch import nn
from torch.distributed.tensor import DTensor

# Families whose last operation is the output layer, followed perhaps by ``final_logits_bias``.
_FAMILIES = ("marian", "m2m_100", "mbart", "t5", "mt5")
# Entries of the vocabulary with a lower bias cannot be produced.
_NEVER = -1e3
# Logits worked on at a time: they fit a CPU's cache, or keep a GPU busy.
_BLOCK = {"cpu": 2**20, "cuda": 2**25}


def producible(bias: torch.Tensor | None, entries: int, device: torch.device) -> torch.Tensor:
    """Return 1 for the entries of the vocabulary that can be produced and 0 for the others: (vocabulary,), fp32."""
    return torch.ones(entries, device=device) if bias is None else (bias > _NEVER).float()


class _LinearCrossEntropy(torch.autograd.Function):
    """Loss and gradient of T tokens over V entries of the vocabulary, from hidden states of width D.

    With p = softmax(z), label y, smoothing s and u uniform over the producible entries, the loss of a token is
    logsumexp(z) - (1 - s)·z[y] - s·(u·z), and its gradient by z is p - (1 - s)·onehot(y) - s·u.
    """

    @staticmethod
    def forward(
        ctx: Any,
        hidden: torch.Tensor,  # (T, D)
        weight: torch.Tensor,  # (V, D)
        bias: torch.Tensor | None,  # (V,)
        labels: torch.Tensor,  # (T,)
        smoothing: float,
        dtype: torch.dtype,
        compiled: bool,
    ) -> torch.Tensor:
        hidden, matrix = hidden.to(dtype), weight.to(dtype)
        logits = hidden @ matrix.T  # (T, V), the one large array
        needs_grad = ctx.needs_input_grad[0] or ctx.needs_input_grad[1]
        uniform = producible(bias, len(weight), hidden.device)
        uniform = uniform / uniform.sum()  # (V,)
        total = torch.zeros((), device=hidden.device)
        ctx.weight_dtype = weight.dtype
        if compiled and needs_grad:
            shift = torch.zeros(len(weight), device=hidden.device) if bias is None else bias.float()
            total, logits = _compiled_loss_and_gradient()(logits, shift, labels, uniform, smoothing)
            ctx.save_for_backward(hidden, matrix, logits)
            return total
        rows = max(1, _BLOCK.get(hidden.device.type, 2**20) // len(weight))
        for block, targets in zip(logits.split(rows), labels.split(rows), strict=True):  # (rows, V), (rows,)
            scores = block.float() if bias is None else block + bias.float()
            norms = scores.logsumexp(-1, keepdim=True)  # (rows, 1)
            total += (norms.sum() - (1 - smoothing) * scores.gather(1, targets[:, None]).sum()).detach()
            if smoothing:
                total -= smoothing * (scores @ uniform).sum()
            if needs_grad:
                scores.sub_(norms).exp_()  # now the probabilities
                scores.scatter_add_(1, targets[:, None], scores.new_full((len(targets), 1), smoothing - 1.0))
                if smoothing:
                    scores.sub_(uniform, alpha=smoothing)
                block.copy_(scores)  # a view of ``logits``: the block becomes its gradient
        if needs_grad:
            ctx.save_for_backward(hidden, matrix, logits)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        hidden, matrix, gradient = ctx.saved_tensors  # (T, D), (V, D), (T, V)
        scale = grads[0]
        to_hidden = (gradient @ matrix).float() * scale if ctx.needs_input_grad[0] else None
        to_weight = None
        if ctx.needs_input_grad[1]:
            # The scale goes into the smallest of the arrays, (T, D).
            to_weight = (gradient.T @ (hidden * scale).to(hidden.dtype)).to(ctx.weight_dtype)
        return to_hidden, to_weight, None, None, None, None, None


def _loss_and_gradient(
    logits: torch.Tensor, shift: torch.Tensor, labels: torch.Tensor, uniform: torch.Tensor, smoothing: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the summed loss of (T, V) logits and their gradient; compiled, it reads each logit three times."""
    scores = logits.float() + shift
    norms = scores.logsumexp(-1, keepdim=True)
    targets = labels[:, None]
    total = norms.sum() - (1 - smoothing) * scores.gather(1, targets).sum() - smoothing * (scores * uniform).sum()
    onehot = torch.arange(logits.shape[1], device=logits.device) == targets
    gradient = (scores - norms).exp() - smoothing * uniform - (1 - smoothing) * onehot
    return total, gradient.to(logits.dtype)


@cache
def _compiled_loss_and_gradient() -> Callable[..., tuple[torch.Tensor, torch.Tensor]]:
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
    """Return the summed cross-entropy of ``hidden @ weight.T + bias``, in nats.

    Smoothing is spread over the entries that can be produced: those with a bias above -1000.

    Args:
        hidden: (tokens, width), without padding.
        weight: (vocabulary, width).
        bias: (vocabulary,), a constant; or None.
        labels: (tokens,).
        smoothing: 0 to 1.
        compiled: turn all the logits into their gradient with one compiled function (torch.compile), which on a GPU
            moves a fifth of the memory.
    """
    kind = hidden.device.type
    dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else weight.dtype
    with torch.autocast(kind, enabled=False):
        arguments = (hidden.float(), weight, bias, labels, smoothing, dtype, compiled)
        total: torch.Tensor = _LinearCrossEntropy.apply(*arguments)
    return total


def plain_head(model: Any) -> nn.Linear | None:
    """Return a model's output layer if it can be taken out of the forward pass, else None.

    It cannot if an adapter wraps it, or if it is sharded, for shards are gathered in the forward pass alone.
    """
    head = model.get_output_embeddings()
    plain = type(head) is nn.Linear and head.bias is None and not isinstance(head.weight, DTensor)
    return head if plain and model.config.model_type in _FAMILIES else None


@contextmanager
def without_head(model: Any, head: nn.Linear) -> Iterator[None]:
    """Make the ``logits`` of a forward pass what the output layer would be given: (segments, tokens, width)."""
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
