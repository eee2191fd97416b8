"""Which terms the training text had with their target: a model's success with these says little about new ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mt.errors import DataError
from mt.evaluation.segment_files import read_segments
from mt.evaluation.test_sets import read_set

if TYPE_CHECKING:
    from mt.glossary.glossary import Glossary

__all__ = ["seen_in_pairs", "seen_terms"]


def seen_terms(paths: Sequence[str | Path], glossaries: Sequence[Glossary]) -> frozenset[str]:
    """Find the source terms that stand in training pairs together with one of their targets.

    Args:
        paths: pairs, a tab between Chinese and English, a pair a line; or JSON lines with ``zh`` and ``en``.
        glossaries: those of the test set.

    Raises:
        DataError: a file cannot be read.
    """
    return seen_in_pairs((pair for path in paths for pair in _pairs(path)), glossaries)


def seen_in_pairs(pairs: Iterable[tuple[str, str]], glossaries: Sequence[Glossary]) -> frozenset[str]:
    """As :func:`seen_terms`, of pairs in memory."""
    from mt.glossary.glossary import Glossary
    from mt.glossary.matching.output_checker import check_terms
    from mt.glossary.term import make_term

    targets: dict[str, dict[str, None]] = {}
    for own in {id(own): own for own in glossaries}.values():
        for term in own:
            targets.setdefault(term.source, {}).update(dict.fromkeys(term.targets))
    union = Glossary(make_term(source, wanted) for source, wanted in targets.items())
    found: set[str] = set()
    for source, target in pairs:
        # A nested term is seen as well, so overlapping matches count, each for itself.
        for match in union.match(source, overlap=True):
            if match.term.source not in found and check_terms(target, [match])[0].met:
                found.add(match.term.source)
    return frozenset(found)


def _pairs(path: str | Path) -> Iterable[tuple[str, str]]:
    if Path(path).suffix in (".jsonl", ".ndjson"):
        data = read_set([path])
        yield from zip(data.sources, data.references[0], strict=True)
        return
    for number, line in enumerate(read_segments(path), 1):
        columns = line.split("\t")
        if len(columns) < 2:
            raise DataError("has no tab", path=path, line=number, hint="write Chinese, a tab, English")
        yield columns[0], columns[1]
