"""Corpus and segment scores through sacrebleu, each with its signature; every score is 0 to 100.

The per-segment sufficient statistics that sacrebleu counts are kept, so that segment scores and
significance tests come from the same single pass as the corpus score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from mt.errors import DataError
from mt.metrics.edit_rate import FastTER
from mt.metrics.row_scores import rows_scorer

__all__ = ["LOWER_IS_BETTER", "METRICS", "Score", "Scorer", "as_streams", "check_lengths", "score"]

METRICS = ("bleu", "chrf++", "chrf", "ter")
LOWER_IS_BETTER = frozenset({"ter"})


@dataclass(frozen=True)
class Score:
    """One system's score by one metric.

    Attributes:
        metric: one of :data:`METRICS`, or ``comet``.
        score: the corpus score, 0 to 100 (TER may exceed 100).
        signature: sacrebleu's own, which says how the score was made.
        statistics: sacrebleu's sufficient statistics, one row a segment: shape (segments, counts).
        scorer: the sacrebleu metric that made it; None for the mean of a learnt one.
    """

    metric: str
    score: float
    signature: str
    statistics: NDArray[np.float64] = field(repr=False, compare=False)
    scorer: Any = field(repr=False, compare=False)

    @classmethod
    def mean(cls, metric: str, segments: Sequence[float], signature: str) -> Score:
        """Make a score of what a learnt metric gave each segment, where 1 is best."""
        rows = np.column_stack([np.asarray(segments, np.float64), np.ones(len(segments))])
        return cls(metric, float(_mean(rows.sum(0, keepdims=True))[0]), signature, rows, None)

    def of_rows(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Score rows of summed statistics, shape (rows, counts), each alone."""
        return (rows_scorer(self.scorer) if self.scorer else _mean)(rows)

    def from_statistics(self, row: Sequence[float]) -> float:
        """Score summed statistics, shape (counts,)."""
        if self.scorer is None:
            return float(_mean(np.array([row], np.float64))[0])
        return float(self.scorer._compute_score_from_stats(row).score)

    @cached_property
    def segments(self) -> tuple[float, ...]:
        """The score of each segment alone; BLEU with effective order, as sacrebleu advises."""
        score = rows_scorer(BLEU(effective_order=True)) if self.metric == "bleu" else self.of_rows
        return tuple(score(self.statistics).tolist())


def _mean(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of what a learnt metric gave each segment, times 100; statistics are rows of (score, 1)."""
    return 100.0 * rows[:, 0] / np.maximum(1.0, rows[:, 1])


def as_streams(references: Sequence[str] | Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Bring one reference (a list of segments) or several (a list of such lists) to the latter form.

    Raises:
        DataError: there is no reference, or lists and strings are mixed.
    """
    if isinstance(references, str):
        raise DataError("references are one string", hint="give a list of segments")
    items = list(references)
    if items and all(isinstance(item, str) for item in items):
        return (tuple(items),)  # type: ignore[arg-type]
    if not items or any(isinstance(item, str) for item in items):
        raise DataError(
            "no references" if not items else "references mix segments and lists",
            hint="give a list of segments, or a list of such lists for several references",
        )
    return tuple(tuple(stream) for stream in items)


def check_lengths(expected: int, **streams: Sequence[Any]) -> None:
    """Refuse streams that do not have ``expected`` segments, naming the first that does not.

    Raises:
        DataError: a stream is longer or shorter, is a bare string, or there are no segments at all.
    """
    for name, stream in streams.items():
        if isinstance(stream, str):
            raise DataError(f"{name} is one string", hint="give a list of segments")
        if len(stream) != expected:
            raise DataError(
                f"{name} has {len(stream)} segments, the reference {expected}",
                hint="give files of one segment a line, in the same order",
            )
    if expected == 0:
        raise DataError("no segments to score", hint="give at least one")


class Scorer:
    """Scores any number of systems against the same references, which are analysed once.

    Args:
        references: one list of segments, or several of equal length.
        metrics: which of :data:`METRICS`.

    Raises:
        DataError: no or unequal references, or an unknown metric.
    """

    def __init__(self, references: Sequence[str] | Sequence[Sequence[str]], metrics: Sequence[str] = METRICS) -> None:
        self.references = as_streams(references)
        self.size = len(self.references[0])
        check_lengths(self.size, **{f"reference {n}": r for n, r in enumerate(self.references, 1)})
        makers: dict[str, Any] = {
            "bleu": lambda: BLEU(references=self.references),
            "chrf++": lambda: CHRF(word_order=2, references=self.references),
            "chrf": lambda: CHRF(references=self.references),
            "ter": lambda: FastTER(references=self.references),
        }
        for metric in metrics:
            if metric not in makers:
                raise DataError(f"unknown metric '{metric}'", hint=f"choose from {', '.join(METRICS)}")
        self._scorers = {metric: makers[metric]() for metric in metrics}
        self.signatures = {metric: str(scorer.get_signature()) for metric, scorer in self._scorers.items()}

    def score(self, hypotheses: Sequence[str], name: str = "hypothesis") -> dict[str, Score]:
        """Score one system.

        Args:
            hypotheses: one string a segment, in the order of the references.
            name: what to call the system in an error.

        Raises:
            DataError: not as many segments as the references have.
        """
        check_lengths(self.size, **{name: hypotheses})
        scores = {}
        for metric, scorer in self._scorers.items():
            rows = scorer._extract_corpus_statistics(list(hypotheses), None)
            scores[metric] = Score(
                metric=metric,
                score=float(scorer._aggregate_and_compute(rows).score),
                signature=self.signatures[metric],
                statistics=np.asarray(rows, dtype=np.float64),
                scorer=scorer,
            )
        return scores


def score(
    hypotheses: Sequence[str],
    references: Sequence[str] | Sequence[Sequence[str]],
    metrics: Sequence[str] = METRICS,
) -> dict[str, Score]:
    """Score one system against one or several references; see :class:`Scorer`."""
    return Scorer(references, metrics).score(hypotheses)
