"""TERm: the translation edit rate in which an edit of a term's word costs twice as much as another's.

Alam et al. 2021, "On the Evaluation of Machine Translation for Terminology Consistency", reported as
1 - TERm. Shifts and edit distance are those of TER (:mod:`mt.metrics.edit_rate`); only the costs differ.
Text is lower-cased, and punctuation separated from words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from mt.metrics.edit_rate import edit_cost
from mt.metrics.term_metric import TermMetric

# What replacing or deleting a word of a term costs, as in the paper; every other edit costs 1.
TERM_COST = 2

_TOKEN = re.compile(r"\w+|[^\w\s]")


class TermTER(TermMetric):
    """100 less TERm; 0 where the edits cost more than there are words. None where the source has no term."""

    key = "term_ter"
    name = "1-TERm"
    settings = MappingProxyType({"edits": "sacrebleu-ter", "term": str(TERM_COST), "case": "lc", "punct": "split"})

    def statistics(self, hypotheses: Sequence[str]) -> NDArray[np.float64]:
        """Count (reference words less the cost of the edits, reference words) per segment.

        Of several references the cheapest counts, and their mean length, as in TER.
        """
        rows = np.zeros((len(hypotheses), 2))
        if not any(self.corpus.matches):
            return rows
        for number, text in enumerate(hypotheses):
            own, lengths, costs = tokens(text), [], []
            for stream, checks in zip(self.corpus.references, self.corpus.reference_checks, strict=True):
                spans = [(c.start, c.end) for c in checks[number] if c.start is not None and c.end is not None]
                words = tokens(stream[number])
                lengths.append(len(words))
                costs.append(edit_cost(own, words, term_costs(stream[number], spans)))
            length = sum(lengths) / len(lengths)
            rows[number] = length - min(costs), length
        return rows


def tokens(text: str) -> list[str]:
    """Split text into lower-cased words and punctuation marks."""
    return [token.lower() for token in _TOKEN.findall(text)]


def term_costs(text: str, spans: Sequence[tuple[int, int]]) -> list[int]:
    """What an edit of each of :func:`tokens` costs; ``spans`` are the terms, in characters of ``text``."""
    return [
        TERM_COST if any(token.start() < end and start < token.end() for start, end in spans) else 1
        for token in _TOKEN.finditer(text)
    ]
