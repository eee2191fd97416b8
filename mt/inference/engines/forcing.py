"""Terms forced into outputs by a decoder that completes given beginnings, without a constrained search.

A sentence is decoded greedily. Where the output does not hold a term, the term is written at the beginning of a word,
at the places where the model finds its first piece the likeliest, and the model completes the output from there. The
likeliest of the outputs that hold all terms is kept; what others miss is forced further to the right.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

# Places tried for each sentence at a time, and how often.
_PLACES, _ROUNDS = 3, 4
_WORD = "▁"  # what the first piece of a word begins with


@dataclass(frozen=True)
class Task:
    """A sentence to decode, and the terms that its output must hold."""

    source: list[str]  # pieces
    terms: list[list[str]]  # pieces of each term; none where it cannot be spelled
    unmet: Callable[[str], Sequence[int]]  # given an output: the terms that it does not hold


@dataclass(frozen=True)
class Output:
    """An output that was completed from its beginning."""

    pieces: list[str]
    text: str
    scores: np.ndarray  # (steps, vocabulary): log-probabilities from the end of the beginning to that of the output


@dataclass(frozen=True)
class Beginning:
    """The beginning of an output, and its log-probability."""

    pieces: list[str]
    score: float


@dataclass(frozen=True)
class _State:
    """The best output of a task until now, and the beginnings to try next, the likeliest last."""

    rank: tuple[int, float]  # less is better: how many terms it misses, and what decides among equals
    pieces: list[str] = field(default_factory=list)
    beginnings: list[Beginning] = field(default_factory=list)


# Given sources and the beginnings of their outputs: the outputs, searched greedily.
Complete = Callable[[list[list[str]], list[list[str]]], list[Output]]


def force(tasks: Sequence[Task], complete: Complete, columns: dict[str, int]) -> list[list[str] | None]:
    """Return for each task the pieces of an output that holds all of its terms, None where none was found.

    Args:
        complete: the model.
        columns: where each piece of the vocabulary is in the scores.
    """
    states = [_State((len(task.terms) + 1, 0.0), beginnings=[Beginning([], 0.0)]) for task in tasks]
    for _ in range(1 + _ROUNDS):
        tries = [
            (number, state.beginnings.pop())
            for number, state in enumerate(states)
            for _ in range(min(_PLACES, len(state.beginnings)) if state.rank[0] else 0)
        ]
        outputs = complete([tasks[number].source for number, _ in tries], [begin.pieces for _, begin in tries])
        better: dict[int, _State] = {}
        for (number, begin), output in zip(tries, outputs, strict=True):
            state = _state(tasks[number], begin, output, columns)
            if state.rank[0] < states[number].rank[0] and (number not in better or state.rank < better[number].rank):
                better[number] = state
        states = [better.get(number, state) for number, state in enumerate(states)]
    return [None if state.rank[0] else state.pieces for state in states]


def _state(task: Task, begin: Beginning, output: Output, columns: dict[str, int]) -> _State:
    """Judge an output, and find where what it misses could be written: in the place of each of its further words."""
    unmet, first = task.unmet(output.text), len(begin.pieces)
    scores, found = [begin.score], list[tuple[float, Beginning]]()
    # The last row is that of the end, which is cut where the output has the longest length.
    for place, row in enumerate(output.scores, first):
        piece = output.pieces[place] if place < len(output.pieces) else _WORD
        if piece.startswith(_WORD):
            for term in (task.terms[index] for index in unmet if task.terms[index]):
                score = float(row[columns[term[0]]])
                beginning = Beginning(output.pieces[:place] + term, sum(scores) + score)
                # At the end it is in nobody's way, and makes no sentence.
                found.append((score if place < len(output.pieces) else -np.inf, beginning))
        scores.append(float(row[columns[piece]]) if place < len(output.pieces) else 0.0)
    found.sort(key=lambda scored: scored[0])
    # What is still missing is forced further to the right: the shorter the beginning, the more places are left.
    rank = len(unmet), first if unmet else -sum(scores) / max(1, len(output.pieces))
    return _State(rank, output.pieces, [beginning for _, beginning in found])
