"""TERm: the translation edit rate in which an edit of a term's word costs twice as much as another's.

Alam et al. 2021, "On the Evaluation of Machine Translation for Terminology Consistency", reported as
1 - TERm. Shifts and edit distance are those of TER (:mod:`mt.evaluation.edit_rate`); only the costs differ.
Text is lower-cased, and punctuation is apart from the words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mt.evaluation.edit_rate import edit_cost

__all__ = ["TERM_COST", "term_edits", "term_words", "tokens"]

# What replacing or leaving out a word of a term costs, as in the paper; every other edit costs 1.
TERM_COST = 2

_TOKEN = re.compile(r"\w+|[^\w\s]")


def tokens(text: str) -> list[str]:
    """Words and signs, lower-cased."""
    return [token.lower() for token in _TOKEN.findall(text)]


def term_words(text: str, spans: Sequence[tuple[int, int]]) -> list[bool]:
    """For each of :func:`tokens`, whether it stands in one of the terms' spans (in characters of ``text``)."""
    return [any(token.start() < end and start < token.end() for start, end in spans) for token in _TOKEN.finditer(text)]


def term_edits(hypothesis: Sequence[str], reference: Sequence[str], terms: Sequence[bool]) -> int:
    """Cost of the edits that turn a hypothesis into the reference.

    Args:
        hypothesis: its tokens.
        reference: likewise.
        terms: for each token of the reference, whether it belongs to a term. With none it is the count of TER.
    """
    return edit_cost(hypothesis, reference, [TERM_COST if term else 1 for term in terms])
