"""The constraints of a batch as tensors, and the state of hypotheses in them, advanced by gathers."""

from collections.abc import Sequence

import numpy as np
import torch

from mt.constraints.automaton import ALL_MET, START, Automaton, State, compile_group
from mt.constraints.constraint import Sequences, group_constraints


class ConstraintTables:
    """Automata of all groups of all constrained segments, numbered together.

    Shapes: B constrained segments, G groups per segment (padded with state 0, which needs nothing), S states in all,
    E the most edges of a state, Q the most kinds of constraint of a group, V the vocabulary. ``start`` (B, G) is the
    state with no token yet, ``classes`` (V,) the token classes; the tables of :class:`mt.constraints.automaton.State`
    are ``edge_token``, ``edge_next``, ``edge_continues`` (S, E), ``edge_begins`` (S, E, Q), ``default_next`` (S, 4),
    ``rest``, ``gain`` (S,) and ``missing`` (S, Q). -1 pads tokens. ``kinds`` are, for each segment and group, the
    constraints of each kind, as indices.
    """

    def __init__(
        self, segments: Sequence[Sequence[Sequences]], vocabulary: int, boundaries: Sequence[int], device: torch.device
    ) -> None:
        self.kinds: list[list[list[list[int]]]] = []
        # By identity, as equal groups share a compiled automaton: with what is added to its states' numbers. Its state
        # 1 is the first of its own; state 0 is everyone's.
        automata: dict[int, tuple[Automaton, int]] = {}
        starts: list[list[int]] = []
        total = 1
        for constraints in segments:
            self.kinds.append([])
            starts.append([])
            for group in group_constraints(constraints):
                kinds: dict[Sequences, list[int]] = {}
                for index in group:
                    kinds.setdefault(constraints[index], []).append(index)
                self.kinds[-1].append(list(kinds.values()))
                automaton = compile_group([constraints[index] for index in group], boundaries)
                if id(automaton) not in automata:
                    automata[id(automaton)] = automaton, total - 1
                    total += len(automaton) - 1
                starts[-1].append(START + automata[id(automaton)][1])
        groups = max(map(len, starts), default=0)
        self.start = torch.tensor([own + [0] * (groups - len(own)) for own in starts], dtype=torch.int64, device=device)
        numbered = [(state, shift) for automaton, shift in automata.values() for state in automaton[1:]]
        self._fill([(ALL_MET, 0), *numbered], device)
        classes = torch.tensor(boundaries[:vocabulary], dtype=torch.int64, device=device)
        self.classes = torch.nn.functional.pad(classes, (0, vocabulary - classes.shape[0]))

    def _fill(self, states: Sequence[tuple[State, int]], device: torch.device) -> None:
        """Write the states, each with what is added to the numbers it leads to, as tables."""
        shape = len(states), max(1, *(len(state.edges) for state, _ in states))  # S, E
        kinds = max((len(kinds) for groups in self.kinds for kinds in groups), default=1)
        edge_token, edge_next = np.full(shape, -1), np.zeros(shape, int)
        continues, begins = np.zeros(shape, bool), np.zeros((*shape, kinds), bool)
        missing = np.zeros((len(states), kinds), int)
        for number, (state, shift) in enumerate(states):
            missing[number, : len(state.missing)] = state.missing
            for place, (token, target) in enumerate(state.edges.items()):
                edge_token[number, place], edge_next[number, place] = token, target and target + shift
                continues[number, place] = token in state.continues
                if token in state.begins:
                    begins[number, place, state.begins[token]] = True
        default_next = [[target and target + shift for target in state.default] for state, shift in states]
        rest, gain = ([getattr(state, name) for state, _ in states] for name in ("rest", "gain"))
        self.edge_token, self.edge_next, self.default_next, self.rest, self.gain, self.missing = (
            torch.tensor(table, dtype=torch.int64, device=device)
            for table in (edge_token, edge_next, default_next, rest, gain, missing)
        )
        self.edge_begins, self.edge_continues = (torch.from_numpy(own).to(device) for own in (begins, continues))

    def need(self, states: torch.Tensor) -> torch.Tensor:
        """Return how many tokens hypotheses in ``states`` (…, G) need to meet every constraint; 0: all met.

        Groups share no tokens, so only one open sequence can be finished: the one that has come furthest.
        """
        return self.rest[states].sum(-1) - self.gain[states].amax(-1)

    def advance(self, states: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """Return the states (…, G) after reading ``tokens`` (…) in ``states`` (…, G)."""
        matches = self.edge_token[states] == tokens[..., None, None]  # (…, G, E)
        by_edge = (self.edge_next[states] * matches).sum(-1)  # (…, G); a state has at most one edge for a token
        return torch.where(matches.any(-1), by_edge, self.default_next[states, self.classes[tokens][..., None]])

    def need_after(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return how many more tokens outputs (B, L), without their prompt, need to meet every constraint."""
        states = self.start
        for token in tokens.T:
            states = self.advance(states, token)
        return self.need(states)
