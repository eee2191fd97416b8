"""Term success as the WMT25 terminology task measures it (track 2, ``evaluate_track2.py``).

Reproduces the task's published scores of its Chinese-English systems. Strings are compared in lower case over whole
documents, with the task's known weakness: a target inside a longer word or a longer term counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mt.errors import DataError
from mt.metrics.base import References, as_streams, check_lengths, numbered
from mt.metrics.term_metric import TermDictionary, TermMetric

# A term, its translations as searched in the reference, and as counted in the hypothesis.
_Entry = tuple[str, list[str], list[str]]
# First two characters of a term -> entries, so that a large dictionary is not searched whole.
_Index = dict[str, list[_Entry]]


class TermSuccess(TermMetric):
    """WMT25's term success: which terms of the source have one of their translations in the output.

    A term counts where it occurs in a source document and one of its translations in the reference; it gains
    min(1, occurrences of its translations in the output / its occurrences in the source).

    >>> metric = TermSuccess({"鲁进": "Lu Jin", "成都": "Chengdu"})
    >>> score = metric.corpus_score(["Lu Jin left."], ["Lu Jin left for Chengdu."], sources=["鲁进赴成都。"])
    >>> score.score
    50.0
    >>> print(score.format(signature=score.signature))
    TermSuccess|nrefs:1|match:wmt25-track2|case:lc|unit:segment|version:zhen-mt-0.1.0 = 50.00 (1/2)
    """

    key = "term_success"
    name = "TermSuccess"

    def statistics(self, hypotheses: Sequence[str]) -> NDArray[np.float64]:
        """Sum (success, terms judged) of each document."""
        return self.by_dictionary(hypotheses, next(iter(self.corpus.dictionaries.values())))

    def by_dictionary(self, hypotheses: Sequence[str], dictionaries: Sequence[TermDictionary]) -> NDArray[np.float64]:
        """Count by other dictionaries than the glossary, one for each document."""
        join = self.corpus.join_documents
        references = [join(stream) for stream in self.corpus.references]
        return wmt25_success(join(self.corpus.sources), join(hypotheses), references, dictionaries)

    @property
    def settings(self) -> dict[str, str]:  # type: ignore[override]
        """The metric's own pairs of the signature."""
        return {"match": "wmt25-track2", "case": "lc", "unit": self.corpus.unit}


def wmt25_success(
    sources: Sequence[str],
    hypotheses: Sequence[str],
    references: References,
    terms: TermDictionary | Sequence[TermDictionary],
) -> NDArray[np.float64]:
    """Count term success of the WMT25 terminology task, track 2, with one string per document.

    Of several references one must contain a translation. ``terms`` are one dictionary for all documents or one for
    each.

    Returns:
        (sum of successes, terms judged), shape (documents, 2). ``share(rows.sum(0))`` is the task's score times 100.
    """
    streams = as_streams(references)
    size = len(streams[0])
    check_lengths(size, source=sources, hypothesis=hypotheses, **numbered(streams))
    if isinstance(terms, Mapping):
        index = _index(terms)
        indexes = [index] * size
    else:
        check_lengths(size, terms=terms)
        # The task repeats the same dictionary with every document of a year: index it once.
        seen: dict[int, _Index] = {}
        indexes = [seen[id(t)] if id(t) in seen else seen.setdefault(id(t), _index(t)) for t in terms]
    rows = np.zeros((size, 2))
    for number in range(size):
        source, hypothesis = sources[number].strip().lower(), hypotheses[number].strip().lower()
        texts = [stream[number].strip().lower() for stream in streams]
        for term, searched, counted in _candidates(source, indexes[number]):
            if not any(target in text for text in texts for target in searched):
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
            # The task searches the reference for the target as written, the output for the stripped one.
            entry = (term, [target.lower() for target in targets], [target.strip().lower() for target in targets])
            index[term[:2]].append(entry)
    return index


def _candidates(source: str, index: _Index) -> list[_Entry]:
    starts = {source[i : i + 2] for i in range(len(source))} | set(source)
    return [entry for start in sorted(starts & index.keys()) for entry in index[start] if entry[0] in source]
