"""Which constraints of a segment can be met at all, found before any decoding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mt.constraints.constraint import Constraint, WordBoundaries
from mt.constraints.grouping import Sequences, shortest


class Limits(NamedTuple):
    """What the model and the generation settings allow.

    Args:
        room: tokens that an output may spend on constraints.
        vocabulary: number of token ids.
        banned: token id → why it cannot be generated.
    """

    room: int
    vocabulary: int
    banned: dict[int, str]

    def refusal(self, sequence: tuple[int, ...]) -> str | None:
        """Return why a token sequence cannot be generated, if it cannot."""
        if not sequence:
            return "no token sequence spells it"
        for token in sequence:
            if not 0 <= token < self.vocabulary:
                return f"token id {token} is not in the model's vocabulary"
            if token in self.banned:
                return f"token id {token} is {self.banned[token]}"
        return None


class Feasible(NamedTuple):
    """The constraints of a segment that can be met, and why the others cannot."""

    sequences: list[Sequences]
    indices: list[int]  # of the feasible ones in the segment's list
    reasons: dict[int, str]  # by index, for the others


def find_feasible(
    constraints: Sequence[Constraint], limits: Limits, boundaries: WordBoundaries | None = None
) -> Feasible:
    """Separate the constraints that a segment can meet from the others; room is given in the order of the list."""
    feasible = Feasible([], [], {})
    room = limits.room
    for index, constraint in enumerate(constraints):
        reasons = []
        usable: tuple[set[tuple[int, ...]], set[tuple[int, ...]]] = (set(), set())
        for kind, alternatives in enumerate((constraint.alternatives, constraint.joined)):
            for given in alternatives:
                sequence = tuple(int(token) for token in given)
                if refusal := limits.refusal(sequence):
                    reasons.append(refusal)
                elif boundaries is not None and boundaries.token_class(sequence[0]) & 1:
                    usable[1].add(sequence)  # it would continue the word before it
                    reasons.append("it is spelled only as the end of a word")
                else:
                    usable[kind].add(sequence)
        if not usable[0]:
            feasible.reasons[index] = reasons[0] if reasons else "no token sequence spells it"
            continue
        sequences = (frozenset(usable[0]), frozenset(usable[1]))
        length = shortest(sequences)
        if length > room:
            feasible.reasons[index] = f"it takes {length} tokens and the length limit leaves room for {room}"
            continue
        room -= length
        feasible.sequences.append(sequences)
        feasible.indices.append(index)
    return feasible
