"""Which continuations of constrained hypotheses stay in the beam: dynamic beam allocation.

Post and Vilar (2018), "Fast lexically constrained decoding with dynamic beam allocation for neural machine
translation": continuations are sorted into banks by how many constraint tokens they still need, and every bank gets a
share of one beam of the ordinary width. Hu et al. (2019), "Improved lexically constrained decoding for translation and
monolingual rewriting": the same for a batch, with no loop over hypotheses.

Here the banks take turns: first the best continuation of every bank, then the second best, and so on. Where banks are
more than places, turns go by score less an estimate of what the missing tokens will cost; the bank that needs least
always keeps its best, so that every hypothesis makes progress towards its constraints.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from mt.constraints.attention import Candidates, point
from mt.constraints.constraint_state import ConstraintTables

# Nats that a missing constraint token is expected to cost: where attention tells where terms belong, and where nothing
# does and the model's own probability of the term counts. The costs order the banks when they are more than the places,
# and tell when an unfinished hypothesis cannot win any more. The values were chosen with benchmarks/term_placement.py.
POINTED_COST, UNGUIDED_COST = 1.0, 7.0
# Nats by which the best of a bank may trail and still get a place before the second best of the others.
_MARGIN = 4.0
_DEAD = -1.0e8  # at or below: no real hypothesis (generate marks them with -1e9)
_TIER = 1 << 16  # more than any bank or rank
_SCALE = 1.0e7  # more than any score


def gather_beams(tensor: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
    """Pick rows of dimension 1: (B, K, …) with indices (B, C) → (B, C, …)."""
    return torch.take_along_dim(tensor, indices.view(*indices.shape, *(1,) * (tensor.dim() - 2)), dim=1)


class Beam(NamedTuple):
    """Hypotheses of B constrained segments, K each, and what decides about their next token.

    ``pointer`` holds the probabilities that the hypothesis is within a constraint begun on purpose, and that its last
    token completed one.
    """

    scores: torch.Tensor  # (B, K) summed log-probability, of the pointer model where attention is known
    states: torch.Tensor  # (B, K, G) automaton states
    pointer: torch.Tensor  # (B, K, 2)
    log_probs: torch.Tensor  # (B, K, V) of the next token
    unbanned: torch.Tensor | None  # the same without bans that constraint tokens are exempt from
    mass: torch.Tensor | None  # attention on the source of each kind of constraint, from ``SourceSpans.mass``
    room: int  # tokens left after this one; negative where the ending is forced now, constraints met or not


class Continuations(NamedTuple):
    """Chosen continuations of B segments, C each; states and pointer are those after the token."""

    scores: torch.Tensor  # (B, C) as in Beam; -inf where there is no such continuation
    beams: torch.Tensor  # (B, C) hypothesis of the segment that is continued
    tokens: torch.Tensor  # (B, C)
    need: torch.Tensor  # (B, C) constraint tokens still needed
    states: torch.Tensor  # (B, C, G)
    pointer: torch.Tensor  # (B, C, 2)


class Allocator:
    """Shares a beam out among the continuations of constrained hypotheses.

    Shapes: B constrained segments, K hypotheses each, V tokens, N end-of-sentence tokens, M candidates per hypothesis,
    W constraint tokens among them, G groups of constraints.
    """

    def __init__(self, tables: ConstraintTables, eos_tokens: torch.Tensor, cost: float) -> None:
        self.tables, self.eos_tokens, self.cost = tables, eos_tokens, cost

    def choose(self, beam: Beam) -> Continuations:
        """Choose continuations: K run on, best placed first; the others, K * N, end with all constraints met."""
        tables, width = self.tables, beam.scores.shape[1]
        eos_tokens, eos = self._ends(beam)  # (N,), (B, K, N)
        candidates, best = self._candidates(beam, eos_tokens)
        each = candidates.tokens.shape[-1]  # M
        after = tables.advance(beam.states[:, :, None].expand(-1, -1, each, -1), candidates.tokens)  # (B, K, M, G)
        need, needed = tables.need(beam.states), tables.need(after)  # (B, K), (B, K, M)
        log_probs, pointer = candidates.log_probs, candidates.log_probs.new_zeros((*candidates.tokens.shape, 2))
        if beam.mass is not None:
            log_probs, pointer = self._pointed(candidates, beam, after, beam.mass)
        scores = log_probs + beam.scores[..., None]  # (B, K, M)
        # A hypothesis that would rather end than continue must turn to its constraints, or it only rambles.
        rambles = (eos.amax(-1, keepdim=True) >= best) & (needed >= need[..., None])
        tier = rambles.long() + 2 * (needed > beam.room).long() + 4 * (scores <= _DEAD).long()

        # A segment's K hypotheses compete with one another: (B, K * M) from here.
        scores, needed, tier = scores.flatten(1), needed.flatten(1), tier.flatten(1)
        order = self._order(scores, needed, tier)
        chosen = order.topk(width, dim=1, largest=False).indices  # (B, K)
        running = Continuations(
            scores.gather(1, chosen),
            chosen // each,
            candidates.tokens.flatten(1).gather(1, chosen),
            needed.gather(1, chosen),
            gather_beams(after.flatten(1, 2), chosen),
            gather_beams(pointer.flatten(1, 2), chosen),
        )
        # An ending competes with what else has met all constraints.
        rivals = scores.masked_fill(needed > 0, -torch.inf)
        ends = (eos + beam.scores[..., None]).masked_fill((need > 0)[..., None], -torch.inf)  # (B, K, N)
        ends = _accepted(ends, eos >= best, rivals, (running.need == 0).sum(1))  # (B, K * N)
        ending = torch.arange(width, device=ends.device).repeat_interleave(eos_tokens.shape[0])  # (K * N,)
        finished = Continuations(
            ends,
            ending.expand_as(ends),
            eos_tokens.repeat(width).expand_as(ends),
            torch.zeros_like(ends, dtype=torch.long),
            beam.states[:, ending],
            torch.zeros_like(beam.pointer[:, ending]),
        )
        return Continuations(*(torch.cat(parts, 1) for parts in zip(running, finished, strict=True)))

    def _ends(self, beam: Beam) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (N,) tokens that end and (B, K, N) their log-probabilities; an impossible one if none is free now."""
        if self.eos_tokens.shape[0] and beam.room >= 0:
            return self.eos_tokens, beam.log_probs[..., self.eos_tokens]
        tokens = self.eos_tokens.new_full((max(1, self.eos_tokens.shape[0]),), -1)
        return tokens, beam.log_probs.new_full((*beam.log_probs.shape[:2], *tokens.shape), -torch.inf)

    def _candidates(self, beam: Beam, eos_tokens: torch.Tensor) -> tuple[Candidates, torch.Tensor]:
        """Return the likeliest tokens and every constraint token, and (B, K, 1) the best log-probability but ends'."""
        log_probs, width = beam.log_probs, beam.scores.shape[1]
        # K tokens of a hypothesis are enough even if it fills the whole beam; N more, as ends do not count.
        top, tokens = log_probs.topk(min(width + eos_tokens.shape[0], log_probs.shape[-1]), dim=-1)
        top = top.masked_fill((tokens[..., None] == eos_tokens).any(-1), -torch.inf)
        constraint_tokens = self.tables.edge_token[beam.states].flatten(-2)  # (B, K, W), -1 for padding
        known = constraint_tokens.clamp(min=0)
        constraint_log_probs = log_probs.gather(-1, known)
        if beam.unbanned is not None:
            banned = constraint_log_probs.isinf()
            constraint_log_probs = torch.where(banned, beam.unbanned.gather(-1, known), constraint_log_probs)
        # A token counts once: not again as a constraint token if it is among the likeliest, nor for a second group.
        repeated = ((constraint_tokens[..., None] == tokens[..., None, :]) & ~top.isinf()[..., None, :]).any(-1)
        repeated |= (constraint_tokens[..., None] == constraint_tokens[..., None, :]).tril(-1).any(-1)
        unique = constraint_log_probs.masked_fill(repeated | (constraint_tokens < 0), -torch.inf)
        candidates = Candidates(
            torch.cat((tokens, known), -1), torch.cat((top, unique), -1), constraint_tokens, constraint_log_probs
        )
        return candidates, top.amax(-1, keepdim=True)

    def _pointed(
        self, candidates: Candidates, beam: Beam, after: torch.Tensor, mass: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (B, K, M) log-probabilities under the pointer model, and (B, K, M, 2) the pointer after each token."""
        rest = self.tables.rest
        log_probs, pointed = point(candidates, beam.states, self.tables, mass, beam.pointer[..., 0])
        missing = rest[beam.states].sum(-1, keepdim=True)  # (B, K, 1)
        left = rest[after].sum(-1)  # (B, K, M)
        # What was completed on purpose is not made the beginning of a longer word.
        undone = (1 - beam.pointer[..., 1:]).clamp(min=1e-6).log() * (left > missing)
        # Nothing is open any more once a constraint is complete.
        complete = left < missing
        pointer = torch.stack((pointed * ~complete, pointed * complete), -1)
        return log_probs + undone, pointer

    def _order(self, scores: torch.Tensor, needed: torch.Tensor, tier: torch.Tensor) -> torch.Tensor:
        """Return the order in which candidates get places in the beam, as (B, C) keys, least first.

        ``needed`` is a candidate's bank, ``tier`` more than 0 for those to be taken only for want of others.
        """
        # Keys are sums of terms of very different size: float64 keeps them apart.
        scores = scores.clamp(min=-_SCALE / 4).double()
        bank = tier * _TIER + needed
        # Rank within the bank: sort by bank and score, and count from where each bank begins.
        order = (bank * _SCALE - scores).argsort(1)
        sorted_bank = bank.gather(1, order)
        position = torch.arange(bank.shape[1], device=bank.device).expand_as(bank)
        begins = torch.ones_like(sorted_bank, dtype=torch.bool)
        begins[:, 1:] = sorted_bank[:, 1:] != sorted_bank[:, :-1]
        first = torch.where(begins, position, 0).cummax(1).values
        rank = torch.empty_like(bank).scatter_(1, order, position - first)
        # What a candidate will score once it has met its constraints.
        outlook = scores - self.cost * needed
        best = outlook.masked_fill(tier > 0, -_SCALE).amax(1, keepdim=True)
        turn = rank + (outlook < best - _MARGIN) * (_TIER // 4)
        # The very first of the order, the best of the bank that needs least, always gets a place.
        turn.scatter_(1, order[:, :1], 0)
        key = (tier * _TIER + turn + 1) * _SCALE - outlook
        return key.scatter(1, order[:, :1], -_SCALE * _TIER)


def _accepted(ends: torch.Tensor, preferred: torch.Tensor, rivals: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """Return the scores ``ends`` (B, K, N) as (B, K * N), -inf for endings that do not count.

    One counts when it ranks within the places (B,) that the bank with all constraints met got, against the scores of
    ``rivals`` (B, C), or when it beats every other continuation of its hypothesis, ``preferred`` (B, K, N).
    """
    ends = ends.flatten(1)
    rank = (torch.cat((ends, rivals), 1)[:, None, :] > ends[..., None]).sum(-1)
    accepted = preferred.flatten(1) | (rank < places[:, None].clamp(min=1))
    return ends.masked_fill(~accepted | (ends <= _DEAD), -torch.inf)
