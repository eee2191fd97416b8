"""Corpus and segment scores by sacrebleu's metrics, each with its signature; all from 0 to 100."""

from collections.abc import Sequence
from copy import copy
from functools import partial
from typing import Any

import numpy as np
import sacrebleu.metrics.base
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

from mt.errors import DataError
from mt.metrics.base import Metric, References, Score, as_streams, check_lengths, numbered
from mt.metrics.row_scores import rows_scorer

_METRICS: dict[str, Any] = {"bleu": BLEU, "chrf++": partial(CHRF, word_order=2), "chrf": CHRF, "ter": TER}
METRICS = tuple(_METRICS)
LOWER_IS_BETTER = frozenset({"ter"})


class Scorer:
    """Scores any number of systems against the same references, which are analysed once.

    ``metrics`` are names of :data:`METRICS`, or metrics of this package or of sacrebleu, which are copied.
    """

    def __init__(
        self,
        references: References,
        metrics: Sequence[Any] = METRICS,
        sources: Sequence[str] | None = None,
        documents: Sequence[str] | None = None,
    ) -> None:
        streams = as_streams(references)
        self.size = len(streams[0])
        check_lengths(self.size, **numbered(streams))
        self.metrics: dict[str, Any] = {}
        for metric in metrics:
            if isinstance(metric, str):
                if metric not in _METRICS:
                    raise DataError(f"unknown metric '{metric}'", hint=f"choose from {', '.join(METRICS)}")
                key, bound = metric, _METRICS[metric](references=streams)
            elif isinstance(metric, Metric):
                key, bound = metric.key, copy(metric)
                bound.bind(streams, sources, documents)
            elif isinstance(metric, sacrebleu.metrics.base.Metric):
                key, bound = type(metric).__name__.lower() + "+" * getattr(metric, "word_order", 0), copy(metric)
                bound._ref_cache = bound._cache_references(streams)
            else:
                raise DataError(f"{metric!r} is no metric", hint="give a name, or a metric of mt.metrics or sacrebleu")
            if key in self.metrics:
                raise DataError(f"two metrics are called '{key}'", hint="choose one")
            self.metrics[key] = bound

    def score(self, hypotheses: Sequence[str]) -> dict[str, Score]:
        """Score one system; metric -> score."""
        check_lengths(self.size, hypotheses=hypotheses)
        return {key: _measure(metric, hypotheses) for key, metric in self.metrics.items()}


def _measure(metric: Any, hypotheses: Sequence[str]) -> Score:
    if isinstance(metric, Metric):
        return metric.corpus_score(hypotheses)
    rows = metric._extract_corpus_statistics(hypotheses, None)
    found = metric._aggregate_and_compute(rows)
    score = Score(found.name, float(found.score), np.asarray(rows, np.float64), rows_scorer(metric))
    if isinstance(metric, BLEU):
        score.score_segments = rows_scorer(BLEU(max_ngram_order=metric.max_ngram_order, effective_order=True))
    score._verbose = found._verbose
    score.signature = str(metric.get_signature())
    score.lower_is_better = isinstance(metric, TER)
    return score
