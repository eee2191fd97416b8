"""Where a term belongs: when the decoder attends to the term's source, it is time to begin it.

A hypothesis is read as the work of a pointer model (as See et al. 2017, "Get to the point", mix copying and
generating): at each step it either begins a constraint, with the probability that the cross-attention lies on that
constraint's source span, or generates a word as the model would; a constraint once begun is finished. The probability
of a hypothesis under this model orders the beam.

The attention is that of the last decoder layer, computed again from the query it has just made and the cached keys:
far cheaper than ``output_attentions``, which takes all layers off their fast path.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from transformers import EncoderDecoderCache

from mt.constraints.constraint_state import ConstraintTables

_QUERIES = {"encoder_attn": "q_proj", "EncDecAttention": "q"}  # in Marian, M2M100, mBART, BART; in T5
_MAX_MASS = 0.95  # no attention is so sure that nothing else can be meant


class CrossAttention:
    """Reads the cross-attention of the last decoder layer while a model decodes; use as a context manager.

    Several threads may read one model at once. Where attention is not ``known`` the model's probabilities place terms.
    """

    def __init__(self, model: Any) -> None:
        layers = [
            (module, getattr(module, query))
            for name, module in model.get_decoder().named_modules()
            for query in [_QUERIES.get(name.rsplit(".", 1)[-1])]
            if query is not None and isinstance(getattr(module, query, None), torch.nn.Linear)
        ]
        self.known = bool(layers)
        last: Any = layers[-1] if layers else (None, None)
        self._attention, self._projection = last
        self._queries = torch.empty(0)

    def __enter__(self) -> CrossAttention:
        thread = threading.get_ident()

        def keep(_module: Any, _inputs: Any, output: torch.Tensor) -> None:
            # The hook is on the model, which other threads may be decoding with.
            if threading.get_ident() == thread:
                self._queries = output[:, -1]  # (B * K, H * D)

        self._hook = self._projection.register_forward_hook(keep) if self.known else None
        return self

    def __exit__(self, *_: object) -> None:
        if self._hook is not None:
            self._hook.remove()

    def read(
        self, cache: EncoderDecoderCache, rows: torch.Tensor, width: int, mask: torch.Tensor | None
    ) -> torch.Tensor:
        """Return the attention of the last step as (R, K, source), the mean over heads.

        ``rows`` (R,) are segments of ``width`` hypotheses, K; ``mask`` (B * K, source) is 1 where there is source.
        """
        keys = cache.cross_attention_cache.layers[self._attention.layer_idx].keys  # (B * K, H, source, D)
        heads, length, size = keys.shape[1:]
        # All hypotheses of a segment have the same source, so the first one's keys are enough.
        keys = keys.view(-1, width, heads, length, size)[rows, 0]  # (R, H, source, D)
        queries = self._queries.view(-1, width, heads, size)[rows]  # (R, K, H, D)
        scores = torch.einsum("bkhd,bhsd->bkhs", queries, keys) * getattr(self._attention, "scaling", size**-0.5)
        if mask is not None:
            own = mask.view(-1, width, mask.shape[-1])[rows, 0]  # (R, source)
            scores = scores.masked_fill(own[:, None, None] == 0, -torch.inf)
        return scores.float().softmax(-1).mean(2)


class SourceSpans:
    """Source spans of the constraints of B segments, as masks over encoder positions."""

    def __init__(
        self,
        spans: Sequence[Sequence[tuple[int, int] | None]],
        tables: ConstraintTables,
        length: int,
        mask: torch.Tensor | None,
    ) -> None:
        # ``mask`` (B, length) is 1 where there is source. Its last position ends the sentence and draws attention that
        # means nothing, so it is left out of the sum.
        device = tables.start.device
        groups, kinds = tables.start.shape[1], tables.missing.shape[1]
        most = max((len(indices) for own in tables.kinds for group in own for indices in group), default=0)
        # (B, G, Q, R, length): what a kind of constraint attends to while R of it are missing.
        masks = torch.zeros((len(spans), groups, kinds, most + 1, length))
        for segment, own in enumerate(spans):
            for group, several in enumerate(tables.kinds[segment]):
                for kind, indices in enumerate(several):
                    known = sorted(span for index in indices if (span := own[index]) is not None)
                    # Equal terms are taken to be met in the order of the source: the last ones are left.
                    for left in range(1, most + 1):
                        for start, end in known[-left:]:
                            masks[segment, group, kind, left, max(start, 0) : max(end, 0)] = 1.0
        self.any = bool(masks.any())
        self.masks = masks.to(device)
        last = torch.full((len(spans),), length - 1, device=device) if mask is None else mask.long().sum(1) - 1
        # (B, length): 0 at the end of the sentence.
        self.meaningful = torch.ones((len(spans), length), device=device).scatter_(1, last[:, None], 0.0)

    def mass(self, attention: torch.Tensor) -> torch.Tensor:
        """Return (B, K, G, Q, R): the share of ``attention`` (B, K, length) on a kind's last R spans."""
        attention = attention * self.meaningful[:, None]
        attention = attention / attention.sum(-1, keepdim=True).clamp(min=1e-6)
        return torch.einsum("bks,bgqrs->bkgqr", attention, self.masks).clamp(max=_MAX_MASS)


class Candidates(NamedTuple):
    """Next tokens of B segments' K hypotheses; W = G * E of :class:`ConstraintTables`."""

    tokens: torch.Tensor  # (B, K, M)
    log_probs: torch.Tensor  # (B, K, M) the model's; -inf for those not to count
    constraint_tokens: torch.Tensor  # (B, K, W) also among the candidates; -1 for padding
    constraint_log_probs: torch.Tensor  # (B, K, W)


def point(
    candidates: Candidates, states: torch.Tensor, tables: ConstraintTables, mass: torch.Tensor, inside: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mix pointing and generating, for hypotheses in ``states`` (B, K, G).

    ``mass`` (B, K, G, Q, R) is the attention on the source of each kind of constraint, by how many are missing;
    ``inside`` (B, K) the probability that the hypothesis is within a constraint begun on purpose. Returned are
    (B, K, M) log-probabilities of the candidates, and the probability that each belongs to a constraint begun so.
    """
    tokens, log_probs, constraint_tokens, edge_log_probs = candidates
    real = (constraint_tokens >= 0).view(*states.shape, -1)  # (B, K, G, E)
    edges = edge_log_probs.masked_fill(constraint_tokens < 0, -torch.inf).clamp(min=-100.0).view_as(real)
    # Only the spans of the constraints that are still missing count.
    mass = mass.gather(-1, tables.missing[states][..., None])[..., 0]  # (B, K, G, Q)
    begins = tables.edge_begins[states] & real[..., None]  # (B, K, G, E, Q)
    # A kind's attention is divided among its alternatives as the model would choose among them.
    share = edges[..., None].masked_fill(~begins, -torch.inf).softmax(3).nan_to_num(0.0)  # (B, K, G, E, Q)
    begun = (share * mass[..., None, :]).sum(-1).flatten(2)  # (B, K, W)
    continues = (tables.edge_continues[states] & real).flatten(2)  # (B, K, W)
    continued = edges.flatten(2).masked_fill(~continues, -torch.inf).softmax(-1).nan_to_num(0.0)  # (B, K, W)
    inside = inside[..., None]  # (B, K, 1)
    pointed = inside * continued + (1 - inside) * begun  # (B, K, W)
    # From constraint tokens to candidates, which hold each of them once.
    matches = tokens[..., None] == constraint_tokens[..., None, :]  # (B, K, M, W)
    pointed = (pointed[..., None, :] * matches).sum(-1)  # (B, K, M)
    generates = (1 - mass.sum((-1, -2)).clamp(max=_MAX_MASS))[..., None] * (1 - inside)  # (B, K, 1)
    generated = log_probs + generates.clamp(min=1e-6).log()
    pointed = pointed.clamp(min=1e-30).log()
    total = torch.where(log_probs.isinf(), log_probs, torch.logaddexp(generated, pointed))
    return total, (pointed - total).exp().clamp(max=1.0).nan_to_num(0.0)
