"""Single tokens of our own in sources: the tags around a term, and those for the length of a translation.

A term is written ``… <term> 川促会 <trans> SUCPEB </term> …``.

Length (Lakew, Di Gangi & Federico 2019, "Controlling the Output Length of Neural Machine Translation"): many pairs of a
scraped corpus are cut short on the English side. A training source begins with the tag of its translation's length, in
classes of target tokens per source token, so the model learns from short translations without learning to omit; a
request begins with the tag of full ones, which is the model's source prefix.
"""

from bisect import bisect_right
from typing import Any

TAGS = TERM_OPEN, TRANSLATION, TERM_CLOSE = "<term>", "<trans>", "</term>"

# Upper bounds of all classes of length but the last, in target tokens per source token. newstest's translations have
# 1.17 to 1.3 on average, the long ones of the main training corpus 0.9.
_BOUNDS = (0.8, 1.0, 1.15, 1.3, 1.5)
LENGTH_TAGS = tuple(f"<length-{number}>" for number in range(1, len(_BOUNDS) + 2))
# The ratio of a short source says little: it is smoothed with so many source tokens of the usual ratio.
_USUAL, _SMOOTHING = 1.2, 6


def length_tag(source_tokens: int, target_tokens: int) -> int:
    """Return the index in ``LENGTH_TAGS`` for lengths in the model's tokens, without tags, annotations or ``</s>``."""
    return bisect_right(_BOUNDS, (target_tokens + _USUAL * _SMOOTHING) / (source_tokens + _SMOOTHING))


def special_ids(tokenizer: Any) -> set[int]:
    """Return the identifiers of all special tokens, those added later included.

    Tokenizers of the tokenizers library do not count the latter among their ``all_special_ids``.
    """
    added = {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    return added | set(tokenizer.all_special_ids)
