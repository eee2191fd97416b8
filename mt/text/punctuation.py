"""Half-width punctuation in Chinese text made full-width (GB/T 15834-2011); none inside Latin text or numbers."""

import re

from mt.text.han import HAN, has_han
from mt.text.repairs import Draft

# Web and mail addresses, whose punctuation stays. A mail address is tried only where a run of its characters begins, or
# a long run of letters takes quadratic time.
_ADDRESS = re.compile(
    r"(?:https?|ftp)://[!-~]*[\w/]|\bwww\.[!-~]*[\w/]|(?<![\w.+-])[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|\ue000",
    re.ASCII | re.I,
)
_WIDE_MARK = "，。、；：？！…—“”‘’《》〈〉（）【】"
_CHINESE = rf"[{HAN}{_WIDE_MARK}]"
_TO_WIDE = str.maketrans(",;:?!()", "，；：？！（）")

# A mark with Chinese on one side, perhaps beyond a quotation mark or bracket; never between digits or Latin letters.
_MARK = re.compile(
    rf"(?<={_CHINESE})[^\S\n]?[,;:?!]|[,;:?!](?=[^\S\n]?[{HAN}《“（「『])|(?<=[？！])[?!]|(?<=[{HAN}][\"')])[,;:?!]"
)
# A full stop ends a Chinese clause before the end, more Chinese or a closing mark; never in "3.5" or "a.cn".
_STOP = re.compile(
    rf"(?<=[{HAN}”’》）])\.(?=[^\S\n]*(?:$|[{HAN}”’）\"「“《]))|(?<=[{HAN}][\")])\.(?=[^\S\n]*(?:$|[{HAN}]))", re.M
)
_ELLIPSIS = re.compile(rf"(?<={_CHINESE})(?:\.{{3,}}|。{{3,}})")
_DASH = re.compile(rf"(?<={_CHINESE})--+(?=[{HAN}“《])")
_BRACKETS = re.compile(r"([(（])([^()（）\n]*)([)）])")
_QUOTED_LINE = re.compile(r'^[^"\n]*"[^\n]*', re.M)


def widen_punctuation(draft: Draft) -> None:
    """Make half-width marks full-width beside Chinese.

    Commas, colons, semicolons, question and exclamation marks, full stops, ellipses, dashes and straight
    double quotes. Brackets take the width of what they hold: （中文） but (GDP).
    """
    # Addresses are masked by a private-use character, so that the patterns still see their neighbours.
    addresses = "".join(_ADDRESS.findall(draft.text))
    if addresses:
        draft.text = _ADDRESS.sub(lambda match: "\ue000" * len(match.group()), draft.text)
    for pattern, mark in ((_ELLIPSIS, "……"), (_DASH, "——"), (_STOP, "。")):
        draft.sub("punctuation", pattern, mark)
    draft.rewrite("punctuation", widen_quotes(draft.text))
    draft.rewrite("punctuation", _BRACKETS.sub(_widened_brackets, draft.text))
    draft.sub("punctuation", _MARK, lambda match: match.group().strip().translate(_TO_WIDE))
    if addresses:
        own = iter(addresses)
        draft.text = re.sub("\ue000", lambda _: next(own), draft.text)


def widen_quotes(text: str) -> str:
    """Make straight double quotes “ and ” in turn, where they pair up and hold or touch Chinese."""
    return _QUOTED_LINE.sub(_widened_quotes, text)


def _widened_brackets(match: re.Match[str]) -> str:
    opening, content, closing = match.groups()
    if opening + closing == "()" and not has_han(content):
        return match.group()
    return f"（{content}）"


def _widened_quotes(match: re.Match[str]) -> str:
    line = match.group()
    places = [quote.start() for quote in re.finditer('"', line)]
    if len(places) % 2:
        return line
    chars = list(line)
    for opening, closing in zip(places[::2], places[1::2], strict=True):
        if re.search(_CHINESE, line[max(0, opening - 1) : closing + 2]):
            chars[opening], chars[closing] = "“", "”"
    return "".join(chars)
