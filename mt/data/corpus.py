"""Large bilingual files, one tab-separated pair a line, read as a stream, cleaned and filtered by rule."""

from __future__ import annotations

import lzma
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mt.config import CorpusSource
from mt.data.rules import drop_reason
from mt.errors import DataError
from mt.text.english_spacing import mend_english
from mt.text.normalise import normalise_source

__all__ = ["clean_pairs", "open_text", "read_pairs"]


def read_pairs(source: CorpusSource, drops: Counter[str]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of one file that the rules of ``mt.data.rules`` keep, repeats left out; count the rest.

    Args:
        source: the file and its columns.
        drops: receives the number of pairs left out, by reason.

    Raises:
        DataError: the file is missing, not UTF-8, or a line has too few columns.
    """
    seen: set[int] = set()
    for zh, en in clean_pairs(source):
        reason = drop_reason(zh, en)
        key = hash((zh, en))
        if reason is None and key in seen:
            reason = "repeated"
        if reason is None:
            seen.add(key)
            yield zh, en
        else:
            drops[reason] += 1


def clean_pairs(source: CorpusSource) -> Iterator[tuple[str, str]]:
    """Yield every pair of one file, the source as a model will see it (``normalise_source``), spacing mended.

    Raises:
        DataError: the file is missing, not UTF-8, or a line has too few columns.
    """
    last = max(source.zh, source.en)
    with open_text(source) as lines:
        for number, line in enumerate(lines, 1):
            columns = line.rstrip("\n").split("\t")
            if len(columns) <= last:
                raise DataError(
                    f"{len(columns)} columns where {last + 1} are needed",
                    path=source.path,
                    line=number,
                    hint="separate the columns by one tab",
                )
            zh = normalise_source(columns[source.zh])
            yield zh, mend_english(zh, columns[source.en])


@contextmanager
def open_text(source: CorpusSource) -> Iterator[IO[str]]:
    """Open a corpus file, plain or .xz, as UTF-8 lines; faults while reading become ``DataError``."""
    path = Path(source.path)
    try:
        with lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else open(path, encoding="utf-8") as file:
            yield file
    except FileNotFoundError:
        raise DataError("no such file", path=path, hint="correct the path in the configuration") from None
    except (UnicodeDecodeError, lzma.LZMAError, EOFError) as error:
        raise DataError(f"cannot be read: {error}", path=path) from None
