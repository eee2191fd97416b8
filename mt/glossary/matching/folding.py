"""Text as the matchers compare it: every folded character knows the span of original characters it came from."""

import re
import unicodedata
from dataclasses import dataclass

from mt.text.script import convert

# Characters that differ by convention of script or keyboard alone: 「」 and “” are the same in the two scripts.
_EQUIVALENTS = {'"': "“”„‟«»「」『』〝〞〟＂", "'": "‘’‚‛＇ʼ´`", "-": "‐‑‒–−﹣－", "·": "•‧・⋅･"}
_SAME = {ord(variant): mark for mark, variants in _EQUIVALENTS.items() for variant in variants}


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text; character ``i`` stands for ``original[starts[i]:ends[i]]`` (``None``: for ``original[i]``)."""

    text: str
    starts: list[int] | None = None
    ends: list[int] | None = None

    def original(self, start: int, end: int) -> tuple[int, int] | None:
        """Map a span, not empty, of folded text back; ``None`` when it would cut an original character in two."""
        starts, ends = self.starts, self.ends
        if starts is None or ends is None:
            return start, end
        cut = (start and starts[start - 1] == starts[start]) or (end < len(starts) and starts[end] == starts[end - 1])
        return None if cut else (starts[start], ends[end - 1])


_LOOSE_SPACE = re.compile("  | [\u2e80-\ua4cf\U00020000-\U000323af]|[\u2e80-\ua4cf\U00020000-\U000323af] ")


def _spaceless(character: str) -> bool:
    return "\u2e80" <= character <= "\ua4cf" or character >= "\U00020000"


class _WidthTable(dict[int, int | str]):
    """``str.translate`` table, filled as characters turn up; ``irregular`` are those not folded one to one."""

    def __init__(self) -> None:
        super().__init__()
        self.irregular: set[str] = set()

    def __missing__(self, code: int) -> int | str:
        character = chr(code)
        if code in _SAME:
            folded = _SAME[code]
        elif 0xD800 <= code <= 0xDFFF:
            folded = "\ufffd"  # a lone surrogate cannot leave Python; nothing else folds to this mark
        elif character.isspace():
            folded = " "
        elif unicodedata.category(character) == "Cf" or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF:
            folded = ""  # zero-width marks, soft hyphens, byte order marks, variation selectors
        else:
            # Decomposed, so that a letter and its accent match however they were composed.
            folded = unicodedata.normalize("NFKD", character)
            folded = "".join(" " if part.isspace() else _SAME.get(ord(part), part) for part in folded)
        if len(folded) != 1:
            self.irregular.add(character)
        # One object for key and value where nothing changes: the table is read at every character.
        value = self[code] = code if folded == character else folded
        return value


_width = _WidthTable()


def fold_width(text: str) -> Folded:
    """Fold full-width forms, compatibility characters, quotes, dashes and runs of white space.

    Case and script are kept. NFKD is applied to each character by itself (Unicode Annex 15). White space beside
    an ideograph is dropped, since Chinese sets words apart by none: "2018 年" is "2018年".
    """
    folded = text.translate(_width)
    if _width.irregular.isdisjoint(text) and not (" " in folded and _LOOSE_SPACE.search(folded)):
        return Folded(folded)
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for index, character in enumerate(text):
        for part in character.translate(_width):
            if part == " " and characters:
                if characters[-1] == " ":
                    # One space for the whole run; it ends where the run ends.
                    ends[-1] = index + 1
                    continue
                if _spaceless(characters[-1]):
                    continue
            elif _spaceless(part) and characters and characters[-1] == " ":
                del characters[-1], starts[-1], ends[-1]
            characters.append(part)
            starts.append(index)
            ends.append(index + 1)
    return Folded("".join(characters), starts, ends)


class _ScriptTable(dict[int, str]):
    """``str.translate`` table to simplified forms, one character to one, filled as characters turn up."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        simplified = "σ" if character == "ς" else convert(character)  # str.lower writes sigma by its place in the word
        value = self[code] = simplified if len(simplified) == 1 else character
        return value


_script = _ScriptTable()


def fold_script(text: str) -> str:
    """Fold script (to simplified forms) and case of what :func:`fold_width` returns, one character to one."""
    return text.lower().translate(_script)


def fold_source(source: str) -> str:
    """Fold a term's source: two with one result match the same texts."""
    return fold_script(fold_width(source).text).strip()


def is_word_character(character: str) -> bool:
    """Whether a character takes part in a word of letters or a number; scripts without spaces have neither."""
    if character < "\x80":
        return character.isalnum()
    return not _spaceless(character) and (character.isalnum() or unicodedata.combining(character) != 0)


def word_bounded(text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]`` cuts no word and no number: not "AI" in "SAID", nor "3" in "3.5".

    ``text`` is folded by :func:`fold_width`; the span is not empty.
    """
    if start and (
        (is_word_character(text[start - 1]) and is_word_character(text[start]))
        or (start > 1 and text[start - 1] in ".," and text[start].isdecimal() and text[start - 2].isdecimal())
    ):
        return False
    if end == len(text):
        return True
    last, after = text[end - 1], text[end]
    return not (
        (is_word_character(after) and is_word_character(last))
        or unicodedata.combining(after)
        or (after in ".," and last.isdecimal() and text[end + 1 : end + 2].isdecimal())
    )
