"""English sentences that lost the space between them in scraping: ``with other countries.We will``."""

from __future__ import annotations

import re

__all__ = ["mend_sentence_gaps"]

# A plain word, a mark that ends a sentence, a capitalised word; nothing of an address, a path or a number.
_GAP = re.compile(
    r"(?<![\w.@/\\-])(?P<before>[A-Za-z]?[a-z]+)(?P<mark>[.?!])(?P<after>[A-Z][a-z]*)(?![\w@/(\\]|[.-]\w)"
)


def mend_sentence_gaps(english: str, chinese: str) -> str:
    """Put a space where one sentence runs into the next.

    Args:
        english: the translation.
        chinese: its source. What stands there letter by letter is a name (``queue.Queue``) and stays.
    """

    def spaced(match: re.Match[str]) -> str:
        return match.group() if match.group() in chinese else f"{match['before']}{match['mark']} {match['after']}"

    return _GAP.sub(spaced, english)
