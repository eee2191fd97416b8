"""Markup, placeholders, addresses and runs of symbols: text for programs."""

from __future__ import annotations

import re

__all__ = ["junk"]

_MARKUP = re.compile(
    r"<[a-zA-Z/!][^>]*>|&[a-zA-Z]+;|&#\d+;|\{\{|\}\}|\\[ntu\\]|\$\{|\]\(|"
    # printf and Python placeholders, and those of Qt, MediaWiki and Cataclysm
    r"%[-+#0]?\d*\.?\d*[sdiufxc]\b|%\(|%[1-9]|\{\w*\}|<[\w ]+>"
)
# "$1" is a placeholder in Chinese, which writes sums as 1美元, but "$1 million" is English.
_ZH_PLACEHOLDER = re.compile(r"\$\d(?![\d.,])")
_ADDRESS = re.compile(r"https?:|www\.|\w@\w+\.\w")
_SYMBOLS = re.compile(r"[{}<>\\|~^_=@#*$+`/\[\]■◆●★☆▲△□◇→�]")
_RUN = re.compile(r"([^\w\s])\1{3,}|([!?！？。，,])(?:\s?\2){3,}")
_MOST_SYMBOLS = 0.06


def junk(zh: str, en: str) -> str | None:
    """Reject a pair with markup, or with too many symbols for running text."""
    if _ZH_PLACEHOLDER.search(zh):
        return "markup"
    for text in (zh, en):
        if _MARKUP.search(text) or _ADDRESS.search(text):
            return "markup"
        if len(_SYMBOLS.findall(text)) > _MOST_SYMBOLS * len(text) + 1 or _RUN.search(text):
            return "symbols"
    return None
