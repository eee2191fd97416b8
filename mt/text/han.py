"""The one definition of a Chinese character (Han ideograph)."""

import re

# Han ideographs, to stand inside a regular expression's character class: 〇, the unified ideographs and their
# extension A, the compatibility ideographs, and planes 2 and 3, which Unicode keeps for ideographs. No radicals,
# strokes, punctuation or kana.
HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

_HAN = re.compile(f"[{HAN}]")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ]+(?:['’-][A-Za-zÀ-ɏ]+)*")


def is_han(character: str) -> bool:
    """Whether one character is an ideograph; not the empty string, nor a longer one."""
    return len(character) == 1 and ("\u4e00" <= character <= "\u9fff" or _HAN.match(character) is not None)


def has_han(text: str) -> bool:
    """Whether a text holds an ideograph."""
    return _HAN.search(text) is not None


def language_of(text: str) -> str | None:
    """Return ``"zh"`` or ``"en"`` by script, ``None`` for neither (numbers, rows of asterisks).

    Ideographs are counted against Latin words, so that a Chinese paragraph full of acronyms or pinyin is Chinese and
    an English one that quotes a Chinese name is English.
    """
    han, words = len(_HAN.findall(text)), len(_LATIN_WORD.findall(text))
    return None if han == words == 0 else "zh" if han >= words else "en"
