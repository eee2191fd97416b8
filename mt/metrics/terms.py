"""All term metrics of a translation at once, with what a report tells about the terms."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mt.glossary.matching.output_checker import TermCheck
from mt.glossary.mentions import MentionPolicy
from mt.metrics.base import Score, check_lengths
from mt.metrics.corpus_scores import measure
from mt.metrics.row_scores import share
from mt.metrics.term_accuracy import Counts, TermAccuracy, TermWindow, count_terms
from mt.metrics.term_consistency import TermConsistency
from mt.metrics.term_metric import Checks, TermCorpus, TermDictionary, TermMetric
from mt.metrics.wmt25 import TermSuccess

TERM_METRICS = ("term_success", "term_accuracy", "term_consistency", "term_window_2", "term_window_3")


@dataclass(frozen=True)
class TermScores:
    """Term scores of one translation.

    Attributes:
        scores: metric of :data:`TERM_METRICS` -> its score, a micro average over mentions, words or judged terms.
        macro: metric -> the average over documents (``term_success``), terms (``term_accuracy``), renderings
            (``term_consistency``) or segments.
        checks: how each mention is rendered, one tuple per segment.
        counts: mentions of each term, rendered and in all, in order of first appearance.
        details: ``consistency`` by variant, ``mention_policy``, ``success_by_dictionary`` of the test set's
            dictionaries, and ``seen`` and ``unseen`` terms apart where training text was given.
    """

    scores: dict[str, Score]
    macro: dict[str, float | None]
    checks: Checks = field(repr=False)
    counts: Counts = field(repr=False)
    details: dict[str, Any]

    @property
    def values(self) -> dict[str, float | None]:
        """Metric -> 0 to 100, None where there was no term to judge."""
        return {metric: score.score for metric, score in self.scores.items()}

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
        self.corpus = corpus
        self.seen = seen
        self._success, self._consistency = TermSuccess.on(corpus), TermConsistency.on(corpus)
        windows = [TermWindow.on(corpus, width=width) for width in (2, 3)]
        known: list[TermMetric] = [self._success, TermAccuracy.on(corpus), self._consistency, *windows]
        self.metrics = {metric.key: metric for metric in known if metric.key in metrics}

    def score(self, hypotheses: Sequence[str], name: str = "hypothesis") -> TermScores:
        """Score one translation, called ``name`` in errors; scoring the reference gives the ceiling."""
        check_lengths(self.corpus.size, **{name: hypotheses})
        hypotheses = tuple(hypotheses)
        scores = {key: measure(metric, hypotheses) for key, metric in self.metrics.items()}
        macro = {key: metric.macro(hypotheses, scores[key].statistics) for key, metric in self.metrics.items()}
        checks = self.corpus.check(hypotheses)
        counts = count_terms(checks)
        dictionaries = self.corpus.dictionaries
        details: dict[str, Any] = {
            "consistency": self._consistency.variants(hypotheses),
            "mention_policy": mention_policy(checks, self.corpus.documents),
        }
        if list(dictionaries) != ["glossary"]:
            details["success_by_dictionary"] = {n: self._success_by(hypotheses, own) for n, own in dictionaries.items()}
        if (seen := self.seen) is not None:
            details["seen"] = self._part(hypotheses, counts, lambda term: term in seen)
            details["unseen"] = self._part(hypotheses, counts, lambda term: term not in seen)
        return TermScores(scores, macro, checks, counts, details)

    def _part(self, hypotheses: Sequence[str], counts: Counts, inside: Callable[[str], bool]) -> dict[str, Any]:
        """Score some of the terms alone."""
        chosen = np.array([count for (source, _), count in counts.items() if inside(source)], np.int64).reshape(-1, 2)
        met, total = chosen.sum(0).tolist()
        dictionaries = next(iter(self.corpus.dictionaries.values()))
        parts = {id(own): {t: own[t] for t in own if inside(t.strip())} for own in dictionaries}
        return {
            "terms": len(chosen),
            "terms_met": met,
            "terms_total": total,
            "term_accuracy": share((met, total)) if total else None,
            "term_success": self._success_by(hypotheses, [parts[id(own)] for own in dictionaries]),
        }

    def _success_by(self, hypotheses: Sequence[str], dictionaries: Sequence[TermDictionary]) -> float | None:
        total = self._success.by_dictionary(hypotheses, dictionaries).sum(0).tolist()
        return share(total) if total[1] else None


def mention_policy(checks: Checks, documents: Sequence[str] | None) -> dict[str, float | int | None]:
    """Measure how many mentions of terms with a full name and an acronym follow their entry's policy.

    A mention that is not rendered at all does not follow it. Without ``documents`` the whole text is one.

    Returns:
        ``first`` and ``later``: shares of the first mentions in a document and of the others, 0 to 100, None where
        there are none; ``mentions``: how many were judged.
    """
    # Document -> what its text has introduced.
    policies: dict[str | None, MentionPolicy] = defaultdict(MentionPolicy)
    introduced = set()
    judged: dict[str, list[bool]] = {"first": [], "later": []}
    for number, row in enumerate(checks):
        document = None if documents is None else documents[number]
        concepts: dict[tuple[str, str], list[TermCheck]] = {}
        for check in sorted(row, key=lambda check: check.match.start):
            term = check.match.term
            if term.full and term.acronym and not term.keep and term.policy != "none":
                concepts.setdefault((term.full, term.acronym), []).append(check)
        for concept, mentions in concepts.items():
            # English may change the order: what comes first there is the first mention.
            written = [c.target for c in sorted(mentions, key=lambda c: (c.start is None, c.start or 0))]
            for check, target in zip(mentions, written, strict=True):
                due = policies[document].target_for(check.match.term)
                kind = "later" if (document, concept) in introduced else "first"
                judged[kind].append(target is not None and target.lower() == due.lower())
                introduced.add((document, concept))
    shares = {kind: 100.0 * sum(own) / len(own) if own else None for kind, own in judged.items()}
    return {**shares, "mentions": sum(map(len, judged.values()))}
