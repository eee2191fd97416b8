"""What a hard constraint is, and whether it was met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Bits of a token's class: it continues the word before it ("ing" after "▁Bank"); what follows it begins a word
# although there is no space between ("▁(").
CONTINUES, OPENS = 1, 2


def token_class(classes: Sequence[int] | None, token: int) -> int:
    """Return the class of a token; 0 where word boundaries do not count or the vocabulary is shorter."""
    return classes[token] if classes is not None and token < len(classes) else 0


@dataclass(frozen=True)
class Constraint:
    """One mention of a term that the output must hold.

    Any one of the alternatives meets it, and no piece of the output meets two constraints: a term that must occur
    twice is given as two equal constraints.

    Args:
        alternatives: token sequences that are equally good and may occur wherever a word may begin.
        joined: further sequences without a leading space, which spell the term only right after a token that ends in
            no letter or digit, such as an opening bracket.
        source_span: (start, end) of the source term in encoder positions, to place the target.
    """

    alternatives: tuple[tuple[int, ...], ...]
    joined: tuple[tuple[int, ...], ...] = ()
    source_span: tuple[int, int] | None = None


@dataclass(frozen=True)
class ConstraintOutcome:
    """Whether the best hypothesis of ``segment`` holds constraint number ``index``, or why not."""

    segment: int
    index: int
    met: bool
    reason: str | None = None
