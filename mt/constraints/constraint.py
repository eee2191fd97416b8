"""What a hard constraint is, and whether it was met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


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


@dataclass(frozen=True)
class WordBoundaries:
    """Which tokens begin inside a word, and which end where a word may begin without a space.

    Args:
        continues: by token id, whether the token continues the word before it ("ing" after "▁Bank").
        opens: by token id, whether what follows begins a word although there is no space between ("▁(").
    """

    continues: Sequence[bool]
    opens: Sequence[bool]

    def token_class(self, token: int) -> int:
        """Return 0 to 3: bit 0 for ``continues``, bit 1 for ``opens``; 0 for ids beyond the lists."""
        if token >= len(self.continues):
            return 0
        return int(self.continues[token]) + 2 * int(self.opens[token])
