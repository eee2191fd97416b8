"""Cleaning of scraped Chinese and English: damage is repaired, the wording stays.

Every repair is counted by kind. Chinese: ``unicode`` (texts brought to NFC), ``invisible`` (zero-width and
control characters), ``fullwidth_alphanumeric``, ``pinyin`` (readings removed), ``traditional`` (characters
converted), ``punctuation`` (half-width marks made full-width), ``corner_quote`` (「」 to “”), ``space``.
English: ``unicode``, ``invisible``, ``space``, ``fullwidth_alphanumeric``, ``apostrophe_lost`` (found),
``apostrophe_restored`` (put in on request).
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from mt.text.apostrophes import find_lost_apostrophes, restore
from mt.text.han import HAN
from mt.text.pinyin import readings, toneless
from mt.text.punctuation import widen_punctuation
from mt.text.repairs import Draft, Note, Repairs
from mt.text.script import to_simplified

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufe00-\ufe0f\x00-\x08\x0e-\x1f\x7f]")
# With the comma in ３，４５６.
_FULLWIDTH_ALNUM = re.compile(r"[０-９Ａ-Ｚａ-ｚ％]|(?<=[０-９])，(?=[０-９]{3}(?![０-９]))")
_SPACE = r"[^\S\n]"
# Between two ideographs, or on either side of a full-width mark.
_STRAY_SPACE = re.compile(
    rf"(?<=[{HAN}]){_SPACE}+(?=[{HAN}])|(?<=[，。、；：？！…》）】]){_SPACE}+|(?<!{_SPACE}){_SPACE}+(?=[，。、；：？！…《（【])"
)
# "2 0 1 5 年": a number spaced out by typesetting; "1 2 3" may be three.
_SPACED_DIGITS = re.compile(rf"(?<=[{HAN}])({_SPACE}?)(\d(?:{_SPACE}\d)+)(?={_SPACE}?[年月日号时分秒岁])")
_EDGE_SPACE = re.compile(rf"^{_SPACE}+|(?<!{_SPACE}){_SPACE}+$", re.M)
_ODD_SPACE = re.compile(rf"{_SPACE}{{2,}}|(?! ){_SPACE}")
_RETURN = re.compile("\r\n?")
# All that NFC can change, with the letter before it: no Latin letters or ideographs by themselves.
_COMPOSABLE = re.compile(r".?[^\x00-\u02ff\u3400-\u9fff]+", re.S)

_READING = re.compile(
    rf"(?P<char>[{HAN}])(?P<gap>{_SPACE}?)[(（]{_SPACE}*(?P<reading>[^\W\d_\u3007-\U000323af]{{1,8}}[1-5]?){_SPACE}*[)）]"
)
_PLAIN_LATIN = re.compile(r"[a-zü]+")

# No text that a person wrote needs more than three.
_PASSES = 16
_CORNER_QUOTES = str.maketrans("「」『』", "“”‘’")


def clean_chinese(text: str) -> tuple[str, Repairs]:
    """Repair scraped Chinese text; line ends stay.

    A pinyin reading in brackets after a character (``級(jí)``) is removed when the character can be read so; other
    brackets stay. Traditional script becomes simplified, half-width punctuation beside Chinese full-width; stray
    white space is removed.

    Returns:
        The text and what was repaired. A second cleaning finds nothing.
    """
    draft = _clean(text)
    notes = tuple(
        Note("pinyin_doubtful", match.group(), match.start())
        for match in _READING.finditer(draft.text)
        if _has_tone_mark(match["reading"])
    )
    return draft.text, Repairs(dict(sorted(draft.counts.items())), notes)


def clean_english(text: str, *, restore_apostrophes: bool = False) -> tuple[str, Repairs]:
    """Repair white space and residue of scraping in English text; the wording and its quotation marks stay.

    Possessives that lost their apostrophe are reported (``apostrophe_lost``, one note each) and repaired
    only with ``restore_apostrophes``.
    """
    draft = Draft(text)
    _repair_characters(draft)
    _repair_spaces(draft)
    text, counts, lost = draft.text, draft.counts, find_lost_apostrophes(draft.text)
    if lost:
        counts["apostrophe_lost"] += len(lost)
        if restore_apostrophes:
            text = restore(text, lost)
            counts["apostrophe_restored"] += len(lost)
            lost = [replace(note, repaired=True) for note in lost]
    return text, Repairs(dict(sorted(counts.items())), tuple(lost))


def normalise_source(text: str) -> str:
    """Bring any Chinese input to the form the models are trained on: the text of :func:`clean_chinese`."""
    return _clean(text).text


def normalise_with_places(text: str) -> tuple[str, Sequence[int]]:
    """Do as :func:`normalise_source`; also return where each character of the result, and its end, was in ``text``."""
    draft = _clean(text)
    return draft.text, draft.places


def _clean(text: str) -> Draft:
    draft, before = Draft(text), None
    # One repair can make another possible: without its space a bracket follows its character.
    for _ in range(_PASSES):
        if draft.text == before:
            break
        before = draft.text
        _repair_characters(draft)
        draft.sub("pinyin", _READING, lambda match: match["char"] if _is_reading(match) else match.group())
        draft.rewrite("traditional", to_simplified(draft.text))
        draft.rewrite("corner_quote", draft.text.translate(_CORNER_QUOTES))
        widen_punctuation(draft)
        draft.sub("space", _SPACED_DIGITS, lambda match: match[1] + "".join(match[2].split()))
        draft.sub("space", _STRAY_SPACE, "")
        _repair_spaces(draft)
    return draft


def _repair_characters(draft: Draft) -> None:
    draft.sub("space", _RETURN, "\n")
    draft.sub("fullwidth_alphanumeric", _FULLWIDTH_ALNUM, lambda match: chr(ord(match.group()) - 0xFEE0))
    if not unicodedata.is_normalized("NFC", draft.text):
        draft.sub("unicode", _COMPOSABLE, lambda match: unicodedata.normalize("NFC", match.group()))
    invisible = draft.counts["invisible"]
    draft.sub("invisible", _INVISIBLE, "")
    if draft.counts["invisible"] > invisible:
        # What was on either side of a removed character may compose now.
        draft.sub("unicode", _COMPOSABLE, lambda match: unicodedata.normalize("NFC", match.group()))


def _repair_spaces(draft: Draft) -> None:
    # Around a line end, and at the ends of the text, spaces are removed altogether.
    draft.sub("space", _EDGE_SPACE, "")
    draft.sub("space", _ODD_SPACE, " ")


def _is_reading(match: re.Match[str]) -> bool:
    char, reading = match["char"], match["reading"]
    if not _has_tone_mark(reading):
        # Without a tone mark it must not be anything else: no capital ("AI"), no single letter ("(a)"), no space
        # before the bracket.
        letters = reading.rstrip("12345")
        if match["gap"] or len(letters) == 1 or not _PLAIN_LATIN.fullmatch(letters):
            return False
    bare = toneless(reading)
    return bare in readings(char) or bare in readings(to_simplified(char))


def _has_tone_mark(reading: str) -> bool:
    return toneless(reading) != reading.lower().rstrip("12345").replace("v", "ü")
