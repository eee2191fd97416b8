"""A bilingual dictionary, by which terms to annotate are found in the pairs of the corpus."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from mt.errors import DataError
from mt.io.text import stream_lines
from mt.text.han import is_han
from mt.text.stop_words import COMMON_WORDS
from mt.training.data.lexicon import Lexicon

_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")


class Dictionary(Lexicon):
    """Headwords with their glosses.

    Attributes:
        words: all headwords, for a segmenter; also those not worth requesting.
    """

    words: list[str]

    @classmethod
    def load(cls, path: str | Path) -> Dictionary:
        """Read ``headword<TAB>gloss`` lines; a headword may have several lines.

        Single-character headwords and glosses that are common words or explanations are dropped.

        Raises:
            DataError: the file is missing or has no usable line.
        """
        entries: dict[str, list[str]] = defaultdict(list)
        words: set[str] = set()
        for line in stream_lines(path, hint="correct the path in the configuration"):
            word, _, gloss = line.partition("\t")
            gloss = " ".join(_BRACKETS.sub(" ", gloss).split())
            gloss = re.sub(r"^(?:to|a|an|the) ", "", gloss)
            words.add(word)
            if len(word) > 1 and is_han(word[0]) and _is_requestable(gloss):
                entries[word].append(gloss)
        if not entries:
            raise DataError("no usable entry", path=path, hint="give headword<TAB>gloss lines")
        dictionary = cls(dict(entries))
        dictionary.words = sorted(words)
        return dictionary

    def find_terms(self, zh: str, en: str) -> list[tuple[int, int, str]]:
        """Return (start, end, target) of headwords in ``zh`` with a gloss in ``en``; the target as ``en`` has it."""
        return [(start, end, en[at:stop]) for start, end, at, stop in self.find_pairs(zh, en)]


def _is_requestable(gloss: str) -> bool:
    return (
        len(gloss) > 3
        and gloss.lower() not in COMMON_WORDS
        and len(gloss.split()) <= 7
        and not re.search(r"[|;:]|variant|surname|abbr|radical", gloss)
        and gloss[0].isalnum()
    )
