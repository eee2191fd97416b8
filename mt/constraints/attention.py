"""Where a term belongs: when the decoder attends to its source, it is time to begin it.

A hypothesis is read as the work of a pointer model (as See et al. 2017, Get to the point, mix copying
and generating): at each step it either begins a constraint, with the probability that the
cross-attention lies on that constraint's source span, or generates a word as the model would; a
constraint once begun is finished. The probability of a hypothesis under this reading orders the beam.
So it costs little to begin a term while its source is being translated, much to begin it elsewhere,
and much to pass its source by, however improbable the model finds the term's own tokens.

The attention is that of a decoder layer or two, computed again from the query that a layer has just made
and the cached keys: far cheaper than ``output_attentions``, which takes all layers off their fast path.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from transformers import EncoderDecoderCache

from mt.constraints.constraint_state import ConstraintTables

__all__ = ["CrossAttention", "Pointed", "SourceSpans", "point"]

_QUERIES = {"encoder_attn": "q_proj", "EncDecAttention": "q"}  # in Marian, M2M100, mBART, BART; in T5
_MOST = 0.95  # no attention is so sure that nothing else can be meant


class CrossAttention:
    """Reads the cross-attention of some decoder layers while a model decodes; use as a context manager.

    Args:
        model: an encoder-decoder model.
        layers: which decoder layers, counted as Python counts; their attention is averaged. Layers that
            the model has not are left out, unless none remain: then it is the last.

    Attributes:
        known: whether the model's attention can be read; otherwise terms go where the model's own
            probabilities put them.
    """

    def __init__(self, model: Any, layers: Sequence[int]) -> None:
        found = [
            (module, getattr(module, query))
            for name, module in model.get_decoder().named_modules()
            for query in [_QUERIES.get(name.rsplit(".", 1)[-1])]
            if query is not None and isinstance(getattr(module, query, None), torch.nn.Linear)
        ]
        self.known = bool(found)
        self._layers = [found[layer] for layer in layers if -len(found) <= layer < len(found)] or found[-1:]
        self._queries: list[torch.Tensor | None] = [None] * len(self._layers)
        self._hooks: list[Any] = []

    def __enter__(self) -> CrossAttention:
        for number, (_, projection) in enumerate(self._layers):

            def keep(_module: Any, _inputs: Any, output: torch.Tensor, number: int = number) -> None:
                self._queries[number] = output[:, -1]

            self._hooks.append(projection.register_forward_hook(keep))
        return self

    def __exit__(self, *_: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def read(self, cache: Any, rows: torch.Tensor, width: int, mask: torch.Tensor | None) -> torch.Tensor | None:
        """Return the attention of the last step as (rows, K, source length), mean over heads and layers.

        Args:
            cache: keys and values of the model.
            rows: segments to read.
            width: hypotheses a segment, K.
            mask: (B * K, source length) 1 where there is source.
        """
        if not isinstance(cache, EncoderDecoderCache):
            return None
        total = None
        for (attention, _), kept in zip(self._layers, self._queries, strict=True):
            if kept is None:
                return None
            keys = cache.cross_attention_cache.layers[attention.layer_idx].keys  # (B * K, H, source, D)
            heads, length, size = keys.shape[1:]
            keys = keys.view(-1, width, heads, length, size)[rows, 0]  # all hypotheses of a segment have the same
            query = kept.view(-1, width, heads, size)[rows]
            scores = torch.einsum("bkhd,bhsd->bkhs", query, keys) * getattr(attention, "scaling", size**-0.5)
            if mask is not None:
                own = mask.view(-1, width, mask.shape[-1])[rows, 0]
                scores = scores.masked_fill(own[:, None, None] == 0, -torch.inf)
            weights = scores.float().softmax(-1).mean(2)
            total = weights if total is None else total + weights
        return None if total is None else total / len(self._layers)


class SourceSpans:
    """Source spans of the constraints of B segments, as masks over encoder positions."""

    def __init__(
        self,
        spans: Sequence[Sequence[tuple[int, int] | None]],
        tables: ConstraintTables,
        length: int,
        mask: torch.Tensor | None,
    ) -> None:
        """Make the masks.

        Args:
            spans: for each segment, the span of each constraint.
            length: encoder positions.
            mask: (B, length) 1 where there is source. Its last position ends the sentence and draws
                attention that means nothing, so it is left out of the sum.
        """
        device = tables.start.device
        groups, kinds = tables.start.shape[1], tables.wanted.shape[1]
        most = max((len(indices) for own in tables.kinds for group in own for indices in group), default=0)
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
        self.meant = torch.ones((len(spans), length), device=device).scatter_(1, last[:, None], 0.0)

    def mass(self, attention: torch.Tensor) -> torch.Tensor:
        """Return (B, K, G, Q, R): the share of attention (B, K, length) on a kind's last R spans."""
        attention = attention * self.meant[:, None]
        attention = attention / attention.sum(-1, keepdim=True).clamp(min=1e-6)
        return torch.einsum("bks,bgqrs->bkgqr", attention, self.masks).clamp(max=_MOST)


class Pointed(NamedTuple):
    """Candidates under the pointer model, each (B, K, M).

    Attributes:
        log_probs: log-probability of the token.
        pointer: probability that the token belongs to a constraint begun on purpose.
    """

    log_probs: torch.Tensor
    pointer: torch.Tensor


def point(
    log_probs: torch.Tensor,
    tokens: torch.Tensor,
    wanted: torch.Tensor,
    wanted_log_probs: torch.Tensor,
    states: torch.Tensor,
    tables: ConstraintTables,
    mass: torch.Tensor,
    pointer: torch.Tensor,
) -> Pointed:
    """Mix pointing and generating.

    Args:
        log_probs, tokens: (B, K, M) candidates and the model's log-probabilities.
        wanted, wanted_log_probs: (B, K, G * E) constraint tokens and theirs, -1 for padding.
        states: (B, K, G) of the hypotheses.
        mass: (B, K, G, Q, R) attention on the source of each kind of constraint, by how many are left.
        pointer: (B, K) probability that the hypothesis is within a constraint begun on purpose.
    """
    shape = (*states.shape, -1)  # (B, K, G, E)
    edge = wanted_log_probs.masked_fill(wanted < 0, -torch.inf).clamp(min=-100.0).view(shape)
    real = (wanted >= 0).view(shape)
    mass = mass.gather(-1, tables.wanted[states][..., None])[..., 0]  # (B, K, G, Q)
    begins = tables.edge_begins[states] & real[..., None]  # (B, K, G, E, Q)
    # A kind's attention is shared out over its alternatives as the model would choose among them.
    share = edge[..., None].masked_fill(~begins, -torch.inf).softmax(3).nan_to_num(0.0)
    begun = (share * mass[..., None, :]).sum(-1).flatten(2)
    continues = (tables.edge_continues[states] & real).flatten(2)
    going_on = edge.flatten(2).masked_fill(~continues, -torch.inf).softmax(-1).nan_to_num(0.0)
    inside = pointer[..., None]
    pointed = inside * going_on + (1 - inside) * begun  # (B, K, G * E)
    matches = tokens[..., None] == wanted[..., None, :]
    pointed = (pointed[..., None, :] * matches).sum(-1)  # (B, K, M)
    passed = (1 - mass.sum((-1, -2)).clamp(max=_MOST))[..., None] * (1 - inside)
    generated = log_probs + passed.clamp(min=1e-6).log()
    pointed = pointed.clamp(min=1e-30).log()
    total = torch.where(log_probs.isinf(), log_probs, torch.logaddexp(generated, pointed))
    return Pointed(total, (pointed - total).exp().clamp(max=1.0).nan_to_num(0.0))
