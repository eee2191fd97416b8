"""Scores of translations in the manner of sacrebleu: corpus scores, term metrics and quality checks. No torch."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mt.metrics.base import Metric, Score, Signature
    from mt.metrics.checks import quality_checks
    from mt.metrics.corpus_scores import Scorer, score
    from mt.metrics.term_accuracy import TermAccuracy
    from mt.metrics.term_consistency import TermConsistency
    from mt.metrics.term_edit_rate import TermTER
    from mt.metrics.term_windows import TermWindow
    from mt.metrics.wmt25 import TermSuccess

# Name -> the module that defines it. sacrebleu takes a tenth of a second to import: only when it is needed.
_HOMES = {
    "Metric": "base",
    "Score": "base",
    "Signature": "base",
    "Scorer": "corpus_scores",
    "TermAccuracy": "term_accuracy",
    "TermConsistency": "term_consistency",
    "TermSuccess": "wmt25",
    "TermTER": "term_edit_rate",
    "TermWindow": "term_windows",
    "quality_checks": "checks",
    "score": "corpus_scores",
}

__all__ = [
    "Metric",
    "Score",
    "Scorer",
    "Signature",
    "TermAccuracy",
    "TermConsistency",
    "TermSuccess",
    "TermTER",
    "TermWindow",
    "quality_checks",
    "score",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mt.metrics' has no attribute '{name}'")
    return getattr(importlib.import_module(f"mt.metrics.{_HOMES[name]}"), name)
