"""Which constraints of a segment can be met at all, found before any decoding."""

from collections.abc import Sequence
from typing import NamedTuple

from mt.constraints.constraint import CONTINUES, Constraint, Sequences, Tokens, shortest, token_class


class Limits(NamedTuple):
    """What the model and the generation settings allow."""

    room: int  # tokens that an output may spend on constraints
    vocabulary: int  # number of token ids
    banned: dict[int, str]  # token id → why it cannot be generated
    classes: Sequence[int] = ()  # of each token

    def refusal(self, sequence: Tokens) -> str | None:
        """Return why a token sequence cannot be generated, if it cannot."""
        for token in sequence:
            if not 0 <= token < self.vocabulary:
                return f"token id {token} is not in the model's vocabulary"
            if token in self.banned:
                return f"token id {token} is {self.banned[token]}"
        return None if sequence else "no token sequence spells it"


def find_feasible(constraints: Sequence[Constraint], limits: Limits) -> tuple[dict[int, Sequences], dict[int, str]]:
    """Return the constraints that a segment can meet, by their place in the list, and why it cannot meet the others.

    Room is given in the order of the list.
    """
    feasible: dict[int, Sequences] = {}
    unmet: dict[int, str] = {}
    room = limits.room
    for index, constraint in enumerate(constraints):
        reasons = []
        usable: tuple[set[Tokens], set[Tokens]] = (set(), set())
        for kind, alternatives in enumerate((constraint.alternatives, constraint.joined)):
            for given in alternatives:
                sequence = tuple(map(int, given))
                if refusal := limits.refusal(sequence):
                    reasons.append(refusal)
                elif token_class(limits.classes, sequence[0]) & CONTINUES:
                    usable[1].add(sequence)  # it would continue the word before it
                    reasons.append("it is spelled only as the end of a word")
                else:
                    usable[kind].add(sequence)
        sequences = (frozenset(usable[0]), frozenset(usable[1]))
        if not usable[0]:
            unmet[index] = reasons[0] if reasons else "no token sequence spells it"
        elif (length := shortest(sequences)) > room:
            unmet[index] = f"it takes {length} tokens and the length limit leaves room for {room}"
        else:
            room -= length
            feasible[index] = sequences
    return feasible, unmet
