"""The constraints of a batch as tensors, and the state of hypotheses in them, advanced by gathers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from mt.constraints.automaton import GroupAutomaton, Sequences, compile_group, group_constraints, shortest
from mt.constraints.constraint import Constraint, WordBoundaries

__all__ = ["ConstraintTables", "Need", "PlacedConstraints", "place_constraints"]


class PlacedConstraints(NamedTuple):
    """What of a segment's constraints can be met, and why the others cannot."""

    satisfiable: list[Sequences]
    indices: list[int]  # of the satisfiable ones in the segment's list
    reasons: dict[int, str]  # by index, for the others


def place_constraints(
    constraints: Sequence[Constraint],
    *,
    room: int,
    vocabulary: int,
    banned: dict[int, str],
    boundaries: WordBoundaries | None = None,
) -> PlacedConstraints:
    """Tell the constraints that a segment can meet from those it cannot.

    Args:
        room: tokens that the output may have for them altogether, served in the order given.
        vocabulary: number of token ids.
        banned: token id → why it cannot be generated.
    """
    placed = PlacedConstraints([], [], {})
    for index, constraint in enumerate(constraints):
        reasons = []
        usable: tuple[set[tuple[int, ...]], set[tuple[int, ...]]] = (set(), set())
        for kind, several in enumerate((constraint.alternatives, constraint.joined)):
            for given in several:
                sequence = tuple(int(token) for token in given)
                fault = _fault(sequence, vocabulary, banned)
                if fault:
                    reasons.append(fault)
                elif boundaries is not None and boundaries.token_class(sequence[0]) & 1:
                    usable[1].add(sequence)  # it would go on with the word before it
                    reasons.append("it is spelled only as the end of a word")
                else:
                    usable[kind].add(sequence)
        if not usable[0]:
            placed.reasons[index] = reasons[0] if reasons else "no token sequence spells it"
            continue
        sequences = (frozenset(usable[0]), frozenset(usable[1]))
        length = shortest(sequences)
        if length > room:
            placed.reasons[index] = f"it takes {length} tokens and the length limit leaves room for {room}"
            continue
        room -= length
        placed.satisfiable.append(sequences)
        placed.indices.append(index)
    return placed


def _fault(sequence: tuple[int, ...], vocabulary: int, banned: dict[int, str]) -> str | None:
    """Return why a token sequence cannot be generated, if it cannot."""
    if not sequence:
        return "no token sequence spells it"
    for token in sequence:
        if not 0 <= token < vocabulary:
            return f"token id {token} is not in the model's vocabulary"
        if token in banned:
            return f"token id {token} is {banned[token]}"
    return None


class Need(NamedTuple):
    """Tokens that hypotheses still need to meet every constraint, each of the hypotheses' shape."""

    total: torch.Tensor  # int64; 0: all met
    gain: torch.Tensor  # int64; tokens of an open sequence among those already spent


class ConstraintTables:
    """Automata of all groups of all constrained segments, numbered together.

    Shapes: B constrained segments, G groups a segment (padded with state 0, which needs nothing),
    S states in all, E the most edges of a state.

    Attributes:
        start: (B, G) state of a hypothesis with no token yet.
        edge_token, edge_next: (S, E) tokens that lead elsewhere than the default (-1: padding), and where.
        default_next: (S, 4) next state for every other token, by token class.
        rest, gain: (S,) as in :class:`mt.constraints.automaton.GroupAutomaton`.
        classes: (V,) token class, or ``None`` where word boundaries do not matter.
        edge_begins: (S, E, Q) whether the token begins a constraint of a kind, or goes on with one that stands half;
            Q is the most kinds of a group.
        edge_continues: (S, E) whether it goes on with an open sequence.
        wanted: (S, Q) how many more constraints of a kind are wanted.
        kinds: for each segment and group, the constraints of each kind, as indices.
    """

    def __init__(
        self,
        segments: Sequence[Sequence[Sequences]],
        *,
        vocabulary: int,
        boundaries: WordBoundaries | None,
        device: torch.device,
    ) -> None:
        automata: dict[int, int] = {}  # id → first state
        compiled: list[GroupAutomaton] = []
        starts: list[list[int]] = []
        self.kinds: list[list[list[list[int]]]] = []
        states = 1
        token_class = None if boundaries is None else boundaries.token_class
        for constraints in segments:
            own = []
            self.kinds.append([])
            for group in group_constraints(constraints):
                kinds: dict[Sequences, list[int]] = {}
                for index in group:
                    kinds.setdefault(constraints[index], []).append(index)
                self.kinds[-1].append(list(kinds.values()))
                automaton = compile_group([constraints[index] for index in group], token_class)
                if id(automaton) not in automata:
                    automata[id(automaton)] = states
                    compiled.append(automaton)
                    states += len(automaton.edges) - 1
                own.append(automata[id(automaton)])
            starts.append(own)
        groups = max((len(own) for own in starts), default=0)
        width = max((len(edges) for automaton in compiled for edges in automaton.edges), default=1)
        edge_token = [[-1] * width]
        edge_next = [[0] * width]
        default_next = [[0] * 4]
        rest, gain = [0], [0]
        most_kinds = max((len(kinds) for groups in self.kinds for kinds in groups), default=1)
        begins = torch.zeros((states, width, most_kinds), dtype=torch.bool)
        continues = torch.zeros((states, width), dtype=torch.bool)
        wanted = torch.zeros((states, most_kinds), dtype=torch.int64)
        for automaton in compiled:
            shift = automata[id(automaton)] - 1  # its state 1 is the first; its state 0 is everyone's
            for state in range(1, len(automaton.edges)):
                edges, defaults = automaton.edges[state], automaton.defaults[state]
                for place, token in enumerate(edges):
                    if token in automaton.begun[state]:
                        begins[state + shift, place, automaton.begun[state][token]] = True
                    continues[state + shift, place] = token in automaton.continuing[state]
                wanted[state + shift, : len(automaton.wanted[state])] = torch.tensor(automaton.wanted[state])
                padding = width - len(edges)
                edge_token.append([*edges, *[-1] * padding])
                edge_next.append([*(target and target + shift for target in edges.values()), *[0] * padding])
                default_next.append([target and target + shift for target in defaults])
            rest += automaton.rest[1:]
            gain += automaton.gain[1:]

        def tensor(values: object) -> torch.Tensor:
            return torch.tensor(values, dtype=torch.int64, device=device)

        self.start = tensor([own + [0] * (groups - len(own)) for own in starts])
        self.edge_token, self.edge_next, self.default_next = tensor(edge_token), tensor(edge_next), tensor(default_next)
        self.rest, self.gain = tensor(rest), tensor(gain)
        self.edge_begins, self.edge_continues = begins.to(device), continues.to(device)
        self.wanted = wanted.to(device)
        self.classes: torch.Tensor | None = None
        if boundaries is not None:
            continues = torch.as_tensor(boundaries.continues, dtype=torch.int64, device=device)
            opens = torch.as_tensor(boundaries.opens, dtype=torch.int64, device=device)
            classes = (continues + 2 * opens)[:vocabulary]
            self.classes = torch.nn.functional.pad(classes, (0, vocabulary - classes.shape[0]))

    def need(self, states: torch.Tensor) -> Need:
        """Return what hypotheses in ``states`` (…, G) still need.

        Only one open sequence can be finished without breaking off the others, as groups share no
        tokens: the need counts the one furthest on.
        """
        gain = self.gain[states].amax(-1)
        return Need(self.rest[states].sum(-1) - gain, gain)

    def next_tokens(self, states: torch.Tensor) -> torch.Tensor:
        """Return the tokens (…, G * E) that begin or go on with a constraint in ``states`` (…, G); -1 is padding."""
        return self.edge_token[states].flatten(-2)

    def advance(self, states: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """Return the states after reading ``tokens`` (…) in ``states`` (…, G)."""
        matches = self.edge_token[states] == tokens[..., None, None]
        by_edge = (self.edge_next[states] * matches).sum(-1)
        classes = torch.zeros_like(tokens) if self.classes is None else self.classes[tokens]
        return torch.where(matches.any(-1), by_edge, self.default_next[states, classes[..., None]])
