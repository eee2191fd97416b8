"""Which terms occurred in the training text with their target: success with these says little about new ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from mt.errors import DataError
from mt.evaluation.json_lines import is_json_lines, read_json_lines, read_segments
from mt.glossary.glossary import Glossary
from mt.glossary.matching.output_checker import check_terms
from mt.glossary.term import make_term


def seen_terms(paths: Sequence[str | Path], glossaries: Sequence[Glossary]) -> frozenset[str]:
    """Find the source terms that occur in training pairs together with one of their targets.

    Args:
        paths: text with one pair per line, a tab between Chinese and English; or JSON lines with ``zh`` and ``en``.
        glossaries: those of the test set.
    """
    return seen_in_pairs((pair for path in paths for pair in _pairs(path)), glossaries)


def seen_in_pairs(pairs: Iterable[tuple[str, str]], glossaries: Sequence[Glossary]) -> frozenset[str]:
    """Do as :func:`seen_terms`, with pairs in memory."""
    targets: dict[str, dict[str, None]] = {}
    for own in {id(own): own for own in glossaries}.values():
        for term in own:
            targets.setdefault(term.source, {}).update(dict.fromkeys(term.targets))
    union = Glossary(make_term(source, accepted) for source, accepted in targets.items())
    found: set[str] = set()
    for source, target in pairs:
        # Nested terms are seen as well, so overlapping matches count.
        for match in union.match(source, overlap=True):
            if match.term.source not in found and check_terms(target, [match])[0].met:
                found.add(match.term.source)
    return frozenset(found)


def _pairs(path: str | Path) -> Iterable[tuple[str, str]]:
    if is_json_lines([path]):
        data = read_json_lines([path], "line")
        if data.targets is None:
            raise DataError("has documents without en", path=path, hint='write {"zh": …, "en": …}')
        yield from zip(data.sources, data.targets, strict=True)
        return
    for number, line in enumerate(read_segments(path), 1):
        columns = line.split("\t")
        if len(columns) < 2:
            raise DataError("has no tab", path=path, line=number, hint="write Chinese, a tab, English")
        yield columns[0], columns[1]
