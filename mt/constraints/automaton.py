"""Constraints compiled into deterministic automata over target tokens.

Constraints whose sequences can share tokens of one output (equal, nested, or one's end another's beginning) form a
group; groups never interact, so a hypothesis' state is one state per group. A group's automaton is the subset
construction over configurations (how far the open sequence has come, how many constraints of each kind are met), which
makes bookkeeping exact: a state has met as many constraints as any division of the tokens into disjoint occurrences
can. Where a sequence breaks off, the other configurations of the set are what the failure links of Aho and Corasick
(1975) would fall back to.
"""

import functools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from mt.constraints.constraint import CONTINUES, OPENS, Sequences, Tokens, shortest, token_class

_IDLE, _COMPLETE = -1, -2  # between sequences; at the end of one, if the next token begins a new word
# A trie node, or one of the two above, and how many constraints of each kind are met.
_Configuration = tuple[int, tuple[int, ...]]
_Configurations = frozenset[_Configuration]

# Above this many combinations of met constraints, a group's constraints must be met in the order given.
_MAX_COMBINATIONS = 96


class State(NamedTuple):
    """One state of a group's automaton; kinds of constraint are numbered in order of first appearance."""

    edges: dict[int, int]  # token → next state, where it differs from the default
    default: tuple[int, int, int, int]  # next state for any other token, by its class
    rest: int  # fewest tokens that complete the group if the open sequence is given up
    gain: int  # how many fewer it takes if the open sequence is finished instead
    begins: dict[int, int]  # token → kind that it would begin, or continue where its beginning is there already
    continues: frozenset[int]  # tokens that continue an open sequence
    missing: tuple[int, ...]  # how many more constraints of each kind are required


# State 0 is "all met" and absorbing, state 1 the beginning.
Automaton = tuple[State, ...]
START = 1
ALL_MET = State({}, (0, 0, 0, 0), 0, 0, {}, frozenset(), ())


class _Compiler:
    """Subset construction for one group of which ``required`` constraints of each kind must be met."""

    def __init__(self, kinds: Sequence[Sequences], required: tuple[int, ...], classes: dict[int, int]) -> None:
        self.required = required
        self.none = (0,) * len(required)
        self.lengths = [shortest(kind) for kind in kinds]
        self.classes = classes
        self.joined = any(joined for _, joined in kinds)
        self.in_order = math.prod(count + 1 for count in required) > _MAX_COMBINATIONS
        # A trie of all sequences; node 0 roots the free ones, node 1 those that need an opening token.
        self.children: list[dict[int, int]] = [{}, {}]
        self.ends: list[list[int]] = [[], []]  # kinds of constraint that a node completes
        self.tails: list[dict[int, int]] = [{}, {}]  # kind → fewest further tokens that complete it
        for kind, sequences in enumerate(kinds):
            for root, alternatives in enumerate(sequences):
                for sequence in alternatives:
                    self._insert(root, sequence, kind)

    def _insert(self, node: int, sequence: Tokens, kind: int) -> None:
        for place, token in enumerate(sequence, 1):
            if token not in self.children[node]:
                self.children[node][token] = len(self.children)
                self.children.append({})
                self.ends.append([])
                self.tails.append({})
            node = self.children[node][token]
            if left := len(sequence) - place:
                self.tails[node][kind] = min(left, self.tails[node].get(kind, left))
        self.ends[node].append(kind)

    def is_required(self, kind: int, counts: tuple[int, ...]) -> bool:
        """Whether one more constraint of a kind is required (in a very large group, also whether it is its turn)."""
        if counts[kind] >= self.required[kind]:
            return False
        return not self.in_order or counts[:kind] == self.required[:kind]

    def rest(self, counts: tuple[int, ...]) -> int:
        """Fewest tokens that complete the group from ``counts`` with no sequence open."""
        missing = (required - count for required, count in zip(self.required, counts, strict=True))
        return sum(count * length for count, length in zip(missing, self.lengths, strict=True))

    def needs(self, configurations: Iterable[_Configuration]) -> tuple[int, int]:
        """Return (fewest tokens to complete the group without the open sequence, and with it)."""
        rest = least = self.rest(self.none)
        for node, counts in configurations:
            own = self.rest(counts)
            if node < 0:
                rest = min(rest, own)
                continue
            for kind, tail in self.tails[node].items():
                if self.is_required(kind, counts):
                    least = min(least, own - self.lengths[kind] + tail)
        return rest, min(rest, least)

    def step(
        self, state: _Configurations, opened: bool, token: int | None, token_class: int
    ) -> tuple[_Configurations, bool]:
        """Read one token (``None``: one in no sequence); ``opened``: the token before opens a word without a space."""
        reached: set[_Configuration] = set()
        for node, counts in state:
            if node == _COMPLETE:
                if token_class & CONTINUES:
                    continue  # the word has not ended: it was another word
                node = _IDLE
            if node == _IDLE:
                reached.add((_IDLE, counts))
            if token is None:
                continue
            for child in (self.children[place].get(token) for place in self.places(node, opened)):
                if child is None:
                    continue
                if any(self.is_required(kind, counts) for kind in self.tails[child]):
                    reached.add((child, counts))  # the sequence is open
                for kind in self.ends[child]:
                    if self.is_required(kind, counts):
                        reached.add((_COMPLETE, (*counts[:kind], counts[kind] + 1, *counts[kind + 1 :])))
        return _undominated(reached), self.joined and bool(token_class & OPENS)

    def places(self, node: int, opened: bool) -> tuple[int, ...]:
        """Return the trie nodes from which the next token may lead on."""
        return (node,) if node >= 0 else (0, 1) if opened else (0,)

    def begins(self, state: _Configurations, opened: bool) -> dict[int, int]:
        """Return token → the first kind of constraint that it would begin; one that is open is not begun again."""
        begins: dict[int, int] = {}
        open_nodes = [(node, counts) for node, counts in state if node >= 0]
        half = {kind for node, counts in open_nodes for kind in self.tails[node] if self.is_required(kind, counts)}
        for node, counts in sorted(state, reverse=True):  # what is open comes first
            for place in self.places(node, opened):
                for token, child in self.children[place].items():
                    kinds = {*self.tails[child], *self.ends[child]} - (half if node < 0 else set())
                    required = [kind for kind in kinds if self.is_required(kind, counts)]
                    if required:
                        begins.setdefault(token, min(required))
        return begins

    def compile(self) -> Automaton:
        """Explore every reachable state."""
        start = (frozenset({(_IDLE, self.none)}), False)
        numbers = {start: START}
        queue = [start]

        def number(reached: tuple[_Configurations, bool]) -> int:
            if (_IDLE, self.required) in reached[0]:
                return 0
            if reached not in numbers:
                numbers[reached] = len(numbers) + 1
                queue.append(reached)
            return numbers[reached]

        states = [ALL_MET]
        for state, opened in queue:  # grows as states are found
            states.append(self.state(state, opened, number))
        return tuple(states)

    def state(
        self, state: _Configurations, opened: bool, number: Callable[[tuple[_Configurations, bool]], int]
    ) -> State:
        """Make the state of a set of configurations; ``number`` numbers the states that it leads to."""
        # The bits of a token's class that matter here.
        mask = CONTINUES * any(node == _COMPLETE for node, _ in state) | OPENS * self.joined
        by_mask = {bits: number(self.step(state, opened, None, bits)) for bits in {bits & mask for bits in range(4)}}
        default = (by_mask[0], by_mask[1 & mask], by_mask[2 & mask], by_mask[3 & mask])
        edges = {}
        # The tokens that may lead anywhere but where the rest of the vocabulary does.
        places = {place for node in (_IDLE, *(node for node, _ in state)) for place in self.places(node, opened)}
        for token in sorted({token for place in places for token in self.children[place]}):
            target = number(self.step(state, opened, token, self.classes[token]))
            if target != default[self.classes[token]]:
                edges[token] = target
        rest, least = self.needs(state)
        best = min((counts for node, counts in state if node < 0), key=self.rest, default=self.none)
        return State(
            edges,
            default,
            rest,
            gain=rest - least,
            begins=self.begins(state, opened),
            continues=frozenset(token for node, _ in state if node >= 0 for token in self.children[node]),
            missing=tuple(required - count for required, count in zip(self.required, best, strict=True)),
        )


def _undominated(configurations: set[_Configuration]) -> _Configurations:
    """Drop configurations that another one is at least as good as, whatever follows."""

    def covers(more: tuple[int, ...], fewer: tuple[int, ...]) -> bool:
        return all(a >= b for a, b in zip(more, fewer, strict=True))

    def covered(node: int, counts: tuple[int, ...]) -> bool:
        return any(
            covers(better, counts) and ((other == node and better != counts) or (node, other) == (_COMPLETE, _IDLE))
            for other, better in configurations
        )

    return frozenset(one for one in configurations if not covered(*one))


@functools.lru_cache(maxsize=8192)
def _compile(
    kinds: tuple[Sequences, ...], required: tuple[int, ...], classes: tuple[tuple[int, int], ...]
) -> Automaton:
    return _Compiler(kinds, required, dict(classes)).compile()


def compile_group(constraints: Sequence[Sequences], boundaries: Sequence[int] = ()) -> Automaton:
    """Compile the constraints of one group, equal ones to be met as often; ``boundaries`` classify all tokens."""
    counted = Counter(constraints)
    tokens = {token for free, joined in counted for sequence in free | joined for token in sequence}
    classes = tuple((token, token_class(boundaries, token)) for token in sorted(tokens))
    return _compile(tuple(counted), tuple(counted.values()), classes)
