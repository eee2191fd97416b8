"""Scores of translations in the manner of sacrebleu: corpus scores, term metrics and quality checks. No torch."""

from mt.metrics.corpus_scores import Scorer as Scorer
from mt.metrics.term_accuracy import TermAccuracy as TermAccuracy
from mt.metrics.term_accuracy import TermConsistency as TermConsistency
from mt.metrics.wmt25 import TermSuccess as TermSuccess
