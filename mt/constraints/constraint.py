"""What a hard constraint is, whether it can be met, and which constraints can share tokens of one output."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

# Bits of a token's class: it continues the word before it ("ing" after "▁Bank"); what follows it begins a word
# although there is no space between ("▁(").
CONTINUES, OPENS = 1, 2
Tokens = tuple[int, ...]
# A constraint as the automaton sees it: its free alternatives, and those that need an opening token before them.
Sequences = tuple[frozenset[Tokens], frozenset[Tokens]]


def token_class(classes: Sequence[int], token: int) -> int:
    """Return the class of a token; 0 where there is none."""
    return classes[token] if token < len(classes) else 0


@dataclass(frozen=True)
class Constraint:
    """One mention of a term that the output must hold.

    Any one of the alternatives meets it, and no piece of the output meets two constraints: a term that must occur
    twice is given as two equal constraints. ``joined`` are further sequences without a leading space, which spell the
    term only right after a token that ends in no letter or digit, such as an opening bracket.
    """

    alternatives: tuple[tuple[int, ...], ...]  # equally good token sequences, wherever a word may begin
    joined: tuple[tuple[int, ...], ...] = ()
    source_span: tuple[int, int] | None = None  # of the source term in encoder positions, to place the target


@dataclass(frozen=True)
class ConstraintOutcome:
    """Whether the best hypothesis of ``segment`` holds constraint number ``index``, or why not."""

    segment: int
    index: int
    met: bool
    reason: str | None = None


def shortest(sequences: Sequences) -> int:
    """Return how many tokens a constraint takes anywhere; sequences that need an opening token do not count."""
    return min(len(sequence) for sequence in sequences[0])


class Limits(NamedTuple):
    """What the model and the generation settings allow."""

    room: int  # tokens that an output may spend on constraints
    vocabulary: int  # number of token ids
    banned: dict[int, str]  # token id → why it cannot be generated
    classes: Sequence[int]  # of each token

    def refusal(self, sequence: Tokens) -> str | None:
        """Return why a token sequence cannot be generated, if it cannot."""
        for token in sequence:
            if not 0 <= token < self.vocabulary:
                return f"token id {token} is not in the model's vocabulary"
            if token in self.banned:
                return f"token id {token} is {self.banned[token]}"
        return None if sequence else "no token sequence spells it"


def find_feasible(constraints: Sequence[Constraint], limits: Limits) -> tuple[dict[int, Sequences], dict[int, str]]:
    """Return the constraints that a segment has room for, by their place in the list, and why not for the others."""
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
