"""Filtered pairs on disk: a file per source, one pair per line with its domain score and its terms."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mt.errors import DataError
from mt.io.files import replaced_file


@dataclass(frozen=True)
class FilteredPair:
    """A pair worth training on.

    Attributes:
        zh, en: the two sides, cleaned.
        domain: nearness to the domain, in nats per word (``filtering.domain``).
        terms: (start, end, target) of terms; the spans of ``zh`` do not overlap.
        annotated_only: not to be used plain: nothing in the source tells the target (an invented acronym).
    """

    zh: str
    en: str
    domain: float
    terms: tuple[tuple[int, int, str], ...] = ()
    annotated_only: bool = False


def write_filtered(path: str | Path, pairs: Iterable[FilteredPair]) -> None:
    """Write pairs as tab-separated lines, .xz: zh, en, domain score, terms as JSON, 1 for annotated only."""
    with replaced_file(path) as temporary, lzma.open(temporary, "wt", encoding="utf-8", newline="\n", preset=1) as file:
        for pair in pairs:
            terms = json.dumps(pair.terms, ensure_ascii=False, separators=(",", ":")) if pair.terms else ""
            file.write(f"{pair.zh}\t{pair.en}\t{pair.domain:.3f}\t{terms}\t{int(pair.annotated_only)}\n")


def read_filtered(path: str | Path) -> Iterator[FilteredPair]:
    """Yield what ``write_filtered`` wrote.

    Raises:
        DataError: the file is missing or broken.
    """
    path = Path(path)
    number = 0
    try:
        with lzma.open(path, "rt", encoding="utf-8", newline="\n") as file:
            for line in file:
                zh, en, domain, terms, only = line.rstrip("\n").split("\t")
                spans = tuple((int(start), int(end), str(target)) for start, end, target in json.loads(terms or "[]"))
                number += 1
                yield FilteredPair(zh, en, float(domain), spans, only == "1")
    except FileNotFoundError:
        raise DataError("no such file", path=path, hint="run python -m recipes.starter.filter") from None
    except (ValueError, TypeError, lzma.LZMAError, EOFError) as error:
        raise DataError(
            f"is not a filtered corpus ({error})", path=path, line=number + 1, hint="filter again"
        ) from None
