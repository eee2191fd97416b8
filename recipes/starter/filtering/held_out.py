"""No segment of a test set in the training data, on either side, whatever its case, spacing and punctuation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from mt.errors import DataError
from mt.text.normalise import normalise_source

__all__ = ["HeldOut"]

_NOT_LETTERS = re.compile(r"[\W_]+")
# Characters of a bare segment; shorter ones ("He said.") are nobody's property.
_SHORTEST = {"zh": 8, "en": 25}


class HeldOut:
    """Segments that must not be trained on."""

    def __init__(self, segments: Iterable[str]) -> None:
        self._keys = {
            key for segment in segments if len(key := _bare(normalise_source(segment))) >= min(_SHORTEST.values())
        }

    @classmethod
    def load(cls, paths: Iterable[str | Path]) -> HeldOut:
        """Read text files of a segment a line, or of tab-separated segments.

        Raises:
            DataError: a file is missing or not UTF-8.
        """
        cells: list[str] = []
        for path in paths:
            try:
                text = Path(path).read_text("utf-8")
            except OSError as error:
                raise DataError(
                    f"cannot be read ({error.strerror})", path=path, hint="correct filter.held_out"
                ) from None
            except UnicodeDecodeError as error:
                raise DataError(f"is not UTF-8 (byte {error.start})", path=path) from None
            cells += [cell for line in text.splitlines() for cell in line.split("\t")]
        return cls(cells)

    def reason(self, zh: str, en: str) -> str | None:
        """Say that a side is a held-out segment, or None."""
        for language, text in (("zh", zh), ("en", en)):
            key = _bare(text)
            if len(key) >= _SHORTEST[language] and key in self._keys:
                return "test segment"
        return None


def _bare(text: str) -> str:
    return _NOT_LETTERS.sub("", text).lower()
