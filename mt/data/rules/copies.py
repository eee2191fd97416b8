"""Targets that are a copy of the source, in whole or in large part."""

from __future__ import annotations

import re

__all__ = ["copied"]

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_LONG_ENOUGH = 4
_MOST_SHARED = 0.6


def copied(zh: str, en: str) -> str | None:
    """Reject a pair most of whose English words are in the Chinese side already."""
    if zh == en:
        return "copy"
    words = _WORD.findall(en.lower())
    there = set(_WORD.findall(zh.lower()))
    if len(words) >= _LONG_ENOUGH and sum(word in there for word in words) > _MOST_SHARED * len(words):
        return "copy"
    return None
