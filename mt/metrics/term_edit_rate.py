"""TERm: the translation edit rate in which an edit of a term's word costs twice as much as another's.

Alam et al. 2021, "On the Evaluation of Machine Translation for Terminology Consistency", reported as
1 - TERm. Shifts and edit distance are those of TER (:mod:`mt.metrics.edit_rate`); only the costs differ.
Text is lower-cased, and punctuation is apart from the words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mt.metrics.edit_rate import edit_cost

if TYPE_CHECKING:
    from mt.glossary.matching.output_checker import TermCheck

__all__ = ["TERM_COST", "edit_rows", "reference_tokens", "term_edits", "term_words", "tokens"]

# What replacing or leaving out a word of a term costs, as in the paper; every other edit costs 1.
TERM_COST = 2

# A reference's tokens, and whether each belongs to a term.
_Tokens = tuple[list[str], list[bool]]

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


def reference_tokens(
    references: Sequence[Sequence[str]], checks: Sequence[Sequence[Sequence[TermCheck]]]
) -> list[list[_Tokens]]:
    """Cut the references, reference -> segment, and find the terms in them.

    Args:
        references: a list of segments each.
        checks: reference -> segment -> what became of each mention there.
    """
    return [
        [
            (tokens(text), term_words(text, [(c.start, c.end) for c in row if c.start is not None and c.end]))
            for text, row in zip(texts, rows, strict=True)
        ]
        for texts, rows in zip(references, checks, strict=True)
    ]


def edit_rows(hypotheses: Sequence[str], references: Sequence[Sequence[_Tokens]]) -> NDArray[np.float64]:
    """Count (words of the reference less the cost of the edits, words) a segment; of several references as TER does."""
    rows = np.zeros((len(hypotheses), 2))
    for number, text in enumerate(hypotheses):
        mine = tokens(text)
        wanted = [stream[number] for stream in references]
        length = sum(len(words) for words, _ in wanted) / len(wanted)
        rows[number] = length - min(term_edits(mine, words, terms) for words, terms in wanted), length
    return rows
