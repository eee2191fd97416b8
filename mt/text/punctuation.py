"""Half-width punctuation in Chinese text made full-width (GB/T 15834-2011); none inside Latin text or numbers."""

from __future__ import annotations

import re

from mt.text.han import HAN

# Web and mail addresses, whose punctuation stays. A mail address is tried only where a run of its characters begins,
# or a long run of letters takes quadratic time.
_ADDRESS = re.compile(
    r"(?:https?|ftp)://[!-~]*[\w/]|\bwww\.[!-~]*[\w/]|(?<![\w.+-])[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+",
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
_CONTENT = re.compile(rf"[{HAN}]")


def widen_punctuation(text: str) -> tuple[str, int]:
    """Make half-width marks full-width beside Chinese.

    Commas, colons, semicolons, question and exclamation marks, full stops, ellipses, dashes and straight
    double quotes. Brackets take the width of what they hold: （中文） but (GDP).

    Returns:
        The text and the number of marks changed.
    """
    # Each address is masked by one private-use character, so that the patterns still see its neighbours.
    addresses = _ADDRESS.findall(text)
    if addresses and "\ue000" in text:
        return text, 0
    masked, changed = _widen(_ADDRESS.sub("\ue000", text))
    first, *others = masked.split("\ue000") if addresses else [masked]
    return first + "".join(address + part for address, part in zip(addresses, others, strict=True)), changed


def _widen(text: str) -> tuple[str, int]:
    changed = 0
    for pattern, replacement in ((_ELLIPSIS, "……"), (_DASH, "——"), (_STOP, "。")):
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
    """Make straight double quotes “ and ” in turn, when they pair up and hold or touch Chinese."""
    places = [match.start() for match in re.finditer('"', line)]
    if not places or len(places) % 2:
        return line, 0
    chars = list(line)
    changed = 0
    for opening, closing in zip(places[::2], places[1::2], strict=True):
        if re.search(_CHINESE, line[max(0, opening - 1) : closing + 2]):
            chars[opening], chars[closing] = "“", "”"
            changed += 2
    return "".join(chars), changed
