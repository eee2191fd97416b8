"""Sides in another language, judged by the share of characters of each script."""

from __future__ import annotations

import re

from mt.text.han import HAN

__all__ = ["wrong_script"]

_HAN = re.compile(rf"[{HAN}]")
_LATIN = re.compile(r"[A-Za-z]")
_OTHER_LATIN = re.compile(r"[À-ɏ]")
_JAPANESE_KOREAN = re.compile(r"[\u3041-\u30fa\u30fd-\u30ff\u1100-\u11ff\uac00-\ud7af]")
_CYRILLIC_ARABIC = re.compile(r"[\u0400-\u06ff]")

_LEAST_HAN = 0.3
_LEAST_LATIN = 0.5
# "café" and "São Tomé" pass, a French sentence does not.
_MOST_ACCENTS = 0.06


def wrong_script(zh: str, en: str) -> str | None:
    """Reject a pair with a side in another script than its language's."""
    if not zh or not en:
        return "empty side"
    han = len(_HAN.findall(zh))
    if han == 0 or han < _LEAST_HAN * len("".join(zh.split())) or _JAPANESE_KOREAN.search(zh):
        return "source not Chinese"
    if _HAN.search(en) or _JAPANESE_KOREAN.search(en):
        return "Chinese in target"
    letters = len(_LATIN.findall(en))
    if letters < _LEAST_LATIN * len("".join(en.split())) or _CYRILLIC_ARABIC.search(en):
        return "target not English"
    if len(_OTHER_LATIN.findall(en)) > _MOST_ACCENTS * letters + 2:
        return "target not English"
    return None
