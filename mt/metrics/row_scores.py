"""Many rows of summed statistics scored at once, for significance tests: sacrebleu's formulas for one, on arrays.

Scores differ from ``_compute_score_from_stats`` only in the last bits of exponentials and logarithms.
"""

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

Array = NDArray[np.float64]
# Statistics, shape (rows, counts) → scores, shape (rows,).
RowsScorer = Callable[[Array], Array]

# sacrebleu's logarithm of 0.
_LOG_OF_ZERO = -9999999999.0


def rows_scorer(scorer: Any) -> RowsScorer:
    """Return a function that scores rows as sacrebleu's metric ``scorer`` scores each.

    BLEU with exponential smoothing, chrF without epsilon smoothing and TER are computed on arrays, others in a loop.
    """
    if isinstance(scorer, BLEU) and scorer.smooth_method == "exp":
        return lambda rows: _bleu(rows, scorer.max_ngram_order, scorer.effective_order)
    if isinstance(scorer, CHRF) and not scorer.eps_smoothing:
        return lambda rows: _chrf(rows, scorer.beta)
    if isinstance(scorer, TER):
        return _ter
    return lambda rows: np.array([scorer._compute_score_from_stats(row).score for row in rows.tolist()], np.float64)


def share(rows: Any) -> Any:
    """Score summed (gained, possible) from 0 to 100, shape (…, 2) → (…); a loss counts as nothing gained."""
    gained, possible = np.moveaxis(np.asarray(rows, np.float64), -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(possible != 0, 100.0 * np.maximum(0.0, gained) / possible, 0.0)[()]


def _bleu(rows: Array, orders: int, effective_order: bool) -> Array:
    length, reference_length = np.trunc(rows[:, 0]), np.trunc(rows[:, 1])
    correct, total = rows[:, 2 : 2 + orders], rows[:, 2 + orders :]
    # sacrebleu stops at the first order for which the system has no n-grams.
    counted = np.logical_and.accumulate(total != 0, axis=1)
    unmatched = counted & (correct == 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        penalty = np.where(length > 0, np.exp(np.minimum(0.0, 1 - reference_length / length)), reference_length <= 0)
        smoothed = 100.0 / (np.exp2(np.cumsum(unmatched, axis=1)) * total)
        logarithms = np.where(counted, np.log(np.where(unmatched, smoothed, 100.0 * correct / total)), _LOG_OF_ZERO)
    used = np.full(len(rows), orders)
    if effective_order:
        used = np.where(counted[:, 0], counted.sum(1), orders)
        logarithms = np.where(np.arange(orders) < used[:, None], logarithms, 0.0)
    scores = penalty * np.exp(_sum(logarithms) / used)
    return np.where(correct.any(1), scores, 0.0)


def _chrf(rows: Array, beta: int) -> Array:
    hypothesis, reference, matched = rows[:, 0::3], rows[:, 1::3], rows[:, 2::3]
    counted = (hypothesis > 0) & (reference > 0)
    orders = np.maximum(1, counted.sum(1))
    factor = beta**2
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = _sum(np.where(counted, matched / hypothesis, 0.0)) / orders
        recall = _sum(np.where(counted, matched / reference, 0.0)) / orders
        scores = (1 + factor) * precision * recall / (factor * precision + recall)
    return np.where(precision + recall > 0, 100 * scores, 0.0)


def _ter(rows: Array) -> Array:
    edits, words = rows[:, 0], rows[:, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        return 100 * np.where(words > 0, edits / words, edits > 0)


def _sum(columns: Array) -> Array:
    """Add columns from the left, as a loop over them does."""
    return reduce(np.add, columns.T)
