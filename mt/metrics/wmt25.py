"""Term success as the WMT25 terminology task measures it (track 2, ``evaluate_track2.py``).

Reproduces the task's published figures for its Chinese-English systems.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mt.errors import DataError
from mt.metrics.corpus_scores import as_streams, check_lengths

__all__ = ["TermDictionary", "share", "shares", "wmt25_success"]

# Source term -> its translations.
TermDictionary = Mapping[str, Sequence[str]]

# A term, its translations as looked for in the reference, and as counted in the hypothesis.
_Entry = tuple[str, list[str], list[str]]
# Entries by their first two characters, so that a large dictionary need not be tried whole.
_Index = dict[str, list[_Entry]]


def share(row: Sequence[float]) -> float:
    """Score a summed row of (gained, possible): 0 to 100; a loss counts as nothing gained."""
    return 100.0 * max(0.0, row[0]) / row[1] if row[1] else 0.0


def shares(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """As :func:`share`, of many rows, shape (rows, 2)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(rows[:, 1] != 0, 100.0 * np.maximum(0.0, rows[:, 0]) / rows[:, 1], 0.0)


def wmt25_success(
    sources: Sequence[str],
    hypotheses: Sequence[str],
    references: Sequence[str] | Sequence[Sequence[str]],
    terms: TermDictionary | Sequence[TermDictionary],
) -> NDArray[np.float64]:
    """Term success of the WMT25 terminology task, track 2.

    For each dictionary term that stands in a source document while one of its translations stands in
    the reference: occurrences of its translations in the hypothesis over occurrences of the term in
    the source, at most 1. The task's figure is the mean over all such terms of all documents.

    Args:
        sources: one string a document.
        hypotheses: likewise.
        references: likewise; with several references one of them must hold a translation.
        terms: term -> its translations, one dictionary for all documents or one for each.

    Returns:
        (success summed, terms judged), shape (documents, 2). ``share(rows.sum(0))`` is the task's
        figure times 100.

    Raises:
        DataError: the lengths differ.
    """
    streams = as_streams(references)
    size = len(streams[0])
    check_lengths(size, source=sources, hypothesis=hypotheses)
    check_lengths(size, **{f"reference {n}": stream for n, stream in enumerate(streams, 1)})
    if isinstance(terms, Mapping):
        index = _index(terms)
        indexes = [index] * size
    else:
        check_lengths(size, terms=terms)
        # The task hands the same dictionary with every document of a year: index it once.
        seen: dict[int, _Index] = {}
        indexes = [seen[id(t)] if id(t) in seen else seen.setdefault(id(t), _index(t)) for t in terms]
    rows = np.zeros((size, 2))
    for number in range(size):
        source, hypothesis = sources[number].strip().lower(), hypotheses[number].strip().lower()
        wanted = [stream[number].strip().lower() for stream in streams]
        for term, looked_for, counted in _candidates(source, indexes[number]):
            if not any(target in text for text in wanted for target in looked_for):
                continue
            occurrences = sum(hypothesis.count(target) for target in counted)
            rows[number] += min(occurrences / source.count(term), 1.0), 1.0
    return rows


def _index(terms: TermDictionary) -> _Index:
    index: _Index = defaultdict(list)
    for source, targets in terms.items():
        if isinstance(targets, str):
            raise DataError(f"the translations of '{source}' are one string", hint="give a list")
        term = source.strip().lower()
        if term:
            # The task looks for the target as written in the reference, for the stripped one in the output.
            entry = (term, [target.lower() for target in targets], [target.strip().lower() for target in targets])
            index[term[:2]].append(entry)
    return index


def _candidates(source: str, index: _Index) -> list[_Entry]:
    starts = {source[i : i + 2] for i in range(len(source))} | set(source)
    return [entry for start in sorted(starts & index.keys()) for entry in index[start] if entry[0] in source]
