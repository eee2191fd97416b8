"""All term metrics of a translation at once, with what a report tells about the terms."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

from mt.glossary.glossary import Glossary
from mt.glossary.matching.output_checker import check_terms
from mt.glossary.term import make_term
from mt.metrics.base import check_lengths
from mt.metrics.row_scores import share
from mt.metrics.term_accuracy import TermAccuracy, TermConsistency, mention_policy
from mt.metrics.term_metric import TermCorpus, TermDictionary
from mt.metrics.wmt25 import TermSuccess

_METRICS = (TermSuccess, TermAccuracy, TermConsistency)
TERM_METRICS = tuple(metric.key for metric in _METRICS)


class TermScores:
    """Scores of one translation of ``corpus`` by the chosen term metrics; those of the reference are the ceiling.

    ``seen`` are source terms that occurred in the training text with their target, to tell them from unseen ones.
    """

    def __init__(
        self,
        corpus: TermCorpus,
        hypotheses: Sequence[str],
        metrics: Sequence[str] = TERM_METRICS,
        seen: frozenset[str] | None = None,
    ) -> None:
        check_lengths(corpus.size, hypotheses=hypotheses)
        self._corpus, self._hypotheses = corpus, tuple(hypotheses)
        chosen = [metric.on(corpus) for metric in _METRICS if metric.key in metrics]
        self.scores = {metric.key: metric.corpus_score(self._hypotheses) for metric in chosen}
        self.checks = corpus.check(self._hypotheses)  # how each mention is rendered, one tuple per segment
        self.details: dict[str, Any] = {"mention_policy": mention_policy(self.checks, corpus.documents)}
        if list(corpus.dictionaries) != ["glossary"]:
            found = {name: self._success(own) for name, own in corpus.dictionaries.items()}
            self.details["success_by_dictionary"] = found
        if seen is not None:
            self.details["seen"] = self._part(lambda term: term in seen)
            self.details["unseen"] = self._part(lambda term: term not in seen)

    @property
    def values(self) -> dict[str, float | None]:
        """Metric -> 0 to 100, None where there was no term to judge."""
        return {metric: score.score for metric, score in self.scores.items()}

    @cached_property
    def counts(self) -> dict[tuple[str, tuple[str, ...]], tuple[int, int]]:
        """Source and targets of each term -> mentions rendered and in all, in order of first appearance."""
        mentions = [((check.match.term.source, check.match.term.targets), check.met) for check in chain(*self.checks)]
        met = Counter(term for term, is_met in mentions if is_met)
        return {term: (met[term], total) for term, total in Counter(term for term, _ in mentions).items()}

    @property
    def met(self) -> int:
        """Mentions rendered, by exclusive match."""
        return sum(met for met, _ in self.counts.values())

    @property
    def total(self) -> int:
        """Mentions in the source."""
        return sum(total for _, total in self.counts.values())

    def _part(self, inside: Callable[[str], bool]) -> dict[str, Any]:
        """Score some of the terms alone."""
        counts = [count for (source, _), count in self.counts.items() if inside(source)]
        met, total = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0)
        dictionaries = next(iter(self._corpus.dictionaries.values()))
        parts = {id(own): {t: own[t] for t in own if inside(t.strip())} for own in dictionaries}
        return {
            "terms": len(counts),
            "terms_met": met,
            "terms_total": total,
            "term_accuracy": share((met, total)) if total else None,
            "term_success": self._success([parts[id(own)] for own in dictionaries]),
        }

    def _success(self, dictionaries: Sequence[TermDictionary]) -> float | None:
        total = TermSuccess.on(self._corpus).by_dictionary(self._hypotheses, dictionaries).sum(0)
        return float(share(total)) if total[1] else None


def seen_terms(pairs: Iterable[tuple[str, str]], glossaries: Sequence[Glossary]) -> frozenset[str]:
    """Find the source terms that training pairs have with one of their targets: these say little about new ones."""
    targets: dict[str, dict[str, None]] = {}
    for term in (term for own in {id(own): own for own in glossaries}.values() for term in own):
        targets.setdefault(term.source, {}).update(dict.fromkeys(term.targets))
    union = Glossary(make_term(source, accepted) for source, accepted in targets.items())
    found: set[str] = set()
    for source, target in pairs:
        # Nested terms are seen as well, so overlapping matches count.
        for match in union.match(source, overlap=True):
            if match.term.source not in found and check_terms(target, [match])[0].met:
                found.add(match.term.source)
    return frozenset(found)
