"""Acronyms, their expansions and repeated phrases in English text."""

import itertools
import re
from collections.abc import Sequence

from mt.glossary.extraction.association import closed_under_extension, recurring
from mt.text.stop_words import COMMON_WORDS

_ACRONYM = re.compile(r"(?<![\w-])[A-Z][A-Za-z0-9&]*[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*s?(?!\w)")
_TOKEN = re.compile(r"[^\W_]+(?:['’.&-][^\W_]+)*|[^\w\s]")


def acronyms(text: str) -> list[str]:
    """Return the acronyms of a text in order, compounds such as FAOCSPC-FAOCMG taken apart, plurals as singulars."""
    found = []
    for match in _ACRONYM.finditer(text):
        for part in match[0].removesuffix("s").split("-"):
            capitals = sum(map(str.isupper, part))
            if capitals >= 2 and capitals * 2 > len(part):
                found.append(part)
    return found


def expansions(text: str) -> list[tuple[str, str]]:
    """Return (full name, acronym) wherever one follows the other in brackets.

    The full name is found as by Schwartz & Hearst (2003), "A Simple Algorithm for Identifying Abbreviation
    Definitions in Biomedical Text": the shortest run of words that holds the acronym's characters in order, the first
    of them at the head of a word.
    """
    found = []
    for match in re.finditer(r"[(（]([^()（）]+)[)）]", text):
        inside = match[1].strip()
        before = text[: match.start()].rstrip()
        last = before.split(" ")[-1]
        if acronyms(inside) == [inside]:
            if full := _long_form(inside, before):
                found.append((full, inside))
        elif acronyms(last) == [last] and _long_form(last, inside) == inside:
            found.append((inside, last))
    return found


def _long_form(short: str, before: str) -> str | None:
    words = re.split(r"\s+", re.split(r"[.;:!?()（）]\s", before)[-1])
    window = " ".join(words[-min(len(short) + 5, len(short) * 2) :])
    place = len(window)
    for index in range(len(short) - 1, -1, -1):
        character = short[index].lower()
        if not character.isalnum():
            continue
        place -= 1
        while place >= 0 and (
            window[place].lower() != character or (index == 0 and place > 0 and window[place - 1].isalnum())
        ):
            place -= 1
        if place < 0:
            return None
    long = window[place:].strip(" ,")
    return long if len(long) > len(short) and " " in long else None


def repeated_phrases(texts: Sequence[str], min_count: int, longest: int = 5) -> dict[str, int]:
    """Count phrases of up to ``longest`` words that recur and neither begin nor end with a function word.

    A phrase that occurs within one longer phrase only is left out.
    """
    runs = (itertools.groupby(_TOKEN.findall(text.lower()), lambda token: token[0].isalnum()) for text in texts)
    chunks = [tuple(run) for own in runs for words, run in own if words]
    terms = {
        gram: count
        for gram, count in recurring(chunks, min_count, longest).items()
        if COMMON_WORDS.isdisjoint((gram[0], gram[-1])) and not gram[0].isdigit()
    }
    return {" ".join(gram): count for gram, count in closed_under_extension(terms).items()}
