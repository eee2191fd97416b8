"""Sentence splitting for Chinese and English; only white space between sentences is lost.

English is split by ``sentencex`` (Wikimedia) and its lists of abbreviations; wrong cuts frequent in official texts
(after ``Ms.``, after an item's number) are undone here. Chinese is split by rule at its final marks, with care for
closing quotes and brackets.
"""

from __future__ import annotations

import re

from mt.text.han import HAN

_CLOSING = "”’」』》）)】\"'"
# A run of final marks with the quotes and brackets that close after it; half-width ! and ? count, a half-width full
# stop only between Chinese or at the end.
_CHINESE_END = re.compile(rf"(?:[。！？!?…]+|(?<=[{HAN}])\.(?=[{HAN}]|\s|$))[{_CLOSING}]*\s*")
_PAIRS = {"“": "”", "‘": "’", "「": "」", "『": "』", "《": "》", "（": "）", "(": ")", "【": "】"}
# What may follow a quotation that is part of a sentence: “好！”他说。 and “走出去！”的口号
_CONTINUES = re.compile(r"[，、；：,;:。！？…的地得了着过等和与及或、）)》]|.{0,3}[说道问答喊叫][，。：！？]")
_QUOTE_END = re.compile(r"[”’」』》）)】\"']\s*$")

# Abbreviations always followed by a name, after which sentencex cuts.
_NEVER_LAST = re.compile(r"(?:^|[\s(“\"‘])(?:Ms|Messrs|Mmes|Mx|Nos|Sen|Gov|Rep|Lt|Col|Capt|Adm|Mt|vs|cf)\.\s*$")
_LIMITED = re.compile(r"(?:Ltd|Inc|LLC|plc)\b")
_COMPANY = re.compile(r"\b(?:Co|Corp)\.\s*$")
# "1. ", "II. ", "(a) ", "• ": an item's number belongs to the item.
_ITEM_NUMBER = re.compile(r"\s*(?:[(（]?(?:\d{1,2}|[IVXLC]{1,5}|[a-zA-Z])[)）.．、]|[•·–—*-]+)\s*$")


def split_sentences(text: str, language: str) -> list[str]:
    """Split a paragraph into sentences, each without white space around it.

    Joining them with ``""`` (zh) or ``" "`` (en) gives the text back up to white space. Line ends are always cuts.
    A text of white space has no sentence.

    Args:
        text: one paragraph.
        language: ``"zh"`` or ``"en"``.

    Raises:
        ValueError: another language.
    """
    if language == "zh":
        split = _split_chinese
    elif language == "en":
        split = _split_english
    else:
        raise ValueError(f"no sentence splitter for '{language}'; languages are 'zh' and 'en'")
    return [piece.strip() for line in text.splitlines() for piece in split(line) if piece.strip()]


def _split_chinese(line: str) -> list[str]:
    pieces: list[str] = []
    start = 0
    for match in _CHINESE_END.finditer(line):
        if start < match.end() < len(line) and _is_end(line, start, match):
            pieces.append(line[start : match.end()])
            start = match.end()
    pieces.append(line[start:])
    return pieces


def _is_end(line: str, start: int, match: re.Match[str]) -> bool:
    mark, piece = match.group(), line[start : match.end()]
    # An ellipsis alone is frequent within lists: it ends a sentence only before a closing quote.
    if _has_open_pair(piece) or mark.rstrip()[-1] == "…":
        return False
    if mark[0] in "!?" and not mark[-1].isspace() and re.match(r"[A-Za-z0-9=&/]", line[match.end() :]):
        return False
    if mark.rstrip()[-1] in "》)）】" and piece.lstrip()[0] not in "（(【":
        # 《好吗？》一书, 他问（真的吗？）后走了: a title or an aside within the sentence.
        return False
    return not (_QUOTE_END.search(mark) and _CONTINUES.match(line, match.end()))


def _has_open_pair(piece: str) -> bool:
    """Whether a quote or bracket opened in ``piece`` is open at its end, if less than 100 characters before."""
    stack: list[tuple[str, int]] = []
    for place, char in enumerate(piece):
        if char in _PAIRS:
            stack.append((_PAIRS[char], place))
        elif stack and any(char == closing for closing, _ in stack):
            while stack.pop()[0] != char:
                pass
    return bool(stack) and len(piece) - stack[-1][1] <= 100


def _split_english(line: str) -> list[str]:
    import sentencex

    pieces: list[str] = []
    for piece in sentencex.segment("en", line):
        if pieces and (_is_unfinished(pieces[-1]) or (_COMPANY.search(pieces[-1]) and _LIMITED.match(piece))):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces


def _is_unfinished(piece: str) -> bool:
    return bool(_ITEM_NUMBER.fullmatch(piece) or _NEVER_LAST.search(piece) or not re.search(r"\w", piece))
