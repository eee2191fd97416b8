"""Is a term rendered alike throughout? The WMT25 terminology task's consistency, in its three variants.

Every mention of a term is compared with one rendering chosen for that term (Semenov & Bojar 2022, "Automated
Evaluation Metric for Terminology Consistency in MT"; ``term-consistency`` in the task's repository):

* ``predefined``: the glossary's preferred target, if the translation has it at all;
* ``frequent``: the term's commonest rendering in the translation;
* ``first``: the first one there.

``micro`` is the share of mentions that agree; ``macro`` the mean, over the renderings chosen, of each one's share.
The task lets a language model find the renderings; here they are what
:func:`mt.glossary.matching.output_checker.check_terms` finds among the glossary's targets,
and a mention without one agrees with nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mt.glossary.matching.output_checker import TermCheck
    from mt.glossary.term import Term

__all__ = ["CHOICES", "Mention", "consistency", "mentions_of"]

CHOICES = ("predefined", "frequent", "first")

# A term (with its document, where documents count apart) and how it is rendered; None where it is not.
Mention = tuple[Hashable, str | None]


def consistency(mentions: Sequence[Mention], predefined: Mapping[Any, str]) -> dict[str, dict[str, float | None]]:
    """Measure all three variants.

    Args:
        mentions: in the order of the text.
        predefined: term -> the rendering that is wanted.

    Returns:
        choice of :data:`CHOICES` -> ``micro`` and ``macro``, 0 to 100; None without mentions.
    """
    renderings: dict[Hashable, list[str | None]] = defaultdict(list)
    for term, rendering in mentions:
        renderings[term].append(rendering)
    return {choice: _shares(choice, renderings, predefined) for choice in CHOICES}


def _shares(
    choice: str, renderings: Mapping[Hashable, Sequence[str | None]], predefined: Mapping[Any, str]
) -> dict[str, float | None]:
    if not renderings:
        return {"micro": None, "macro": None}
    # Rendering chosen -> (mentions that agree, mentions of its terms). A term without one stands alone.
    rows: dict[Hashable, list[int]] = defaultdict(lambda: [0, 0])
    for term, found in renderings.items():
        wanted = _choose(choice, found, predefined.get(term))
        row = rows[("", term) if wanted is None else wanted]
        row[0] += found.count(wanted) if wanted is not None else 0
        row[1] += len(found)
    return {
        "micro": 100.0 * sum(row[0] for row in rows.values()) / sum(row[1] for row in rows.values()),
        "macro": 100.0 * sum(row[0] / row[1] for row in rows.values()) / len(rows),
    }


def _choose(choice: str, found: Sequence[str | None], predefined: str | None) -> str | None:
    """Choose a rendering; as in the task, none where the first or the commonest "rendering" is that there is none."""
    if choice == "predefined":
        return predefined if predefined in found else None
    if choice == "first":
        return found[0]
    # Of equally common ones the first by alphabet, as the task has it.
    return max(sorted(set(found), key=lambda text: (text is None, text)), key=found.count)


def mentions_of(
    checks: Sequence[Sequence[TermCheck]], documents: Sequence[str] | None
) -> tuple[list[Mention], dict[Any, str]]:
    """Each mention's rendering, and the preferred rendering of each term, a document's apart from another's."""
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
    """An acronym and its full name are one choice: which of them stands where is the mention policy's affair."""
    lowered = target.lower()
    if term.acronym and term.full and (term.acronym.lower() in lowered or term.full.lower() in lowered):
        return term.full.lower()
    return lowered
