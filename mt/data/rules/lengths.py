"""Sides whose lengths do not agree.

English running text has about 3.2 characters for one Chinese character, 2 to 5 in nine of ten pairs of
newstest2017-2018; Latin words and numbers in the Chinese count as they are. Short sides get a constant margin.
"""

from __future__ import annotations

import re

from mt.text.han import HAN

__all__ = ["odd_length"]

_NOT_HAN = re.compile(rf"[^{HAN}]")
_EXPECTED = 3.4
_SHORTEST = 0.35
_LONGEST = 2.8
_ROOM = 14.0
_LONGEST_WORD = 45


def odd_length(zh: str, en: str) -> str | None:
    """Reject a pair whose ratio of lengths is unlike a translation's, or with a word too long to be one."""
    outside = len(_NOT_HAN.findall(zh))
    expected = _EXPECTED * (len(zh) - outside) + outside
    if len(en) + _ROOM < _SHORTEST * expected or len(en) > _LONGEST * expected + _ROOM:
        return "length ratio"
    if max(map(len, en.split()), default=0) > _LONGEST_WORD:
        return "length ratio"
    return None
