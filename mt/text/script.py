"""Traditional to simplified Chinese, with OpenCC's phrases (``t2s``); the one place that loads OpenCC."""

from functools import cache, lru_cache
from typing import Any


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def convert(text: str) -> str:
    """Convert whatever OpenCC takes for traditional, where that keeps the length, as every phrase of ``t2s`` does."""
    converted: str = _converter().convert(text)
    return converted if len(converted) == len(text) else text


@lru_cache(maxsize=32768)
def _is_only_traditional(character: str) -> bool:
    """Whether a character betrays traditional script: it has a simplified form and is none itself.

    乾 is at home in both scripts, 幹 is not: GB 2312, the simplified standard, knows the first only.
    """
    if character.isascii() or convert(character) == character:
        return False
    return not character.encode("gb2312", "ignore")


def to_simplified(text: str) -> str:
    """Convert a text in traditional script.

    A text without one unmistakably traditional character is returned as it is, so that 乾 in a simplified
    name is not taken for the traditional form of 干. Idempotent.
    """
    # A few characters take two steps in the table (薴 → 苧 → 苎).
    while any(map(_is_only_traditional, text)):
        converted = convert(text)
        if converted == text:
            break
        text = converted
    return text
