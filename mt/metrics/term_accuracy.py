"""Does each mention of a term have a rendering of its own, the same throughout, and the one that is due?"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from mt.glossary.matching.output_checker import TermCheck
from mt.glossary.mentions import MentionPolicy
from mt.metrics.row_scores import Array
from mt.metrics.term_metric import Checks, TermMetric


class TermAccuracy(TermMetric):
    """The share of mentions in the source that have their own target in the output.

    Targets are bounded by words, spans are disjoint, and of all assignments one that meets the most mentions counts
    (:func:`mt.glossary.matching.output_checker.check_terms`). The reference is not consulted: a term that the human
    translator avoided is missed all the same.
    """

    key = "term_accuracy"
    name = "TermAccuracy"
    settings = MappingProxyType({"match": "exclusive", "overlap": "longest", "bound": "word", "count": "mention"})

    def statistics(self, hypotheses: Sequence[str]) -> Array:
        """Count (mentions met, mentions) of each segment."""
        checks = self.corpus.check(hypotheses)
        return np.array([[sum(check.met for check in row), len(row)] for row in checks], np.float64)


class TermConsistency(TermMetric):
    """The share of mentions that have the term's most frequent rendering, document by document.

    The ``frequent`` variant of the WMT25 terminology task (Semenov & Bojar 2022, "Automated Evaluation Metric for
    Terminology Consistency in MT"). The task lets a language model find the renderings; here they are the glossary's
    targets, and a mention without one agrees with nothing. Without documents the whole test set counts as one.
    """

    key = "term_consistency"
    name = "TermConsistency"

    def statistics(self, hypotheses: Sequence[str]) -> Array:
        """Count (mentions that agree, mentions): one row, for a term's mentions cannot be resampled apart."""
        documents = self.corpus.documents
        renderings: defaultdict[Any, Counter[str | None]] = defaultdict(Counter)
        for number, row in enumerate(self.corpus.check(hypotheses)):
            for check in row:
                key = (None if documents is None else documents[number], check.match.term.source)
                renderings[key][_rendering(check)] += 1
        agree = 0
        for own in renderings.values():
            most = max((count for rendering, count in own.items() if rendering is not None), default=0)
            agree += most if most >= own[None] else 0  # as in the task, a missing rendering may be the most frequent
        return np.array([[agree, sum(own.total() for own in renderings.values())]], np.float64)

    @property
    def settings(self) -> dict[str, str]:  # type: ignore[override]
        """The metric's own pairs of the signature."""
        unit = "set" if self.corpus.documents is None else "document"
        return {"match": "wmt25-frequent", "renderings": "exclusive", "count": "mention", "unit": unit}


def _rendering(check: TermCheck) -> str | None:
    """Count an acronym and its full name as one rendering: which of them is due where is the mention policy's rule."""
    term, target = check.match.term, (check.target or "").lower()
    if not check.met or not target:
        return None
    names = [name.lower() for name in (term.full, term.acronym) if name]
    return names[0] if len(names) == 2 and any(name in target for name in names) else target


def mention_policy(checks: Checks, documents: Sequence[str] | None) -> dict[str, float | int | None]:
    """Measure how many ``first`` and ``later`` ``mentions`` of a term in a document follow its policy, 0 to 100.

    Judged are terms with a full name and an acronym; a mention that is not rendered does not follow it. Without
    ``documents`` the whole text is one. Shares are None where there are no mentions.
    """
    policies: dict[str | None, MentionPolicy] = defaultdict(MentionPolicy)  # document -> what its text has introduced
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
