"""Cleaning of scraped Chinese and English: damage is repaired, the wording stays.

Every repair is counted by kind. Chinese: ``unicode`` (texts brought to NFC), ``invisible`` (zero-width and
control characters), ``fullwidth_alphanumeric``, ``pinyin`` (readings removed), ``traditional`` (characters
converted), ``punctuation`` (half-width marks made full-width), ``corner_quote`` (「」 to “”), ``space``.
English: ``unicode``, ``invisible``, ``space``, ``fullwidth_alphanumeric``, ``apostrophe_lost`` (found),
``apostrophe_restored`` (put in on request).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import replace

from mt.text.apostrophes import find_lost_apostrophes, restore
from mt.text.han import HAN
from mt.text.pinyin import readings, toneless
from mt.text.punctuation import widen_punctuation
from mt.text.repairs import Note, Repairs
from mt.text.script import to_simplified

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufe00-\ufe0f\x00-\x08\x0e-\x1f\x7f]")
_FULLWIDTH_ALNUM = re.compile(r"[０-９Ａ-Ｚａ-ｚ％]")
_SPACE = r"[^\S\n]"
# Between two ideographs, or on either side of a full-width mark.
_STRAY_SPACE = re.compile(
    rf"(?<=[{HAN}]){_SPACE}+(?=[{HAN}])|(?<=[，。、；：？！…》）】]){_SPACE}+|{_SPACE}+(?=[，。、；：？！…《（【])"
)
# "2 0 1 5 年": a number spaced out by typesetting.
_SPACED_DIGITS = re.compile(rf"(?<=[{HAN}])({_SPACE}?)(\d(?:{_SPACE}\d)+)(?={_SPACE}?[{HAN}])")
_ODD_SPACE = re.compile(rf"^{_SPACE}+|{_SPACE}+$|{_SPACE}{{2,}}|(?! ){_SPACE}", re.M)

_READING = re.compile(
    rf"(?P<char>[{HAN}])(?P<gap>{_SPACE}?)[(（]{_SPACE}*(?P<reading>[^\W\d_\u3007-\U000323af]{{1,8}}[1-5]?){_SPACE}*[)）]"
)
_PLAIN_LATIN = re.compile(r"[a-zü]+")

_CORNER_QUOTES = str.maketrans("「」『』", "“”‘’")


def clean_chinese(text: str) -> tuple[str, Repairs]:
    """Repair scraped Chinese text; line ends stay.

    A pinyin reading in brackets after a character (``級(jí)``) is removed when the character can be read so; other
    brackets stay. Traditional script becomes simplified, half-width punctuation beside Chinese full-width; stray
    white space is removed.

    Returns:
        The text and what was repaired. A second cleaning finds nothing.
    """
    counts: Counter[str] = Counter()
    # One repair can make another possible: without its space a bracket follows its character.
    before = None
    while text != before:
        before, text = text, _clean_chinese_once(text, counts)
    notes = tuple(
        Note("pinyin_doubtful", match.group(), match.start())
        for match in _READING.finditer(text)
        if _has_tone_mark(match["reading"])
    )
    return text, Repairs(dict(sorted(counts.items())), notes)


def clean_english(text: str, *, restore_apostrophes: bool = False) -> tuple[str, Repairs]:
    """Repair white space and residue of scraping in English text; the wording and its quotation marks stay.

    Possessives that lost their apostrophe are reported (``apostrophe_lost``, one note each) and repaired
    only with ``restore_apostrophes``.
    """
    counts: Counter[str] = Counter()
    text = _repair_spaces(_repair_characters(text, counts), counts)
    lost = find_lost_apostrophes(text)
    if lost:
        counts["apostrophe_lost"] += len(lost)
        if restore_apostrophes:
            text = restore(text, lost)
            counts["apostrophe_restored"] += len(lost)
            lost = [replace(note, repaired=True) for note in lost]
    return text, Repairs(dict(sorted(counts.items())), tuple(lost))


def normalise_source(text: str) -> str:
    """Bring any Chinese input to the form the models are trained on: the text of :func:`clean_chinese`."""
    return clean_chinese(text)[0]


def _clean_chinese_once(text: str, counts: Counter[str]) -> str:
    text = _repair_characters(text, counts)
    text = _remove_readings(text, counts)
    simplified = to_simplified(text)
    if simplified != text:
        counts["traditional"] += sum(old != new for old, new in zip(text, simplified, strict=False))
        text = simplified
    if any(quote in text for quote in "「」『』"):
        counts["corner_quote"] += sum(text.count(quote) for quote in "「」『』")
        text = text.translate(_CORNER_QUOTES)
    text, widened = widen_punctuation(text)
    if widened:
        counts["punctuation"] += widened
    text, spaced = _SPACED_DIGITS.subn(lambda match: match[1] + "".join(match[2].split()), text)
    text, stray = _STRAY_SPACE.subn("", text)
    stray += spaced
    if stray:
        counts["space"] += stray
    return _repair_spaces(text, counts)


def _repair_characters(text: str, counts: Counter[str]) -> str:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        counts["space"] += 1
    composed = unicodedata.normalize("NFC", text)
    if composed != text:
        counts["unicode"] += 1
    text, invisible = _INVISIBLE.subn("", composed)
    if invisible:
        counts["invisible"] += invisible
        # What was on either side of a removed character may compose now.
        text = unicodedata.normalize("NFC", text)
    text, narrowed = _FULLWIDTH_ALNUM.subn(lambda match: chr(ord(match.group()) - 0xFEE0), text)
    if narrowed:
        counts["fullwidth_alphanumeric"] += narrowed
    return text


def _repair_spaces(text: str, counts: Counter[str]) -> str:
    text, odd = _ODD_SPACE.subn(lambda match: " " if match.start() > 0 and match.end() < len(text) else "", text)
    # Around a line end spaces are removed altogether.
    text, edges = re.subn(r" +(?=\n)|(?<=\n) +", "", text)
    if odd or edges:
        counts["space"] += odd or edges
    return text


def _remove_readings(text: str, counts: Counter[str]) -> str:
    def removed(match: re.Match[str]) -> str:
        if not _is_reading(match["char"], match["reading"], apart=bool(match["gap"])):
            return match.group()
        counts["pinyin"] += 1
        return match["char"]

    return _READING.sub(removed, text)


def _is_reading(char: str, reading: str, apart: bool) -> bool:
    if not _has_tone_mark(reading):
        # Without a tone mark it must not be anything else: no capital ("AI"), no single letter ("(a)"), no space
        # before the bracket.
        letters = reading.rstrip("12345")
        if apart or len(letters) == 1 or not _PLAIN_LATIN.fullmatch(letters):
            return False
    bare = toneless(reading)
    return bare in readings(char) or bare in readings(to_simplified(char))


def _has_tone_mark(reading: str) -> bool:
    return toneless(reading) != reading.lower().rstrip("12345").replace("v", "ü")
