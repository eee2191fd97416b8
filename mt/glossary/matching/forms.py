"""The English forms in which a target may occur in a translation."""

import functools
import re
from typing import NamedTuple

from mt.glossary.matching.folding import fold_width
from mt.glossary.term import Term
from mt.text.han import is_han

_IRREGULAR = dict(
    pair.split("/")
    for pair in (
        "man/men woman/women child/children person/people foot/feet tooth/teeth mouse/mice life/lives half/halves "
        "leaf/leaves shelf/shelves wife/wives knife/knives memorandum/memoranda criterion/criteria "
        "phenomenon/phenomena analysis/analyses basis/bases crisis/crises thesis/theses hypothesis/hypotheses "
        "index/indices"
    ).split()
)
_PREPOSITIONS = frozenset({"of", "for", "in", "on", "at", "to", "with", "from", "by", "under", "against", "between"})
_SMALL = frozenset({"a", "an", "the", "and", "or", "nor", "but", "as", "into", "within", "without", "through", "via"})
_WORD = re.compile(r"\w[\w'’]*")
# Compounds whose first part takes the plural: secretaries-general, commanders-in-chief.
_HEAD_FIRST = ("-general", "-in-chief", "-in-law", "-elect", "-designate")


def is_acronym(form: str) -> bool:
    """Whether a form is written in capitals throughout ("WHO", "COVID-19")."""
    letters = [character for character in form if character.isalpha()]
    return len(letters) > 1 and " " not in form and all(character.isupper() for character in letters)


def is_name(form: str) -> bool:
    """Whether a form is a name by its capitals ("Bank of China"): every word has one but those that never do.

    Acronyms are not: "AIs" are several authorised institutions.
    """
    words = [word for word in _WORD.findall(form) if word not in _PREPOSITIONS | _SMALL]
    capital = any(word[0].isupper() for word in words)
    return capital and not any(word[0].islower() for word in words) and not is_acronym(form)


def _plural_word(word: str) -> list[str]:
    """Return the plurals a single word may have."""
    if not word or not word[-1].isalpha() or is_han(word[-1]):
        return []
    lower = word.lower()
    for suffix in _HEAD_FIRST:
        if lower.endswith(suffix):
            head = word[: -len(suffix)]
            return [plural + word[-len(suffix) :] for plural in _plural_word(head)] + [word + "s"]
    plurals = [
        word[: -len(singular)] + _cased(plural, word[-len(singular) :])
        for singular, plural in _IRREGULAR.items()
        if lower == singular or (singular in ("man", "woman") and lower.endswith(singular))
    ]
    if lower.endswith(("s", "x", "z", "ch", "sh")):
        plurals.append(word + "es")
    elif lower.endswith("y") and lower[-2:-1] not in "aeiou" and not word.isupper():
        plurals.append(word[:-1] + "ies")
    elif lower.endswith("o"):
        plurals += [word + "s", word + "es"]
    else:
        plurals.append(word + "s")
    return plurals


def _cased(word: str, like: str) -> str:
    if like.isupper():
        return word.upper()
    return word.capitalize() if like[0].isupper() else word


@functools.lru_cache(maxsize=65536)
def plurals(form: str) -> tuple[str, ...]:
    """Return the plural forms of a noun phrase: of its last word, and of the head before a preposition.

    "secretary of the Party committee" → "secretary of the Party committees", "secretaries of the Party committee".
    """
    words = form.split(" ")
    found: list[str] = [" ".join([*words[:-1], plural]) for plural in _plural_word(words[-1])]
    for index in range(1, len(words) - 1):
        if words[index].lower() in _PREPOSITIONS:
            heads = _plural_word(words[index - 1])
            found += [" ".join([*words[: index - 1], head, *words[index:]]) for head in heads]
            break
    return tuple(dict.fromkeys(found))


class Form(NamedTuple):
    """A string that counts for a term."""

    written: str
    target: str  # the allowed target it is a form of
    exact: bool  # whether its case must agree


@functools.lru_cache(maxsize=65536)
def allowed_forms(term: Term) -> tuple[Form, ...]:
    """Return every form of every allowed target, preferred first, plurals after their singular.

    A target in capitals throughout must keep them even where case is free, or every "who" would be the WHO.
    """
    forms: dict[tuple[str, bool], Form] = {}
    for target in dict.fromkeys((*term.targets, *filter(None, (term.full, term.acronym)))):
        exact = term.case == "exact" or term.keep or is_acronym(target)
        for form in (target, *(plurals(target) if term.inflect and not term.keep else ())):
            forms.setdefault((form, exact), Form(form, target, exact))
    return tuple(forms.values())


def with_glossary_typography(rendering: str, term: Term) -> str:
    """Write a rendering with the punctuation of its glossary: "Hong Kong's" as "Hong Kong’s" if that is how it writes.

    Letters and their case are kept, and so is a rendering that some allowed form spells exactly, or no form of its
    length.
    """
    folded = fold_width(rendering)
    if folded.starts is not None:
        return rendering
    alike = [
        form.written
        for form in allowed_forms(term)
        if len(form.written) == len(rendering) and fold_width(form.written).text.lower() == folded.text.lower()
    ]
    if not alike or any(form.lower() == rendering.lower() for form in alike):
        return rendering
    return "".join(
        written if character.lower() != written.lower() else character
        for character, written in zip(rendering, alike[0], strict=True)
    )
