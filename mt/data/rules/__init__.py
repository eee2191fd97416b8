"""Rules for bilingual pairs; each returns why a pair is not worth training on, or None. None looks at meaning."""

from mt.data.rules.numbers import numbers_differ
from mt.data.rules.surface import copied, markup_or_symbols, odd_length, wrong_script

# Cheapest first.
_RULES = (wrong_script, odd_length, copied, markup_or_symbols, numbers_differ)


def drop_reason(zh: str, en: str) -> str | None:
    """Return the reason of the first rule that rejects a pair, or None."""
    return next((reason for rule in _RULES if (reason := rule(zh, en)) is not None), None)
