"""How the translation of a clause begins and ends where it is put together with its neighbours.

A model translates a clause by itself as a sentence, with a capital and a full stop.
"""

from __future__ import annotations

__all__ = ["as_clause"]

_MARKS = {"，": ",", ",": ",", "；": ";", ";": ";", "：": ":", ":": ":"}
_CLOSERS = "\"'”’)]"
# Words that have a capital only at the head of a sentence; what else has one may be a name.
_SMALL = frozenset(
    "a about above according across after all also although among an and another any are as at based because before "
    "being besides both but by can could does during each especially even every everyone few for from further "
    "furthermore given had has have having he her his how however if in including into is it its many may more "
    "moreover most much must namely nor not now of on only or other our over several shall she should since so some "
    "such than that the their them then there therefore these they this those though through thus to under until "
    "upon was we were what when where which while who whose will with within without would yet you your".split()
)


def as_clause(text: str, *, follows: bool, mark: str) -> str:
    """Return a translation as a part of a sentence.

    Args:
        text: translated by itself.
        follows: whether another part stands before it: a first word that is no name loses its capital.
        mark: what the source's part ends with, if another follows: it takes the full stop's place.
    """
    if follows and text.split(" ", 1)[0].rstrip(",").lower() in _SMALL and not text[:2].isupper():
        text = text[:1].lower() + text[1:]
    own = _MARKS.get(mark)
    if own is not None and text:
        if text.endswith(".") and not text.endswith(".."):
            text = text[:-1] + own
        elif text[-1].isalnum() or text[-1] in _CLOSERS:
            text += own
    return text
