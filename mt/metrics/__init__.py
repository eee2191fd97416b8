"""Scores of translations in the manner of sacrebleu: corpus scores, term metrics and quality checks. No torch."""

from mt.metrics.base import Metric, Score, Signature
from mt.metrics.checks import quality_checks
from mt.metrics.corpus_scores import Scorer, score
from mt.metrics.term_accuracy import TermAccuracy, TermWindow
from mt.metrics.term_consistency import TermConsistency
from mt.metrics.wmt25 import TermSuccess

__all__ = [
    "Metric",
    "Score",
    "Scorer",
    "Signature",
    "TermAccuracy",
    "TermConsistency",
    "TermSuccess",
    "TermWindow",
    "quality_checks",
    "score",
]
