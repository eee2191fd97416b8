"""All term metrics of a translation at once, with what a report tells about the terms."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any

from mt.glossary.glossary import Glossary
from mt.glossary.matching.output_checker import check_terms
from mt.glossary.term import make_term
from mt.metrics.base import Score, check_lengths
from mt.metrics.row_scores import share
from mt.metrics.term_accuracy import TermAccuracy, TermConsistency, mention_policy
from mt.metrics.term_metric import Checks, TermCorpus, TermDictionary
from mt.metrics.wmt25 import TermSuccess

_METRICS = (TermSuccess, TermAccuracy, TermConsistency)
TERM_METRICS = tuple(metric.key for metric in _METRICS)


@dataclass(frozen=True)
class TermScores:
    """Term scores of one translation."""

    scores: dict[str, Score]  # by metric
    checks: Checks = field(repr=False)  # how each mention is rendered, one tuple per segment
    # ``mention_policy``, ``success_by_dictionary`` of the test set, ``seen`` and ``unseen`` terms if training is known.
    details: dict[str, Any]

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


class TermScorer:
    """Scores any number of translations of ``corpus`` by the chosen metrics.

    ``seen`` are source terms that occurred in the training text with their target, to tell them from unseen ones.
    """

    def __init__(
        self, corpus: TermCorpus, seen: frozenset[str] | None = None, metrics: Sequence[str] = TERM_METRICS
    ) -> None:
        self.corpus, self.seen = corpus, seen
        self._success = TermSuccess.on(corpus)
        self.metrics = {metric.key: metric.on(corpus) for metric in _METRICS if metric.key in metrics}

    def score(self, hypotheses: Sequence[str]) -> TermScores:
        """Score one translation; scoring the reference gives the ceiling."""
        check_lengths(self.corpus.size, hypotheses=hypotheses)
        hypotheses = tuple(hypotheses)
        checks = self.corpus.check(hypotheses)
        details: dict[str, Any] = {"mention_policy": mention_policy(checks, self.corpus.documents)}
        scores = {key: metric.corpus_score(hypotheses) for key, metric in self.metrics.items()}
        found = TermScores(scores, checks, details)
        dictionaries = self.corpus.dictionaries
        if list(dictionaries) != ["glossary"]:
            details["success_by_dictionary"] = {n: self._success_by(hypotheses, own) for n, own in dictionaries.items()}
        if (seen := self.seen) is not None:
            details["seen"] = self._part(found, hypotheses, lambda term: term in seen)
            details["unseen"] = self._part(found, hypotheses, lambda term: term not in seen)
        return found

    def _part(self, found: TermScores, hypotheses: Sequence[str], inside: Callable[[str], bool]) -> dict[str, Any]:
        """Score some of the terms alone."""
        counts = [count for (source, _), count in found.counts.items() if inside(source)]
        met, total = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0)
        dictionaries = next(iter(self.corpus.dictionaries.values()))
        parts = {id(own): {t: own[t] for t in own if inside(t.strip())} for own in dictionaries}
        return {
            "terms": len(counts),
            "terms_met": met,
            "terms_total": total,
            "term_accuracy": share((met, total)) if total else None,
            "term_success": self._success_by(hypotheses, [parts[id(own)] for own in dictionaries]),
        }

    def _success_by(self, hypotheses: Sequence[str], dictionaries: Sequence[TermDictionary]) -> float | None:
        total = self._success.by_dictionary(hypotheses, dictionaries).sum(0)
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
