"""English possessives that lost their apostrophe in scraping: ``Peoples Association``, ``Sichuans briefings``.

No dictionary is needed, because only two kinds are looked for, both nearly unmistakable: irregular plurals
with a second plural ending, and Chinese names (spelt in pinyin), which have no plural. Anything doubtful is
left out: a missed possessive costs nothing, a false report costs a person's time.
"""

from __future__ import annotations

import re

from mt.text.pinyin import syllabify
from mt.text.repairs import Note

__all__ = ["find_lost_apostrophes", "restore"]

# "Peoples" is a word of its own ("the peoples of Africa"), so only the title "Peoples Xxx" counts.
_PEOPLES = re.compile(r"(?<![\w’'-])(?<![Ii]ndigenous )(?P<stem>[Pp]eople)s(?= [A-Z])")
_DOUBLE_PLURAL = re.compile(r"(?<![\w’'-])(?P<stem>[Ww]omen|[Cc]hildren|Men)s(?= [A-Za-z])")
_NAME = re.compile(r"(?<![\w’'-])(?P<stem>[A-Z][a-z]{3,})s(?![\w’'-])")

# Letters in a row that pinyin has and English spelling hardly: q without u, x or zh to begin with, -uan, -iang.
_DISTINCT = re.compile(r"^x|q(?!u[aeio])|zh|(?:[sc]?h|[gkydtljqx])uan|[ln]iang|uang|iong|ji(?:ang|n|a[on]?|u)")
# A word that announces a true plural, before it or after.
_PLURAL_BEFORE = re.compile(
    r"(?:\b(?:the|these|those|many|most|some|all|both|few|several|two|three|young|native|ethnic|other)|\d) $", re.I
)
_PLURAL_AFTER = re.compile(r" (?:are|were|have|do|of|who|themselves)\b")
_INHABITANTS = re.compile(r"(?:[aeiou][dklnrstvyz]ian|[ie]can|[aeo]an|uban|enyan|iban|istan)$")


def find_lost_apostrophes(text: str) -> list[Note]:
    """Possessives without their apostrophe, in order; ``position`` is the word's offset in ``text``."""
    found = [
        Note("apostrophe_lost", match.group(), match.start(), f"{match['stem']}'s")
        for pattern in (_PEOPLES, _DOUBLE_PLURAL)
        for match in pattern.finditer(text)
    ]
    found += [
        Note("apostrophe_lost", match.group(), match.start(), f"{match['stem']}'s")
        for match in _NAME.finditer(text)
        if _is_chinese_name(match["stem"], text)
        and not _PLURAL_BEFORE.search(text, 0, match.start())
        and not _PLURAL_AFTER.match(text, match.end())
    ]
    return sorted(found, key=lambda note: note.position)


def restore(text: str, notes: list[Note]) -> str:
    """Put the apostrophes back, in the shape (' or ’) the text uses elsewhere."""
    apostrophe = "’" if "’" in text and "'" not in text else "'"
    for note in sorted(notes, key=lambda note: note.position, reverse=True):
        end = note.position + len(note.text)
        text = f"{text[: note.position]}{note.text[:-1]}{apostrophe}s{text[end:]}"
    return text


def _is_chinese_name(stem: str, text: str) -> bool:
    if stem == "China":
        return True
    # Two syllables at least, none a bare vowel: "American" and "Game" can be cut up into syllables too.
    natural = [way for way in syllabify(stem) if len(way) > 1 and all(len(syllable) > 1 for syllable in way)]
    if not natural or stem.endswith("e") or _INHABITANTS.search(stem):
        return False
    if _DISTINCT.search(stem.lower()):
        return True
    # Otherwise the name itself must stand in the text: "Hunan" beside "Hunans".
    return re.search(rf"(?<![\w’'-]){stem}(?![\w’'-])", text) is not None
