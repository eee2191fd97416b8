"""Which terms occurred in the training text with their target: success with these says little about new ones."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mt.errors import DataError
from mt.evaluation.json_lines import is_json_lines, read_json_lines, read_segments
from mt.glossary.glossary import Glossary
from mt.glossary.matching.output_checker import check_terms
from mt.glossary.term import make_term


def seen_terms(pairs: Iterable[tuple[str, str]], glossaries: Sequence[Glossary]) -> frozenset[str]:
    """Find the source terms that occur in training pairs together with one of their targets."""
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


def read_pairs(paths: Sequence[str | Path]) -> Iterator[tuple[str, str]]:
    """Read files with one pair per line, a tab between Chinese and English; or JSON lines with ``zh`` and ``en``."""
    for path in paths:
        if is_json_lines([path]):
            data = read_json_lines([path], "line")
            if data.targets is None:
                raise DataError("has documents without en", path=path, hint='write {"zh": …, "en": …}')
            yield from zip(data.sources, data.targets, strict=True)
            continue
        for number, line in enumerate(read_segments(path), 1):
            zh, tab, en = line.partition("\t")
            if not tab:
                raise DataError("has no tab", path=path, line=number, hint="write Chinese, a tab, English")
            yield zh, en.partition("\t")[0]
