"""English possessives that lost their apostrophe in scraping: ``Peoples Association``, ``Sichuans briefings``.

Only two kinds are looked for, both nearly unmistakable: irregular plurals with a second plural ending, and Chinese
names in pinyin, which have no plural.
"""

import re

from mt.text.pinyin import syllabify
from mt.text.repairs import Note

# "Peoples" is a word of its own ("the peoples of Africa"), so only the title "Peoples Xxx" counts.
_PEOPLES = re.compile(r"(?<![\w’'-])(?<![Ii]ndigenous )(?P<stem>[Pp]eople)s(?= [A-Z])")
_DOUBLE_PLURAL = re.compile(r"(?<![\w’'-])(?P<stem>[Ww]omen|[Cc]hildren|Men)s(?= [A-Za-z])")
_NAME = re.compile(r"(?<![\w’'-])(?P<stem>[A-Z][a-z]{3,})s(?![\w’'-])")

# Letters frequent in pinyin and rare in English: q without u, initial x, zh, -uan, -iang.
_DISTINCT = re.compile(r"^x|q(?!u[aeio])|zh|(?:[sc]?h|[gkydtljqx])uan|[ln]iang|uang|iong|ji(?:ang|n|a[on]?|u)")
# A word before or after that makes it a true plural.
_PLURAL_BEFORE = re.compile(
    r"(?:\b(?:the|these|those|many|most|some|all|both|few|several|two|three|young|native|ethnic|other)|\d) $", re.I
)
_PLURAL_AFTER = re.compile(r" (?:are|were|have|do|of|who|themselves)\b")
_INHABITANTS = re.compile(r"(?:[aeiou][dklnrstvyz]ian|[ie]can|[aeo]an|uban|enyan|iban|istan)$")


def find_lost_apostrophes(text: str) -> list[Note]:
    """Return the possessives without their apostrophe, in order; ``position`` is the word's offset in ``text``."""
    matches = [match for pattern in (_PEOPLES, _DOUBLE_PLURAL) for match in pattern.finditer(text)]
    matches += [
        match
        for match in _NAME.finditer(text)
        if _is_chinese_name(match["stem"], text)
        and not _PLURAL_BEFORE.search(text, 0, match.start())
        and not _PLURAL_AFTER.match(text, match.end())
    ]
    matches.sort(key=lambda match: match.start())
    return [Note("apostrophe_lost", match.group(), match.start(), f"{match['stem']}'s") for match in matches]


def restore(text: str, notes: list[Note]) -> str:
    """Put the apostrophes in, in the shape (' or ’) the text uses elsewhere."""
    apostrophe = "’" if "’" in text and "'" not in text else "'"
    for note in sorted(notes, key=lambda note: note.position, reverse=True):
        end = note.position + len(note.text)
        text = f"{text[: note.position]}{note.text[:-1]}{apostrophe}s{text[end:]}"
    return text


def _is_chinese_name(stem: str, text: str) -> bool:
    if stem == "China":
        return True
    # At least two syllables, none a bare vowel: "American" and "Game" are syllables too.
    natural = [way for way in syllabify(stem) if len(way) > 1 and all(len(syllable) > 1 for syllable in way)]
    if not natural or stem.endswith("e") or _INHABITANTS.search(stem):
        return False
    # Without letters that English lacks, the text must have the name itself too: "Hunan" beside "Hunans".
    return bool(_DISTINCT.search(stem.lower()) or re.search(rf"(?<![\w’'-]){stem}(?![\w’'-])", text))
