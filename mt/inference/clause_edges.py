"""Capitals and punctuation of a clause's translation where it is joined to its neighbours.

A model translates a clause by itself as a sentence, with a capital and a full stop.
"""

import re

from mt.text.stop_words import OPENING_WORDS, common_words

_MARKS = {"，": ",", ",": ",", "；": ";", ";": ";", "：": ":", ":": ":", " ": ""}
# What models add to a stretch of a list: "and" before its last item, that item once more, "etc."
_LAST_AND = re.compile(r",? and (?=[^,]*$)")
_REPEATED = re.compile(r"\b(\w[^,]{0,80})(?:, \1\b)+", re.I)
_LIST_END = re.compile(r"(?:, etc\.|[.,])*$")
_CLOSERS = "\"'”’)]"


def as_clause(text: str, *, follows: bool, mark: str) -> str:
    """Return a translation as a part of a sentence.

    Args:
        text: the clause, translated by itself.
        follows: whether another clause precedes it: a first word that is no name loses its capital.
        mark: the punctuation mark that the source clause ends with, if another follows: it replaces the full stop; a
            space for none.
    """
    if follows and not _begins_with_name(text):
        text = text[:1].lower() + text[1:]
    if mark == "、":
        # The comma between two stretches of a list is copied with what is between them.
        return _REPEATED.sub(r"\1", _LAST_AND.sub(", ", _LIST_END.sub("", text)))
    own = _MARKS.get(mark)
    if own is not None and text:
        if text.endswith(".") and not text.endswith(".."):
            text = text[:-1] + own
        elif text[-1].isalnum() or text[-1] in _CLOSERS:
            text += own
    return text


def _begins_with_name(text: str) -> bool:
    """Whether the capital that a text may begin with is that of a name or an acronym, not that of a sentence."""
    first, _, rest = text.partition(" ")
    word = first.rstrip(",.;:").lower()
    if not text[:1].isupper() or (text[:2].isupper() and text[1:2] != " "):
        return True
    # "He Ping", "White House", "Memory, hard disks"
    before_capital = rest[:1].isupper() and rest[:2] != "I "
    if word in OPENING_WORDS:
        return before_capital and word in ("he", "she", "so", "an", "you")
    return before_capital or word not in common_words()
