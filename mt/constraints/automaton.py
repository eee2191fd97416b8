"""Constraints compiled into deterministic automata over target tokens.

Constraints whose sequences can share tokens of one output (equal, nested, or one's end another's
beginning) form a group; groups never interact, so a hypothesis' state is one state a group. A group's
automaton is the subset construction over configurations (how far the open sequence has got, how many
constraints of each kind are met), which makes bookkeeping exact: a state has met as many constraints as
any reading of the tokens as disjoint occurrences can. Where a sequence breaks off, the other
configurations of the set are what the failure links of Aho and Corasick (1975) would fall back to.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

__all__ = ["GroupAutomaton", "Sequences", "compile_group", "group_constraints", "shortest"]

# A constraint as the automaton sees it: its free alternatives, and those that need an opening token before them.
Tokens = tuple[int, ...]
Sequences = tuple[frozenset[Tokens], frozenset[Tokens]]

_IDLE, _COMPLETE = -1, -2  # between sequences; at the end of one, if the next token begins a new word
_Configuration = tuple[int, tuple[int, ...]]

# Above this many combinations of met constraints, a group's constraints must be met in the order given.
_MOST_COMBINATIONS = 96
_CONTINUES, _OPENS = 1, 2  # bits of a token class, as in WordBoundaries


@dataclass(frozen=True)
class GroupAutomaton:
    """Transition table of one group; state 0 is "all met" and absorbing, state ``start`` the beginning.

    Args:
        edges: by state, token → next state, where it differs from the default.
        defaults: by state, the next state for any other token, by token class (0 to 3).
        rest: by state, fewest tokens that complete the group if the open sequence is given up.
        gain: by state, how many tokens fewer it takes if the open sequence is finished instead.
        begun: by state, token → kind of constraint (in order of first appearance) that it would begin, or go on with
            where its beginning stands already.
        continuing: by state, the tokens that go on with an open sequence.
        wanted: by state, how many more constraints of each kind are wanted.
    """

    edges: tuple[dict[int, int], ...]
    defaults: tuple[tuple[int, int, int, int], ...]
    rest: tuple[int, ...]
    gain: tuple[int, ...]
    begun: tuple[dict[int, int], ...]
    continuing: tuple[frozenset[int], ...]
    wanted: tuple[tuple[int, ...], ...]
    start: int = 1


def shortest(sequences: Sequences) -> int:
    """Return how many tokens a constraint takes anywhere; sequences that need an opening token do not count."""
    return min(len(sequence) for sequence in sequences[0])


def _overlap(first: Tokens, second: Tokens) -> bool:
    """Whether an occurrence of ``first`` and one of ``second`` can share a token of one output."""
    for shift in range(-len(second) + 1, len(first)):
        low, high = max(0, shift), min(len(first), shift + len(second))
        if first[low:high] == second[low - shift : high - shift]:
            return True
    return False


def group_constraints(constraints: Sequence[Sequences]) -> list[list[int]]:
    """Part constraints into groups that cannot share tokens, as lists of indices in the order given."""
    everything = [tuple(free | joined) for free, joined in constraints]
    tokens = [frozenset(token for sequence in sequences for token in sequence) for sequences in everything]
    groups: list[list[int]] = []
    for index, sequences in enumerate(everything):
        touching = [
            group
            for group in groups
            if any(
                not tokens[index].isdisjoint(tokens[other])
                and any(_overlap(one, two) for one in sequences for two in everything[other])
                for other in group
            )
        ]
        groups = [group for group in groups if group not in touching]
        groups.append(sorted([index, *(other for group in touching for other in group)]))
    return sorted(groups)


class _Trie:
    """All sequences of a group; node 0 roots the free ones, node 1 those that need an opening token."""

    def __init__(self, kinds: Sequence[Sequences]) -> None:
        self.children: list[dict[int, int]] = [{}, {}]
        self.ends: list[list[int]] = [[], []]  # kinds of constraint that a node completes
        self.tails: list[dict[int, int]] = [{}, {}]  # kind → fewest further tokens that complete it
        for kind, sequences in enumerate(kinds):
            for root, several in enumerate(sequences):
                for sequence in several:
                    self._insert(root, sequence, kind)

    def _insert(self, root: int, sequence: Tokens, kind: int) -> None:
        node = root
        for left, token in zip(range(len(sequence) - 1, -1, -1), sequence, strict=True):
            if token not in self.children[node]:
                self.children[node][token] = len(self.children)
                self.children.append({})
                self.ends.append([])
                self.tails.append({})
            node = self.children[node][token]
            if left:
                self.tails[node][kind] = min(left, self.tails[node].get(kind, left))
        self.ends[node].append(kind)


class _Compiler:
    """Subset construction for one group."""

    def __init__(self, kinds: Sequence[Sequences], wanted: Sequence[int], classes: Callable[[int], int] | None) -> None:
        self.trie = _Trie(kinds)
        self.wanted = tuple(wanted)
        self.lengths = [shortest(kind) for kind in kinds]
        self.guarded = classes is not None
        self.token_class = classes or (lambda token: 0)
        self.joined = any(joined for _, joined in kinds)
        self.in_order = math.prod(count + 1 for count in wanted) > _MOST_COMBINATIONS

    def has_room(self, kind: int, counts: tuple[int, ...]) -> bool:
        """Whether one more constraint of a kind is wanted (and, in a very large group, whether it is its turn)."""
        if counts[kind] >= self.wanted[kind]:
            return False
        return not self.in_order or counts[:kind] == self.wanted[:kind]

    def rest(self, counts: tuple[int, ...]) -> int:
        """Fewest tokens that complete the group from ``counts`` with no sequence open."""
        return sum(
            (wanted - count) * length for wanted, count, length in zip(self.wanted, counts, self.lengths, strict=True)
        )

    def needs(self, configurations: Iterable[_Configuration]) -> tuple[int, int]:
        """Return (fewest tokens to complete the group without the open sequence, and with it)."""
        rest = least = self.rest((0,) * len(self.wanted))
        for node, counts in configurations:
            own = self.rest(counts)
            if node in (_IDLE, _COMPLETE):
                rest = min(rest, own)
                least = min(least, own)
            else:
                for kind, tail in self.trie.tails[node].items():
                    if self.has_room(kind, counts):
                        least = min(least, own - self.lengths[kind] + tail)
        return rest, least

    def arrive(self, reached: set[_Configuration], node: int, counts: tuple[int, ...]) -> None:
        """Add what reaching a trie node means: the sequence goes on, or is complete."""
        if any(self.has_room(kind, counts) for kind in self.trie.tails[node]):
            reached.add((node, counts))
        for kind in self.trie.ends[node]:
            if self.has_room(kind, counts):
                more = (*counts[:kind], counts[kind] + 1, *counts[kind + 1 :])
                reached.add((_COMPLETE if self.guarded else _IDLE, more))

    def step(
        self, state: frozenset[_Configuration], opened: bool, token: int | None, token_class: int
    ) -> tuple[frozenset[_Configuration], bool]:
        """Read one token (``None``: one that is in no sequence) in a state."""
        reached: set[_Configuration] = set()
        children = self.trie.children
        for node, counts in state:
            if node == _COMPLETE:
                if token_class & _CONTINUES:
                    continue  # the word goes on: it was another word
                node = _IDLE
            if node == _IDLE:
                reached.add((_IDLE, counts))
            if token is None:
                continue
            for place in ((0, 1) if opened else (0,)) if node == _IDLE else (node,):
                child = children[place].get(token)
                if child is not None:
                    self.arrive(reached, child, counts)
        return self.undominated(reached), self.joined and bool(token_class & _OPENS)

    def undominated(self, configurations: set[_Configuration]) -> frozenset[_Configuration]:
        """Drop configurations that another one is at least as good as, whatever follows."""
        if len(configurations) == 1:
            return frozenset(configurations)

        def covers(more: tuple[int, ...], fewer: tuple[int, ...]) -> bool:
            return all(a >= b for a, b in zip(more, fewer, strict=True))

        idle = [counts for node, counts in configurations if node == _IDLE]
        kept = set()
        for node, counts in configurations:
            if any(
                other == node and better != counts and covers(better, counts) for other, better in configurations
            ) or (node == _COMPLETE and any(covers(better, counts) for better in idle)):
                continue
            kept.add((node, counts))
        return frozenset(kept)

    def tokens(self, state: frozenset[_Configuration], opened: bool) -> set[int]:
        """Return the tokens that may lead anywhere but where the rest of the vocabulary does."""
        places = {0, 1} if opened else {0}
        places.update(node for node, _ in state if node >= 0)
        return {token for place in places for token in self.trie.children[place]}

    def begun(self, state: frozenset[_Configuration], opened: bool) -> dict[int, int]:
        """Return token → the first kind of constraint that it would begin.

        Whatever begins a constraint by chance ("Secretary" for another person) is as good a beginning as any: one
        that is open is gone on with instead of begun again.
        """
        begun: dict[int, int] = {}
        half = {
            kind for node, counts in state if node >= 0 for kind in self.trie.tails[node] if self.has_room(kind, counts)
        }
        for node, counts in sorted(state, reverse=True):  # what is open comes first
            for place in (node,) if node >= 0 else (0, 1) if opened else (0,):
                for token, child in self.trie.children[place].items():
                    kinds = {*self.trie.tails[child], *self.trie.ends[child]} - (half if node < 0 else set())
                    wanted = [kind for kind in kinds if self.has_room(kind, counts)]
                    if wanted:
                        begun.setdefault(token, min(wanted))
        return begun

    def continuing(self, state: frozenset[_Configuration]) -> frozenset[int]:
        """Return the tokens that go on with an open sequence."""
        return frozenset(token for node, _ in state if node >= 0 for token in self.trie.children[node])

    def compile(self) -> GroupAutomaton:
        """Explore every reachable state."""
        none = (0,) * len(self.wanted)
        start = (frozenset({(_IDLE, none)}), False)
        numbers = {start: 1}
        queue = [start]
        edges: list[dict[int, int]] = [{}]
        defaults: list[tuple[int, int, int, int]] = [(0, 0, 0, 0)]
        rests, gains = [0], [0]
        begun: list[dict[int, int]] = [{}]
        continuing: list[frozenset[int]] = [frozenset()]
        kinds: list[tuple[int, ...]] = [()]

        def number(reached: tuple[frozenset[_Configuration], bool]) -> int:
            if (_IDLE, self.wanted) in reached[0]:
                return 0
            if reached not in numbers:
                numbers[reached] = len(numbers) + 1
                queue.append(reached)
            return numbers[reached]

        for state, opened in queue:  # grows as states are found
            mask = _CONTINUES * any(node == _COMPLETE for node, _ in state) | _OPENS * self.joined
            by_mask = {
                bits: number(self.step(state, opened, None, bits)) for bits in {bits & mask for bits in range(4)}
            }
            own = (by_mask[0], by_mask[1 & mask], by_mask[2 & mask], by_mask[3 & mask])
            defaults.append(own)
            following = {}
            for token in sorted(self.tokens(state, opened)):
                token_class = self.token_class(token)
                target = number(self.step(state, opened, token, token_class))
                if target != own[token_class]:
                    following[token] = target
            edges.append(following)
            rest, least = self.needs(state)
            rests.append(rest)
            gains.append(rest - least)
            begun.append(self.begun(state, opened))
            continuing.append(self.continuing(state))
            best = min((counts for node, counts in state if node < 0), key=self.rest, default=none)
            kinds.append(tuple(wanted - count for wanted, count in zip(self.wanted, best, strict=True)))
        return GroupAutomaton(
            tuple(edges),
            tuple(defaults),
            tuple(rests),
            tuple(gains),
            tuple(begun),
            tuple(continuing),
            tuple(kinds),
        )


@functools.lru_cache(maxsize=8192)
def _compile(
    kinds: tuple[Sequences, ...], wanted: tuple[int, ...], classes: tuple[tuple[int, int], ...] | None
) -> GroupAutomaton:
    return _Compiler(kinds, wanted, None if classes is None else dict(classes).__getitem__).compile()


def compile_group(constraints: Sequence[Sequences], token_class: Callable[[int], int] | None = None) -> GroupAutomaton:
    """Compile the constraints of one group.

    Args:
        constraints: equal ones are wanted that many times.
        token_class: class of a token as :class:`mt.constraints.constraint.WordBoundaries` gives it;
            without it a sequence counts wherever it stands.
    """
    counted = Counter(constraints)
    classes = None
    if token_class is not None:
        tokens = {token for free, joined in counted for sequence in free | joined for token in sequence}
        classes = tuple((token, token_class(token)) for token in sorted(tokens))
    return _compile(tuple(counted), tuple(counted.values()), classes)
