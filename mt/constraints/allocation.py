"""Which continuations of constrained hypotheses stay in the beam: dynamic beam allocation.

Post and Vilar (2018), Fast lexically constrained decoding with dynamic beam allocation for neural
machine translation: continuations are sorted into banks by how many constraint tokens they still need,
and every bank gets a share of one beam of the ordinary width, so that a hypothesis that has paid for a
term competes with those that have paid as much. Hu et al. (2019), Improved lexically constrained
decoding for translation and monolingual rewriting: the same for a batch, with no loop over hypotheses.

Here the banks take turns: first the best continuation of every bank, then the second best, and so on.
Where banks are more than places, the turn goes by score less an estimate of what the missing tokens
will cost; the bank that needs least always keeps its best, so the constraints are always on the way.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from mt.constraints.attention import point
from mt.constraints.constraint_state import ConstraintTables
from mt.constraints.hypotheses import gather_beams

__all__ = ["Allocation", "Continuations", "allocate"]

_DEAD = -1.0e8  # at or below: no real hypothesis (generate marks them with -1e9)
_TIER = 1 << 16  # more than any bank or rank
_SCALE = 1.0e7  # more than any score


class Continuations(NamedTuple):
    """Chosen continuations of B segments, C each.

    Attributes:
        scores: (B, C) summed log-probability, of the pointer model where attention is known; -inf where
            there is no such continuation.
        excess: (B, C) by how much this token's part in it is above the model's own log-probability.
        beams: (B, C) hypothesis of the segment that is continued.
        tokens: (B, C) next token.
        need: (B, C) constraint tokens still needed after it.
        states: (B, C, G) automaton states after it.
        pointer: (B, C, 2) probability that it is within a constraint begun on purpose, and that its last
            token completed one.
    """

    scores: torch.Tensor
    excess: torch.Tensor
    beams: torch.Tensor
    tokens: torch.Tensor
    need: torch.Tensor
    states: torch.Tensor
    pointer: torch.Tensor

    def padded(self, count: int) -> Continuations:
        """Fill up to ``count`` continuations a segment with impossible ones."""
        missing = count - self.scores.shape[1]
        if missing <= 0:
            return self
        pad = torch.nn.functional.pad
        return Continuations(
            pad(self.scores, (0, missing), value=-torch.inf),
            pad(self.excess, (0, missing)),
            pad(self.beams, (0, missing)),
            pad(self.tokens, (0, missing)),
            pad(self.need, (0, missing)),
            pad(self.states, (0, 0, 0, missing)),
            pad(self.pointer, (0, 0, 0, missing)),
        )


class Allocation(NamedTuple):
    """Settings of the allocation; the defaults are those of benchmarks/term_placement.py.

    Args:
        pointed_cost: nats that a missing constraint token is expected to cost where attention tells
            where terms belong; orders the banks when they are more than the places, and tells when an
            unfinished hypothesis cannot win any more.
        token_cost: the same where nothing tells it, and the model's own probability of the term counts.
        margin: nats by which the best of a bank may trail and still get a place before the second best
            of the others.
        attention_layers: decoder layers whose cross-attention tells where terms belong.
    """

    pointed_cost: float = 1.0
    token_cost: float = 7.0
    margin: float = 4.0
    attention_layers: tuple[int, ...] = (-1,)


def allocate(
    log_probs: torch.Tensor,
    unbanned: torch.Tensor | None,
    summed: torch.Tensor,
    states: torch.Tensor,
    tables: ConstraintTables,
    mass: torch.Tensor | None,
    pointer: torch.Tensor,
    eos_tokens: torch.Tensor,
    room: int,
    settings: Allocation,
    cost: float,
) -> Continuations:
    """Choose the running and the finished continuations of constrained segments.

    Args:
        log_probs: (B, K, V) log-probability of the next token of K hypotheses.
        unbanned: (B, K, V) the same without bans that constraint tokens are exempt from, or ``None``.
        summed: (B, K) score of the hypotheses so far.
        states: (B, K, G) their automaton states.
        mass: attention on the source of each kind of constraint, as ``SourceSpans.mass`` gives it;
            ``None``: not known.
        pointer: (B, K, 2) as in :class:`Continuations`.
        eos_tokens: (N,) end-of-sentence tokens.
        room: tokens left after this one; negative where the ending is forced now, constraints met or not.
        cost: the one of the settings' costs that holds here.

    Returns:
        2 K continuations a segment: K that go on, best placed first, then at most K that end the
        sentence with all constraints met.
    """
    width = log_probs.shape[1]
    need = tables.need(states).total  # (B, K)
    if eos_tokens.shape[0] and room >= 0:
        eos = log_probs[..., eos_tokens]  # (B, K, N)
    else:
        eos_tokens = eos_tokens.new_full((1,), -1)
        eos = log_probs.new_full((*log_probs.shape[:2], 1), -torch.inf)

    # Ordinary candidates, and every token that begins or goes on with a constraint.
    top, tokens = log_probs.topk(min(width + eos_tokens.shape[0], log_probs.shape[-1]), dim=-1)
    top = top.masked_fill((tokens[..., None] == eos_tokens).any(-1), -torch.inf)
    best = top.amax(-1, keepdim=True)
    wanted = tables.next_tokens(states)  # (B, K, W)
    known = wanted.clamp(min=0)
    wanted_steps = log_probs.gather(-1, known)
    if unbanned is not None:
        wanted_steps = torch.where(wanted_steps.isinf(), unbanned.gather(-1, known), wanted_steps)
    repeated = ((wanted[..., None] == tokens[..., None, :]) & ~top.isinf()[..., None, :]).any(-1)
    repeated |= (wanted[..., None] == wanted[..., None, :]).tril(-1).any(-1)
    tokens = torch.cat((tokens, known), -1)
    steps = torch.cat((top, wanted_steps.masked_fill(repeated | (wanted < 0), -torch.inf)), -1)  # (B, K, M)

    after = tables.advance(states[:, :, None].expand(-1, -1, tokens.shape[-1], -1), tokens)
    needed = tables.need(after).total
    excess = torch.zeros_like(steps)
    pointing = torch.zeros((*steps.shape, 2), device=steps.device)
    if mass is not None:
        pointed = point(steps, tokens, wanted, wanted_steps, states, tables, mass, pointer[..., 0])
        missing = tables.rest[states].sum(-1, keepdim=True)
        left = tables.rest[after].sum(-1)
        # What was completed on purpose is not made the beginning of a longer word.
        undone = (1 - pointer[..., 1:]).clamp(min=1e-6).log() * (left > missing)
        excess = (pointed.log_probs + undone - steps).nan_to_num(0.0)
        steps = pointed.log_probs + undone
        # Nothing is open any more once a constraint is complete.
        complete = left < missing
        pointing = torch.stack((pointed.pointer * ~complete, pointed.pointer * complete), -1)
    scores = steps + summed[..., None]
    # A hypothesis that would rather end than go on must turn to its constraints, or it only rambles.
    rambles = (eos.amax(-1, keepdim=True) >= best) & (needed >= need[..., None])
    tier = rambles.long() + 2 * (needed > room).long() + 4 * (scores <= _DEAD).long()

    each = tokens.shape[-1]
    scores, tokens, needed, tier = (part.flatten(1) for part in (scores, tokens, needed, tier))
    chosen = _places(scores, needed, tier, cost, settings.margin).topk(width, dim=1, largest=False).indices
    running = Continuations(
        scores.gather(1, chosen),
        excess.flatten(1).gather(1, chosen),
        chosen // each,
        tokens.gather(1, chosen),
        needed.gather(1, chosen),
        gather_beams(after.flatten(1, 2), chosen),
        gather_beams(pointing.flatten(1, 2), chosen),
    )

    ends = (eos + summed[..., None]).masked_fill((need > 0)[..., None], -torch.inf)
    finished = _ended(
        ends, eos >= best, scores.masked_fill(needed > 0, -torch.inf), running, states, pointer, eos_tokens
    )
    return Continuations(*(torch.cat(parts, 1) for parts in zip(running, finished, strict=True)))


def _ended(
    ends: torch.Tensor,
    preferred: torch.Tensor,
    rivals: torch.Tensor,
    running: Continuations,
    states: torch.Tensor,
    pointer: torch.Tensor,
    eos_tokens: torch.Tensor,
) -> Continuations:
    """Choose the endings that count.

    The bank with all constraints met is an ordinary beam of as many places as it got: an ending counts
    when it ranks among them, or when the hypothesis prefers it to everything else.

    Args:
        ends: (B, K, N) score of ending with each end-of-sentence token; -inf where constraints are unmet.
        preferred: (B, K, N) whether it beats every other continuation of the hypothesis.
        rivals: (B, M) scores of continuations with all constraints met.
        running: the continuations that go on.
        states, pointer: of the hypotheses.
    """
    width, count = ends.shape[1:]
    ends = ends.flatten(1)
    places = (running.need == 0).sum(1, keepdim=True).clamp(min=1)
    rank = (torch.cat((ends, rivals), 1)[:, None, :] > ends[..., None]).sum(-1)
    accepted = (ends > _DEAD) & (preferred.flatten(1) | (rank < places))
    scores, which = ends.masked_fill(~accepted, -torch.inf).topk(width, dim=1)
    beams = which // count
    return Continuations(
        scores,
        torch.zeros_like(scores),
        beams,
        eos_tokens[which % count],
        torch.zeros_like(which),
        gather_beams(states, beams),
        gather_beams(torch.zeros_like(pointer), beams),
    )


def _places(scores: torch.Tensor, needed: torch.Tensor, tier: torch.Tensor, cost: float, margin: float) -> torch.Tensor:
    """Return the order in which candidates get places in the beam, as (B, M) keys, least first.

    Args:
        scores: (B, M) summed log-probability.
        needed: (B, M) constraint tokens still needed: the bank.
        tier: (B, M) 0 for sound candidates, more for those to be taken only for want of others.
    """
    scores = scores.clamp(min=-_SCALE / 4).double()
    bank = tier * _TIER + needed
    order = (bank * _SCALE - scores).argsort(1)
    sorted_bank = bank.gather(1, order)
    position = torch.arange(bank.shape[1], device=bank.device).expand_as(bank)
    opens = torch.ones_like(sorted_bank, dtype=torch.bool)
    opens[:, 1:] = sorted_bank[:, 1:] != sorted_bank[:, :-1]
    first = torch.where(opens, position, 0).cummax(1).values
    rank = torch.empty_like(bank).scatter_(1, order, position - first)
    # What a candidate will score once it has met its constraints.
    outlook = scores - cost * needed
    lagging = outlook < outlook.masked_fill(tier > 0, -_SCALE).amax(1, keepdim=True) - margin
    turn = rank + lagging * (_TIER // 4)
    # The very first of the order: the best of the bank that needs least.
    turn.scatter_(1, order[:, :1], 0)
    key = (tier * _TIER + turn + 1) * _SCALE - outlook
    return key.scatter(1, order[:, :1], -_SCALE * _TIER)
