"""Half-width punctuation in Chinese text made full-width (GB/T 15834-2011), and nothing inside Latin or numbers."""

from __future__ import annotations

import re
from functools import partial

from mt.text.han import HAN

__all__ = ["widen_punctuation"]

# Web and mail addresses, file paths: their punctuation is theirs.
_ADDRESS = re.compile(
    r"(?:https?|ftp)://[!-~]*[\w/]|\bwww\.[!-~]*[\w/]|[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII | re.I
)
_WIDE_MARK = "，。、；：？！…—“”‘’《》〈〉（）【】"
_CHINESE = rf"[{HAN}{_WIDE_MARK}]"
_TO_WIDE = str.maketrans(",;:?!()", "，；：？！（）")

# A mark with Chinese before it (a closing quote or bracket, a percent sign or a digit may stand between when
# Chinese follows) or after it. Between two digits or two Latin letters neither side holds.
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
_CONTENT = re.compile(rf"[{HAN}]")


def widen_punctuation(text: str) -> tuple[str, int]:
    """Make half-width marks full-width where Chinese stands beside them.

    Commas, colons, semicolons, question and exclamation marks, full stops, ellipses, dashes and straight
    double quotes. Brackets take the width of what they hold: （中文） but (GDP).

    Returns:
        The text and the number of marks changed.
    """
    pieces: list[str] = []
    changed = 0
    position = 0
    # Addresses are masked by one private-use character each, so that context is still seen around them.
    addresses = [match.group() for match in _ADDRESS.finditer(text)]
    if addresses and "\ue000" in text:
        return text, 0
    masked = _ADDRESS.sub("\ue000", text)
    masked, changed = _widen(masked)
    if not addresses:
        return masked, changed
    for address in addresses:
        at = masked.index("\ue000", position)
        pieces += [masked[position:at], address]
        position = at + 1
    pieces.append(masked[position:])
    return "".join(pieces), changed


def _widen(text: str) -> tuple[str, int]:
    changed = 0
    for pattern, replacement in (
        (_ELLIPSIS, "……"),
        (_DASH, "——"),
        (_STOP, "。"),
    ):
        text, count = pattern.subn(replacement, text)
        changed += count
    lines = []
    for line in text.split("\n"):
        for step in (_widen_quotes, _widen_brackets, _widen_marks):
            line, count = step(line)
            changed += count
        lines.append(line)
    return "\n".join(lines), changed


def _widen_marks(line: str) -> tuple[str, int]:
    return _MARK.subn(lambda match: match.group().strip().translate(_TO_WIDE), line)


def _widen_brackets(line: str) -> tuple[str, int]:
    count = 0

    def widened(match: re.Match[str]) -> str:
        nonlocal count
        opening, content, closing = match.groups()
        if opening + closing == "（）" or (opening + closing == "()" and not _CONTENT.search(content)):
            return match.group()
        count += (opening == "(") + (closing == ")")
        return f"（{content}）"

    return _BRACKETS.sub(widened, line), count


def _widen_quotes(line: str) -> tuple[str, int]:
    """Straight double quotes become “ and ” in turn, when they pair up and hold or touch Chinese."""
    places = [place for place, char in enumerate(line) if char == '"']
    if not places or len(places) % 2:
        return line, 0
    chars = list(line)
    changed = 0
    touches = partial(re.compile(_CHINESE).search, line)
    for opening, closing in zip(places[::2], places[1::2], strict=True):
        if touches(max(0, opening - 1), min(len(line), closing + 2)):
            chars[opening], chars[closing] = "“", "”"
            changed += 2
    return "".join(chars), changed
