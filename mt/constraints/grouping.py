"""Which constraints can share tokens of one output: these are compiled together, all others apart."""

from __future__ import annotations

from collections.abc import Sequence

Tokens = tuple[int, ...]
# A constraint as the automaton sees it: its free alternatives, and those that need an opening token before them.
Sequences = tuple[frozenset[Tokens], frozenset[Tokens]]


def shortest(sequences: Sequences) -> int:
    """Return how many tokens a constraint takes anywhere; sequences that need an opening token do not count."""
    return min(len(sequence) for sequence in sequences[0])


def group_constraints(constraints: Sequence[Sequences]) -> list[list[int]]:
    """Part constraints into groups that cannot share tokens, as lists of indices in the order given."""
    everything = [tuple(free | joined) for free, joined in constraints]
    tokens = [frozenset(token for sequence in sequences for token in sequence) for sequences in everything]

    def touch(one: int, other: int) -> bool:
        return not tokens[one].isdisjoint(tokens[other]) and any(
            _overlap(first, second) for first in everything[one] for second in everything[other]
        )

    groups: list[list[int]] = []
    for index in range(len(constraints)):
        touching = [group for group in groups if any(touch(index, other) for other in group)]
        groups = [group for group in groups if group not in touching]
        groups.append(sorted([index, *(other for group in touching for other in group)]))
    return sorted(groups)


def _overlap(first: Tokens, second: Tokens) -> bool:
    """Whether an occurrence of ``first`` and one of ``second`` can share a token of one output."""
    for shift in range(-len(second) + 1, len(first)):
        low, high = max(0, shift), min(len(first), shift + len(second))
        if first[low:high] == second[low - shift : high - shift]:
            return True
    return False
