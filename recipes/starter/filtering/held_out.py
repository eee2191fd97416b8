"""Keeps segments of test sets out of the training data, whatever their case, spacing and punctuation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from mt.io.text import read_lines
from mt.text.normalise import normalise_source

_NOT_LETTERS = re.compile(r"[\W_]+")
# Letters and digits of a segment; shorter ones ("He said.") may occur anywhere.
_SHORTEST = {"zh": 8, "en": 25}


class HeldOut:
    """Segments that must not be trained on."""

    def __init__(self, segments: Iterable[str]) -> None:
        self._keys = {
            key for segment in segments if len(key := _bare(normalise_source(segment))) >= min(_SHORTEST.values())
        }

    @classmethod
    def load(cls, paths: Iterable[str | Path]) -> HeldOut:
        """Read text files, one segment or several tab-separated segments per line.

        Raises:
            DataError: a file cannot be read.
        """
        lines = (line for path in paths for line in read_lines(path, hint="correct filter.held_out"))
        return cls(cell for line in lines for cell in line.split("\t"))

    def reason(self, zh: str, en: str) -> str | None:
        """Return ``test segment`` if a side is a held-out segment."""
        for language, text in (("zh", zh), ("en", en)):
            key = _bare(text)
            if len(key) >= _SHORTEST[language] and key in self._keys:
                return "test segment"
        return None


def _bare(text: str) -> str:
    return _NOT_LETTERS.sub("", text).lower()
