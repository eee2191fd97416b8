"""Are acronyms introduced? The first mention in a document in full with the acronym in brackets, later ones by the
acronym alone, or whatever policy the glossary entry states (:mod:`mt.glossary.mentions`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mt.glossary.matching.output_checker import TermCheck
from mt.glossary.mentions import MentionPolicy
from mt.metrics.term_metric import Checks


def mention_policy(checks: Checks, documents: Sequence[str] | None) -> dict[str, float | int | None]:
    """Measure how many mentions of terms with a full name and an acronym follow the policy.

    A mention that is not rendered at all does not follow it.

    Args:
        checks: how each mention is rendered, one sequence per segment.
        documents: the document of each segment; without it the whole text is one document.

    Returns:
        ``first`` and ``later``: shares of the first mentions in a document and of the others, 0 to 100, None where
        there are none; ``mentions``: how many were judged.
    """
    # Document -> what its text has introduced.
    policies: dict[str | None, MentionPolicy] = defaultdict(MentionPolicy)
    introduced: set[tuple[str | None, tuple[str, str]]] = set()
    # Whether it is a first mention -> [followed, judged].
    counts = {True: [0, 0], False: [0, 0]}
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
                count = counts[(document, concept) not in introduced]
                introduced.add((document, concept))
                due = policies[document].target_for(check.match.term)
                count[0] += target is not None and target.lower() == due.lower()
                count[1] += 1
    shares = {
        kind: 100.0 * counts[first][0] / counts[first][1] if counts[first][1] else None
        for kind, first in (("first", True), ("later", False))
    }
    return {**shares, "mentions": counts[True][1] + counts[False][1]}
