"""Term success as the WMT25 terminology task measures it (track 2, ``evaluate_track2.py``).

Strings are compared in lower case over whole documents: a target inside a longer word or a longer term counts, too.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from mt.errors import DataError
from mt.metrics.base import References, as_streams, check_lengths, numbered
from mt.metrics.row_scores import Array
from mt.metrics.term_metric import TermDictionary, TermMetric


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

    def statistics(self, hypotheses: Sequence[str]) -> Array:
        """Sum (success, terms judged) of each document."""
        return self.by_dictionary(hypotheses, next(iter(self.corpus.dictionaries.values())))

    def by_dictionary(self, hypotheses: Sequence[str], dictionaries: Sequence[TermDictionary]) -> Array:
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
) -> Array:
    """Sum (successes, terms judged) of each document, shape (documents, 2); ``share(rows.sum(0))`` is the score.

    Of several references one must contain a translation. ``terms`` are one dictionary for all documents or for each.
    """
    streams = as_streams(references)
    size = len(streams[0])
    check_lengths(size, source=sources, hypothesis=hypotheses, **numbered(streams))
    dictionaries = [terms] * size if isinstance(terms, Mapping) else terms
    check_lengths(size, terms=dictionaries)
    # The task repeats the same dictionary with every document of a year: index it once.
    finders = {key: _finder(own) for key, own in {id(own): own for own in dictionaries}.items()}
    rows = np.zeros((size, 2))
    for number, own in enumerate(dictionaries):
        source, hypothesis = sources[number].strip().lower(), hypotheses[number].strip().lower()
        texts = [stream[number].strip().lower() for stream in streams]
        for term, targets in finders[id(own)](source):
            # The task searches the reference for the target as written, the output for the stripped one.
            if any(target in text for text in texts for target in targets):
                occurrences = sum(hypothesis.count(target.strip()) for target in targets)
                rows[number] += min(occurrences / source.count(term), 1.0), 1.0
    return rows


def _finder(terms: TermDictionary) -> Callable[[str], list[tuple[str, list[str]]]]:
    """Return a function that lists the entries, in lower case, that occur in a text."""
    for source, targets in terms.items():
        if isinstance(targets, str):
            raise DataError(f"the translations of '{source}' are one string", hint="give a list")
    entries = [(source.strip().lower(), [target.lower() for target in own]) for source, own in terms.items()]
    entries = [entry for entry in entries if entry[0]]
    import ahocorasick_rs

    automaton = ahocorasick_rs.AhoCorasick([term for term, _ in entries])

    def find(text: str) -> list[tuple[str, list[str]]]:
        matches = automaton.find_matches_as_indexes(text, overlapping=True)
        return [entries[number] for number in sorted({number for number, _, _ in matches})]

    return find
