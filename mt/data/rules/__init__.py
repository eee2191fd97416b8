"""Rules for bilingual pairs, one per module; each returns why a pair is not worth training on, or None."""

from __future__ import annotations

from collections.abc import Callable

from mt.data.rules.copies import copied
from mt.data.rules.lengths import odd_length
from mt.data.rules.markup import junk
from mt.data.rules.numbers import numbers_differ
from mt.data.rules.script import wrong_script

__all__ = ["RULES", "drop_reason"]

# Cheapest first; the first reason found is the one that is counted.
RULES: tuple[Callable[[str, str], str | None], ...] = (wrong_script, odd_length, copied, junk, numbers_differ)


def drop_reason(zh: str, en: str) -> str | None:
    """Return the reason of the first rule that rejects a pair, or None.

    The rules look at script, lengths, copies, markup and numbers; none looks at meaning.
    """
    return next((reason for rule in RULES if (reason := rule(zh, en)) is not None), None)
