"""Is a term rendered the same way throughout? The WMT25 terminology task's consistency, in its three variants.

Every mention of a term is compared with one rendering chosen for that term (Semenov & Bojar 2022, "Automated
Evaluation Metric for Terminology Consistency in MT"; ``term-consistency`` in the task's repository):

* ``predefined``: the glossary's preferred target, if the translation contains it at all;
* ``frequent``: the term's most frequent rendering in the translation;
* ``first``: the first one there.

``micro`` is the share of mentions that agree; ``macro`` the mean, over the chosen renderings, of each one's share.
The task lets a language model find the renderings; here they are the glossary's targets that
:func:`mt.glossary.matching.output_checker.check_terms` finds, and a mention without one agrees with nothing.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mt.glossary.term import Term
from mt.metrics.row_scores import mean_share, share
from mt.metrics.term_metric import Checks, TermMetric

CHOICES = ("predefined", "frequent", "first")

# A term (with its document, where documents count separately) and how it is rendered; None where it is not.
Mention = tuple[Hashable, str | None]


class TermConsistency(TermMetric):
    """The share of mentions that have the term's most frequent rendering, document by document.

    Without documents the whole test set counts as one.
    """

    key = "term_consistency"
    name = "TermConsistency"

    def statistics(self, hypotheses: Sequence[str]) -> NDArray[np.float64]:
        """Count (mentions that agree, mentions): one row, for a term's mentions cannot be resampled apart."""
        return self._rows(hypotheses)["frequent"].sum(0, keepdims=True)

    def macro(self, hypotheses: Sequence[str], rows: NDArray[np.float64]) -> float | None:
        """Average over renderings."""
        return self.variants(hypotheses)["frequent"]["macro"]

    def variants(self, hypotheses: Sequence[str]) -> dict[str, dict[str, float | None]]:
        """Measure all of :data:`CHOICES`: choice -> ``micro`` and ``macro``, 0 to 100, None without mentions."""
        return {
            choice: {"micro": share(rows.sum(0).tolist()) if len(rows) else None, "macro": mean_share(rows)}
            for choice, rows in self._rows(hypotheses).items()
        }

    @property
    def settings(self) -> dict[str, str]:  # type: ignore[override]
        """The metric's own pairs of the signature."""
        unit = "set" if self.corpus.documents is None else "document"
        return {"match": "wmt25-frequent", "renderings": "exclusive", "count": "mention", "unit": unit}

    def _rows(self, hypotheses: Sequence[str]) -> dict[str, NDArray[np.float64]]:
        return consistency(*_mentions(self.corpus.check(hypotheses), self.corpus.documents))


def consistency(mentions: Sequence[Mention], predefined: Mapping[Any, str]) -> dict[str, NDArray[np.float64]]:
    """Count the mentions, in the order of the text, that agree with the rendering chosen for their term.

    Returns:
        choice of :data:`CHOICES` -> (mentions that agree, mentions of its terms) per chosen rendering,
        shape (renderings, 2).
    """
    renderings: dict[Hashable, list[str | None]] = defaultdict(list)
    for term, rendering in mentions:
        renderings[term].append(rendering)
    found = {}
    for choice in CHOICES:
        # A term for which no rendering is chosen has a row of its own.
        rows: dict[Hashable, list[int]] = defaultdict(lambda: [0, 0])
        for term, own in renderings.items():
            chosen = _choose(choice, own, predefined.get(term))
            row = rows[("", term) if chosen is None else chosen]
            row[0] += own.count(chosen) if chosen is not None else 0
            row[1] += len(own)
        found[choice] = np.array(list(rows.values()), np.float64).reshape(-1, 2)
    return found


def _choose(choice: str, found: Sequence[str | None], predefined: str | None) -> str | None:
    """Choose a rendering; as in the task, None where the first or most frequent "rendering" is a missing one."""
    if choice == "predefined":
        return predefined if predefined in found else None
    if choice == "first":
        return found[0]
    # Of equally frequent ones the first in alphabetical order, as in the task.
    return max(sorted(set(found), key=lambda text: (text is None, text)), key=found.count)


def _mentions(checks: Checks, documents: Sequence[str] | None) -> tuple[list[Mention], dict[Any, str]]:
    """List each mention's rendering, and the preferred rendering of each term of each document."""
    mentions: list[Mention] = []
    predefined: dict[Any, str] = {}
    for number, row in enumerate(checks):
        for check in sorted(row, key=lambda check: check.match.start):
            term = check.match.term
            key = (None if documents is None else documents[number], term.source)
            mentions.append((key, _rendering(term, check.target) if check.met and check.target else None))
            predefined[key] = _rendering(term, term.targets[0])
    return mentions, predefined


def _rendering(term: Term, target: str) -> str:
    """Count an acronym and its full name as one rendering: which of them is due where is the mention policy's rule."""
    lowered = target.lower()
    if term.acronym and term.full and (term.acronym.lower() in lowered or term.full.lower() in lowered):
        return term.full.lower()
    return lowered
