"""Sentence splitting for Chinese and English; only white space between sentences is lost.

English is split by ``sentencex`` (Wikimedia) and its lists of abbreviations; wrong cuts frequent in official texts
(after ``Ms.``, after an item's number) are undone here. Chinese is split by rule at its final marks, with care for
closing quotes and brackets.
"""

import re
from collections import Counter

from mt.text.han import HAN
from mt.text.punctuation import widen_quotes

_CLOSING = "”’」』》）)】\"'"
# A run of final marks with the quotes and brackets that close after it; half-width ! and ? count, a half-width full
# stop only between Chinese or at the end.
_CHINESE_END = re.compile(rf"(?:[。！？!?…]+|(?<=[{HAN}])\.(?=[{HAN}]|\s|$))[{_CLOSING}]*(?:\s+[”’」』](?=\s*$))?\s*")
_PAIRS = {"“": "”", "‘": "’", "「": "」", "『": "』", "《": "》", "（": "）", "(": ")", "【": "】"}
_LONGEST_PAIR = 100
# What may follow a quotation that is part of a sentence: “好！”他说。 and “走出去！”的口号
_CONTINUES_INTRODUCED = re.compile("[，、；：,;:。！？…的地得了着过等和与及或、）)》]")
_CONTINUES = re.compile(rf"{_CONTINUES_INTRODUCED.pattern}|.{{0,3}}[说道问答喊叫][，。：！？]")
_IN_ADDRESS = re.compile("[A-Za-z0-9=&/]")
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
    split = {"zh": _split_chinese, "en": _split_english}.get(language)
    if split is None:
        raise ValueError(f"no sentence splitter for '{language}'; languages are 'zh' and 'en'")
    return [piece.strip() for line in text.splitlines() for piece in split(line) if piece.strip()]


def _split_chinese(line: str) -> list[str]:
    pieces: list[str] = []
    start, opened = 0, open_pairs(widen_quotes(line))
    for match in _CHINESE_END.finditer(line):
        end = match.end()
        if start < end < len(line) and opened[end] is None and _is_end(line, start, match, opened):
            pieces.append(line[start:end])
            start = end
    pieces.append(line[start:])
    return pieces


def _is_end(line: str, start: int, match: re.Match[str], opened: list[int | None]) -> bool:
    mark = match.group().rstrip()
    # An ellipsis alone is frequent within lists: it ends a sentence only before a closing quote.
    if mark[-1] == "…":
        return False
    if mark[0] in "!?" and len(mark) == len(match.group()) and _IN_ADDRESS.match(line, match.end()):
        return False
    if mark[-1] in "》)）】" and line[start : min(start + 20, match.end())].lstrip()[:1] not in "（(【":
        # 《好吗？》一书, 他问（真的吗？）后走了: a title or an aside within the sentence.
        return False
    if not _QUOTE_END.search(mark):
        return True
    # After “…，” or “…” alone, 他说 belongs to the quotation; after 他表示：“…” it begins a sentence.
    quotation = opened[match.start()]
    introduced = quotation is not None and line[quotation - 1 : quotation] in ("：", ":")
    return not (_CONTINUES_INTRODUCED if introduced else _CONTINUES).match(line, match.end())


def open_pairs(line: str) -> list[int | None]:
    """Return, for each place from 0 to the end, where the innermost pair of quotes or brackets around it opened.

    None where there is none, or none of the last 100 characters: it was never closed.
    """
    stack: list[tuple[str, int]] = []
    awaited: Counter[str] = Counter()
    opened: list[int | None] = [None]
    for place, char in enumerate(line):
        if char in _PAIRS:
            stack.append((_PAIRS[char], place))
            awaited[_PAIRS[char]] += 1
        elif awaited[char]:
            closing = ""
            while closing != char:
                closing, _ = stack.pop()
                awaited[closing] -= 1
        opened.append(stack[-1][1] if stack and place + 1 - stack[-1][1] <= _LONGEST_PAIR else None)
    return opened


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
