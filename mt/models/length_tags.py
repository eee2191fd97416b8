"""How much a translation is to say, asked for by a token before the source.

Many pairs of a scraped corpus are cut short on the English side, and a model trained on them leaves out as they do.
Here each training source begins with a tag that tells how long its translation is for it, in classes of target
tokens a source token, so a model learns from short translations what they say without taking their length for the
rule; a request begins with the tag of full translations (Lakew, Di Gangi & Federico 2019, "Controlling the Output
Length of Neural Machine Translation"). The tag of requests is the model's source prefix, saved with it.
"""

from __future__ import annotations

from bisect import bisect_right

__all__ = ["LENGTH_TAGS", "length_tag"]

# Upper bounds of all classes but the last, in target tokens a source token. newstest's translations have 1.17 to
# 1.3 on average, those of the main training corpus 0.9 where they are long.
_BOUNDS = (0.8, 1.0, 1.15, 1.3, 1.5)
LENGTH_TAGS = tuple(f"<length-{number}>" for number in range(1, len(_BOUNDS) + 2))

# A few tokens say little: the ratio is drawn towards that of full translations as if so many source tokens more had it.
_USUAL, _DRAWN = 1.2, 6


def length_tag(source_tokens: int, target_tokens: int) -> int:
    """Return which of ``LENGTH_TAGS`` belongs before a source of this length, for a translation of that length.

    Both are counted in the model's own tokens, without tags, wanted targets or ``</s>``.
    """
    return bisect_right(_BOUNDS, (target_tokens + _USUAL * _DRAWN) / (source_tokens + _DRAWN))
