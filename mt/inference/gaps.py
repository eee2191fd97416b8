"""What is between the sentences of a text and is copied: white space, marks of lists, edges of cells, tags, emoji."""

import re

from mt.text.numbers.chinese import value_of

# Cells of a table, or names in a row: between tabs, bars, and several spaces.
CELL = re.compile(r"(?:[^\t|｜ \u3000]|[ \u3000](?![ \u3000]))+")
# As str.splitlines knows them.
LINE_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_NUMERALS = "一二三四五六七八九十"
# The mark of a list's item or of a heading, up to where its text begins.
LIST_MARK = re.compile(
    rf"\s*(?:[-*+•·●■◆▪–—]\s+(?:\[[ xX]\]\s+)?"
    rf"|[•●■◆▪]|\#{{1,6}}\s+|(?:>\s*)+|\d{{1,3}}(?:[.．](?!\d(?!\d{{3}}[年―—–-]))|[、)）])\s*|[(（]\d{{1,3}}[)）]\s*"
    rf"|(?P<chapter>[{_NUMERALS}]{{1,3}})、(?![{_NUMERALS}])\s*|[(（](?P<section>[{_NUMERALS}]{{1,3}})[)）](?!班)\s*)"
)
_ENGLISH = str.maketrans({
    "。": ".", "，": ",", "、": ",", "；": ";", "：": ":", "？": "?", "！": "!", "（": "(", "）": ")",
    "“": '"', "”": '"', "《": '"', "》": '"', "「": '"', "」": '"', "【": "[", "】": "]",
})  # fmt: skip
_CURRENCY = str.maketrans("￥￡", "¥£")
_ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
# No space follows an opening bracket or tag, nor precedes a closing one; line breaks and bars stand tight.
_OPEN_END = re.compile(r"(?:[\s(\[{“‘|｜/$¥£€#@]|<(?!/)[^<>]*>|<<|>>|\*\*)$")
_CLOSED_START = re.compile(r"[\s.,:;!?)\]}”’|｜/…]|%(?![\w(])|</|<br|<<|>>")


def ends_line(text: str) -> bool:
    """Whether a text ends in a line break."""
    return text != "" and text[-1] in LINE_BREAKS


def needs_space(left: str, right: str) -> bool:
    """Whether English has a space between two strings that are joined."""
    return bool(left and right) and not (_OPEN_END.search(left[-200:]) or _CLOSED_START.match(right))


def copied_between(gap: str, before: str, after: str) -> str:
    """Return what comes between the text so far and the translation that follows, empty at the end, for a gap."""
    head, *rest = gap.translate(_CURRENCY).splitlines(keepends=True) or [""]
    if ends_line(gap):
        rest.append("")
    if not rest:
        return _within(head, before, after) if before and not ends_line(before) else _at_start(head, after)
    if before and not ends_line(before):
        text = head.rstrip(LINE_BREAKS)
        head = _within(text, before, "") + head[len(text) :]
    return head + "".join(rest[:-1]) + _at_start(rest[-1], after)


def _within(gap: str, before: str, after: str) -> str:
    """The gap of a line with a sentence on its left."""
    if not gap.strip():
        if len(gap) > 1 or gap == "\t" or not after:
            return gap
        return " " if not before[-1].isspace() else ""
    if gap.strip()[0] in "”’」》）)】":
        gap = gap.lstrip()
    if after and (mark := LIST_MARK.fullmatch(gap)) is not None:
        gap = _english_mark(mark).strip()
    gap = _spaced_marks(gap)
    left = " " if needs_space(before, gap) else ""
    return left + gap + (" " if needs_space(gap, after) else "")


def _at_start(gap: str, after: str) -> str:
    """The gap of a line that begins with it: a list's mark becomes English; what nothing follows is copied."""
    if not after:
        return gap
    mark = LIST_MARK.match(gap)
    if mark is not None and mark.group().strip():
        gap = _english_mark(mark) + gap[mark.end() :]
    if not gap.strip():
        return gap
    gap = _spaced_marks(gap)
    return gap + (" " if needs_space(gap, after) else "")


def _english_mark(mark: re.Match[str]) -> str:
    written = mark.group().rstrip()
    space = mark.group()[len(written) :] or ("" if written.endswith(">") else " ")
    if mark["chapter"]:
        written = written.replace(mark["chapter"] + "、", _roman(_value(mark["chapter"])) + ".")
    elif mark["section"]:
        written = written.replace(mark["section"], str(_value(mark["section"])))
    return written.replace("、", ".").replace("．", ".").translate(_ENGLISH) + space


def _spaced_marks(gap: str) -> str:
    """Chinese punctuation of a gap as English writes it."""
    return re.sub(r"[。，、；：？！](?=[^\s。，、；：？！”）》」】])", lambda mark: mark.group() + " ", gap).translate(
        _ENGLISH
    )


def _value(numeral: str) -> int:
    return int(value_of(numeral) or 0)


def _roman(value: int) -> str:
    written = ""
    for size, letters in _ROMAN:
        while value >= size:
            written, value = written + letters, value - size
    return written
