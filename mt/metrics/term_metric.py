"""What all term metrics share: a test set in which the glossary's terms have been found, and their base class."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from mt.glossary.glossary import Glossary, GlossaryLike
from mt.glossary.matching.output_checker import TermCheck, check_terms
from mt.metrics.base import Metric, References, Score, as_streams, check_lengths
from mt.metrics.row_scores import Array, share

# Source term -> its accepted translations.
TermDictionary = Mapping[str, Sequence[str]]
# Segment -> mention in the source -> whether and where the translation renders it.
Checks = Sequence[Sequence[TermCheck]]


class TermCorpus:
    """A test set in whose sources the terms of a glossary (or one for each segment) are found, once for all metrics.

    Without ``documents`` each segment is a document of its own. ``dictionaries`` are, by name, a term dictionary for
    each segment, as WMT's test sets have them; :class:`TermSuccess` uses the first, without any the glossary.
    """

    def __init__(
        self,
        references: References,
        sources: Sequence[str],
        glossary: Glossary | Sequence[Glossary],
        documents: Sequence[str] | None = None,
        dictionaries: Mapping[str, Sequence[TermDictionary]] | None = None,
    ) -> None:
        self.references = as_streams(references)
        self.size = len(self.references[0])
        glossaries = [glossary] * self.size if isinstance(glossary, Glossary) else list(glossary)
        check_lengths(self.size, sources=sources, glossary=glossaries, documents=documents)
        self.sources = list(sources)
        self.documents = None if documents is None else list(documents)
        self.matches = [own.match(source) for own, source in zip(glossaries, sources, strict=True)]
        by_document: dict[str | int, list[int]] = {}
        for number in range(self.size):
            by_document.setdefault(number if documents is None else documents[number], []).append(number)
        self._groups = list(by_document.values())
        if not dictionaries:
            made = {id(own): term_dictionary(own) for own in glossaries}
            dictionaries = {"glossary": [made[id(own)] for own in glossaries]}
        # Name -> one dictionary per document.
        self.dictionaries = {name: self._union(own) for name, own in dictionaries.items()}
        self._checked: tuple[Sequence[str], Checks] = ((), ())

    @property
    def unit(self) -> str:
        """What document metrics count over: 'document', or 'segment' where documents are unknown."""
        return "segment" if self.documents is None else "document"

    def check(self, hypotheses: Sequence[str]) -> Checks:
        """Check how a translation renders each mention; the last result is kept, for all metrics ask for it."""
        if self._checked[0] is not hypotheses:
            pairs = zip(hypotheses, self.matches, strict=True)
            found = tuple(tuple(check_terms(text, matches)) if matches else () for text, matches in pairs)
            self._checked = hypotheses, found
        return self._checked[1]

    def join_documents(self, segments: Sequence[str]) -> list[str]:
        """Join the segments of each document with line feeds."""
        return ["\n".join(segments[number] for number in group) for group in self._groups]

    def _union(self, dictionaries: Sequence[TermDictionary]) -> list[TermDictionary]:
        """For each document all translations that the dictionaries of its segments accept."""
        check_lengths(self.size, dictionaries=dictionaries)
        found: list[TermDictionary] = []
        for group in self._groups:
            first, *others = {id(dictionaries[number]): dictionaries[number] for number in group}.values()
            union = dict(first)
            for term, targets in (entry for own in others for entry in own.items()):
                add_targets(union, term, targets)
            found.append(union if others else first)
        return found


class TermMetric(Metric):
    """Base of the term metrics: the share of what could be gained, 0 to 100.

    ``glossary`` may be a :class:`Glossary`, a dict, a file, or several of these.
    """

    def __init__(
        self,
        glossary: GlossaryLike,
        references: References | None = None,
        sources: Sequence[str] | None = None,
        documents: Sequence[str] | None = None,
    ) -> None:
        self.glossary = Glossary.coerce(glossary) or Glossary([])
        super().__init__(references, sources, documents)

    def bind(self, references: References, sources: Sequence[str] | None, documents: Sequence[str] | None) -> None:
        """Find the terms."""
        super().bind(references, sources, documents)
        self.corpus = TermCorpus(self.references, self.sources, self.glossary, self.documents)

    @classmethod
    def on(cls, corpus: TermCorpus) -> Self:
        """Make a metric for a test set that is analysed already, to be shared by several metrics."""
        metric = cls(Glossary([]))
        metric.corpus = corpus
        metric.num_refs, metric.size = len(corpus.references), corpus.size
        return metric

    def score_rows(self, rows: Array) -> Array:
        """Score rows of (gained, possible)."""
        scores: Array = share(rows)
        return scores

    def _aggregate_and_compute(self, stats: Any) -> Score:
        found = super()._aggregate_and_compute(stats)
        gained, possible = found.statistics.sum(0).tolist()
        found._verbose = f"({gained:.10g}/{possible:.10g})"
        found.score = found.score if possible else None
        return found


def add_targets(dictionary: dict[str, Sequence[str]], term: str, targets: Sequence[str]) -> None:
    """Accept more translations of a term; WMT25 counts a target twice that one list of ``targets`` repeats."""
    known = dictionary.get(term, ())
    dictionary[term] = [*known, *(target for target in targets if target not in known)]


def term_dictionary(glossary: Glossary) -> dict[str, list[str]]:
    """Every accepted translation of each source term, each once whatever its case: WMT25 adds up their counts."""
    terms: dict[str, dict[str, str]] = {}
    for term in glossary.terms:
        accepted = terms.setdefault(term.source, {})
        for target in term.targets:
            accepted.setdefault(target.lower(), target)
    return {source: list(accepted.values()) for source, accepted in terms.items()}
