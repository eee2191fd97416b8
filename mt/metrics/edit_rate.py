"""Translation edit rate (Snover et al. 2006), edit for edit as sacrebleu counts it, but faster.

sacrebleu follows Tercom: it shifts words of the hypothesis while that lowers an edit distance restricted to a beam
around the diagonal, and computes the distance after each candidate shift in turn, in Python. Here the distances of
all candidates of a round are computed at once, one array row per word: 3 times faster than sacrebleu on segments
with a TER of 27, 7 times with a TER of 49, 10 times with a TER of 82 (200 segments of newstest2020, damaged).
Edits of chosen words of the reference may cost more, which TERm needs (:mod:`mt.metrics.term_edit_rate`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics import lib_ter
from sacrebleu.metrics.ter import TER

_INFINITE = 10**8  # more than any distance, and far below the limit of 32 bits

# What decides between shifts of equal gain, and the shifted hypothesis's tokens.
_Shift = tuple[tuple[int, int, int], list[int]]


class FastTER(TER):
    """sacrebleu's TER: the same options, signature and scores."""

    def _compute_segment_statistics(self, hypothesis: str, ref_kwargs: dict[str, Any]) -> list[float]:
        words = hypothesis.split()
        references = ref_kwargs["ref_words"]
        edits = min(edit_cost(words, reference) for reference in references)
        return [edits, sum(len(reference) for reference in references) / len(references)]


def edit_cost(hypothesis: Sequence[str], reference: Sequence[str], costs: Sequence[int] | None = None) -> int:
    """Count the edits that turn a hypothesis into a reference; a shift of up to ten words is one.

    Args:
        hypothesis: its tokens.
        reference: its tokens.
        costs: for each token of the reference what it costs to replace or delete it, 1 by default.
            An inserted token costs 1.
    """
    if not reference or not hypothesis:
        return len(hypothesis) + (len(reference) if costs is None else sum(costs))
    numbers: dict[str, int] = {}
    words = [numbers.setdefault(word, len(numbers)) for word in hypothesis]
    target = [numbers.setdefault(word, len(numbers)) for word in reference]
    distance = _Distance(target, costs or [1] * len(target), len(words))
    shifts = tried = 0
    while True:
        before, trace = distance.traced(words)
        candidates, tried = _shifts(words, target, trace, tried)
        # As in sacrebleu, a round that tries too many shifts makes none.
        if tried >= lib_ter._MAX_SHIFT_CANDIDATES or not candidates:
            return shifts + before
        gains = before - distance.all([shifted for _, shifted in candidates])
        best = max(range(len(candidates)), key=lambda place: (gains[place], candidates[place][0]))
        if gains[best] <= 0:
            return shifts + before
        shifts += 1
        words = candidates[best][1]


def _shifts(words: list[int], reference: list[int], trace: str, tried: int) -> tuple[list[_Shift], int]:
    """List candidate shifts as Tercom does: both the words and the place they would move to are wrong.

    ``trace`` are the edits in sacrebleu's notation, ``tried`` the number of candidates of earlier rounds.
    """
    align, reference_errors, hypothesis_errors = lib_ter.trace_to_alignment(trace)
    wrong_here = np.concatenate([[0], np.cumsum(hypothesis_errors)]).tolist()
    wrong_there = np.concatenate([[0], np.cumsum(reference_errors)]).tolist()
    places: dict[int, list[int]] = {}
    for place, word in enumerate(reference):
        places.setdefault(word, []).append(place)
    found: list[_Shift] = []
    for start, word in enumerate(words):
        for target in places.get(word, ()):
            if abs(target - start) > lib_ter._MAX_SHIFT_DIST:
                continue
            longest = min(lib_ter._MAX_SHIFT_SIZE, len(words) - start, len(reference) - target)
            for length in range(1, longest + 1):
                if words[start + length - 1] != reference[target + length - 1]:
                    break
                if (
                    wrong_here[start + length] == wrong_here[start]
                    or wrong_there[target + length] == wrong_there[target]
                    or start <= align[target] < start + length
                ):
                    continue
                last = -1
                for offset in range(-1, length):
                    if target + offset == -1:
                        index = 0
                    elif target + offset in align:
                        index = align[target + offset] + 1
                    else:
                        break
                    if index == last:
                        continue
                    last = index
                    tried += 1
                    shifted = lib_ter._perform_shift(words, start, length, index)
                    found.append(((length, -start, -index), shifted))
                if tried >= lib_ter._MAX_SHIFT_CANDIDATES:
                    return found, tried
    return found, tried


class _Distance:
    """Edit distances from hypotheses of ``size`` words to one reference, within sacrebleu's beam.

    The table has one row per word of the hypothesis and one column per prefix of the reference.
    """

    def __init__(self, reference: list[int], costs: Sequence[int], size: int) -> None:
        self._reference = np.array(reference, np.int32)
        self._costs = np.array(costs, np.int32)
        self._total = np.concatenate([[0], np.cumsum(self._costs)]).astype(np.int32)
        ratio = len(reference) / size
        beam = lib_ter._BEAM_WIDTH
        if beam < ratio / 2:
            beam = math.ceil(ratio / 2 + beam)
        end = len(reference) + 1
        # For each word of a hypothesis the columns inside the beam.
        self._columns = [
            (max(0, math.floor(i * ratio) - beam), end if i == size else min(end, math.floor(i * ratio) + beam))
            for i in range(1, size + 1)
        ]

    def all(self, hypotheses: list[list[int]]) -> NDArray[np.int32]:
        """The distance of each, shape (hypotheses,)."""
        words = np.array(hypotheses, np.int32).T  # (size, hypotheses)
        row = np.broadcast_to(self._total, (words.shape[1], len(self._total)))  # (hypotheses, columns)
        for place in range(len(words)):
            row = self._next(row, words[place], place)
        return np.asarray(row[:, -1])

    def traced(self, words: list[int]) -> tuple[int, str]:
        """The distance of one hypothesis, and its edits in sacrebleu's notation."""
        rows = [self._total[None]]
        for place, word in enumerate(words):
            rows.append(self._next(rows[-1], np.array([word], np.int32), place))
        table = [row[0].tolist() for row in rows]
        costs, reference = self._costs.tolist(), self._reference.tolist()
        trace = []
        i, j = len(words), len(reference)
        while i > 0 or j > 0:
            here = table[i][j]
            # Among equal costs sacrebleu keeps or replaces, then deletes, then inserts; the last two are swapped
            # here because the table is traced backwards.
            if i and j and table[i - 1][j - 1] + (0 if words[i - 1] == reference[j - 1] else costs[j - 1]) == here:
                i, j = i - 1, j - 1
                trace.append(lib_ter._OP_NOP if words[i] == reference[j] else lib_ter._OP_SUB)
            elif i and table[i - 1][j] + 1 == here:
                i -= 1
                trace.append(lib_ter._OP_INS)
            else:
                j -= 1
                trace.append(lib_ter._OP_DEL)
        return table[-1][-1], "".join(reversed(trace))

    def _next(self, above: NDArray[np.int32], words: NDArray[np.int32], place: int) -> NDArray[np.int32]:
        """Compute the next row, shape (hypotheses, columns), from the row above and each hypothesis's word there."""
        low, high = self._columns[place]
        row = np.full(above.shape, _INFINITE, np.int32)
        part = above[:, low:high] + 1
        first = max(low, 1)
        different = words[:, None] != self._reference[first - 1 : high - 1]
        replaced = above[:, first - 1 : high - 1] + different * self._costs[first - 1 : high - 1]
        np.minimum(part[:, first - low :], replaced, out=part[:, first - low :])
        # Deleting words of the reference: the running minimum of (cost so far - cost of deleting up to here).
        total = self._total[low:high]
        part -= total
        np.minimum.accumulate(part, axis=1, out=part)
        part += total
        row[:, low:high] = part
        return row
