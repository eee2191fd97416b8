"""Large bilingual files, one tab-separated pair a line, read as a stream and filtered by rule."""

from __future__ import annotations

import lzma
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mt.config import CorpusSource
from mt.errors import DataError

__all__ = ["drop_reason", "open_text", "read_pairs"]

_HAN = re.compile(r"[㐀-䶿一-鿿]")
_LATIN = re.compile(r"[A-Za-z]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_MARKUP = re.compile(r"<[a-zA-Z/][^>]*>|&[a-z]+;|\{\{|%\(|\\[nt]")

# English characters to one Chinese character in running text is near 3.2; outside these bounds
# pairs are fragments or misaligned (short ones are given room by the added constants).
_SHORTEST_RATIO = 0.8
_LONGEST_RATIO = 8.0


def drop_reason(zh: str, en: str) -> str | None:
    """Say why a pair is not worth training on, or None to keep it.

    The rules look at script, length ratio, copies, markup and numbers; none looks at meaning.
    """
    if not zh or not en:
        return "empty side"
    han = len(_HAN.findall(zh))
    if han == 0 or han < 0.3 * len(zh.replace(" ", "")):
        return "source not Chinese"
    if _HAN.search(en):
        return "Chinese in target"
    latin = len(_LATIN.findall(en))
    if latin < 0.5 * len(en.replace(" ", "")):
        return "target not English"
    if _MARKUP.search(zh) or _MARKUP.search(en):
        return "markup"
    if len(en) + 5 < _SHORTEST_RATIO * len(zh) or len(en) > _LONGEST_RATIO * len(zh) + 15:
        return "length ratio"
    if _numbers(zh) != _numbers(en):
        return "numbers differ"
    return None


def _numbers(text: str) -> list[str]:
    """Return the digit strings of two and more digits, sorted; words for numbers are not seen.

    Single digits are left out: Chinese writes 3 where English writes three as often as not. Units
    differ too (3万 is 30,000), so figures before such a unit are left out with their unit's twin.
    """
    text = unicodedata.normalize("NFKC", text)
    if re.search(r"\d\s*[万亿千百]|\d\s*(?:thousand|million|billion|trillion)|[a-z]+-?teen|月", text):
        return []
    return sorted(found.replace(",", "") for found in _NUMBER.findall(text) if len(found) > 1)


def read_pairs(source: CorpusSource, drops: Counter[str]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of one file that ``drop_reason`` keeps, repeats left out; count the rest.

    Args:
        source: the file and its columns.
        drops: receives the number of pairs left out, by reason.

    Raises:
        DataError: the file is missing, not UTF-8, or a line has too few columns.
    """
    seen: set[int] = set()
    last = max(source.zh, source.en)
    with open_text(source) as lines:
        for number, line in enumerate(lines, 1):
            columns = line.rstrip("\n").split("\t")
            if len(columns) <= last:
                raise DataError(
                    f"{len(columns)} columns where {last + 1} are needed",
                    path=source.path,
                    line=number,
                    mend="separate the columns by one tab",
                )
            zh = unicodedata.normalize("NFC", columns[source.zh]).strip()
            en = " ".join(columns[source.en].split())
            reason = drop_reason(zh, en)
            key = hash((zh, en))
            if reason is None and key in seen:
                reason = "repeated"
            if reason is None:
                seen.add(key)
                yield zh, en
            else:
                drops[reason] += 1


@contextmanager
def open_text(source: CorpusSource) -> Iterator[IO[str]]:
    """Open a corpus file, plain or .xz, as UTF-8 lines; faults while reading become ``DataError``."""
    path = Path(source.path)
    try:
        with lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else open(path, encoding="utf-8") as file:
            yield file
    except FileNotFoundError:
        raise DataError("no such file", path=path, mend="correct the path in the configuration") from None
    except (UnicodeDecodeError, lzma.LZMAError, EOFError) as error:
        raise DataError(f"cannot be read: {error}", path=path) from None
