"""Repairs of scraped or generated English: spacing, quotation marks, labels of answers; the words stay."""

from __future__ import annotations

import re

# Straight quotation marks: the commoner form in newstest 2018-2020, and a small model need know only one.
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "´": "'", "`": "'"})
_BEFORE_MARK = re.compile(r" +(?=[,.;:?!](?:[\s\"')]|$))")
_SPACED_MARKS = re.compile(r"(?<=[!?]) (?=[!?])")
_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3}),? (000|(?<=, )\d{3}(?=-\w))(?!\d)")
_LOST_NOT = re.compile(
    r"\b(do|does|did|is|are|was|were|has|have|had|wo|would|could|should|ca|must)n t\b|\b(ca|wo) n't\b", re.I
)
_LOST_IS = re.compile(r"\b(it|he|she|that|what|there|here|let|who|where) s (?=[a-z])", re.I)
_LOST_ARE = re.compile(r"\b(I|you|we|they) (re|ve|ll) (?=[a-z])")
_LABEL = re.compile(r"^(?:[A-D]|Step \d+|\d{1,2})\. +(?=[A-Z\"])")
_ZH_LABEL = re.compile(r"^[\"“(（]?\s*(?:[A-Za-z]|第?[一二三四五六七八九十\d]+)\s*[.．、）)步]")
# A plain word, a mark that ends a sentence, a capitalised word; not in an address, a path or a number.
_GAP = re.compile(
    r"(?<![\w.@/\\-])(?P<before>[A-Za-z]?[a-z]+)(?P<mark>[.?!])(?P<after>[A-Z][a-z]*)(?![\w@/(\\]|[.-]\w)"
)


def repair_english(zh: str, en: str) -> str:
    """Return ``en`` with damage to its spacing repaired; ``zh`` tells whether a label or a name belongs."""
    en = " ".join(en.translate(_QUOTES).replace("…", "...").split())
    if _LABEL.match(en) and not _ZH_LABEL.match(zh):
        en = _LABEL.sub("", en, count=1)
    en = _BEFORE_MARK.sub("", en)
    en = _SPACED_MARKS.sub("", en)
    en = _THOUSANDS.sub(r"\1,\2", en)
    en = _LOST_NOT.sub(lambda match: f"{match[1] or match[2]}n't", en)
    en = _LOST_IS.sub(r"\1's ", en)
    en = _LOST_ARE.sub(r"\1'\2 ", en)
    en = repair_sentence_gaps(en, zh)
    # Quotation marks with spaces on both sides: ' " word " '.
    return re.sub(r'(^| )" ([^"]*?) "(?=[ ,.;:?!]|$)', r'\1"\2"', en)


def repair_sentence_gaps(english: str, chinese: str) -> str:
    """Put a space where one sentence runs into the next: ``with other countries.We will``.

    Args:
        english: the translation.
        chinese: its source; what it has letter by letter is a name (``queue.Queue``) and stays.
    """

    def spaced(match: re.Match[str]) -> str:
        return match.group() if match.group() in chinese else f"{match['before']}{match['mark']} {match['after']}"

    return _GAP.sub(spaced, english)
