"""Phrases that occur on both sides of a sentence pair, found with a dictionary, and invented targets."""

import random

_INFLECTION = ("", "s", "es", "'s", "’s", "ed", "d", "ing")


class Lexicon:
    """Headwords with their glosses, found in Chinese text leftmost-longest in linear time."""

    def __init__(self, entries: dict[str, list[str]]) -> None:
        # Imported here: training on packed pairs does without it.
        import ahocorasick_rs

        self._glosses = [sorted(set(own), key=lambda gloss: (-len(gloss), gloss)) for own in entries.values()]
        self._automaton = ahocorasick_rs.AhoCorasick(list(entries), matchkind=ahocorasick_rs.MatchKind.LeftmostLongest)
        self.targets = sorted({glosses[0] for glosses in self._glosses if " " in glosses[0] or glosses[0][0].isupper()})

    def find_pairs(self, zh: str, en: str) -> list[tuple[int, int, int, int]]:
        """Return (start, end, start in ``en``, end in ``en``) of headwords in ``zh`` with a gloss in ``en``.

        The gloss may be inflected or capitalised in ``en``. Spans do not overlap on either side.
        """
        lower = en.lower()
        taken: list[tuple[int, int]] = []
        pairs = []
        for number, start, end in self._automaton.find_matches_as_indexes(zh):
            spans = (_find_word(lower, gloss.lower(), taken) for gloss in self._glosses[number])
            if (span := next(filter(None, spans), None)) is not None:
                taken.append(span)
                pairs.append((start, end, *span))
        return pairs


def _find_word(text: str, word: str, taken: list[tuple[int, int]]) -> tuple[int, int] | None:
    """Find ``word`` with an allowed ending, between word boundaries of ``text`` and outside the taken spans."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if at == 0 or not text[at - 1].isalnum():
            tail = end
            while tail < len(text) and (text[tail].isalnum() or text[tail] in "'’"):
                tail += 1
            if text[end:tail] in _INFLECTION and all(tail <= start or at >= stop for start, stop in taken):
                return at, tail
        at = text.find(word, at + 1)
    return None


_INITIALS = "b p m f d t n l g k h j q x zh ch sh r z c s y w".split()
_FINALS = "a ai an ang ao e en eng i ia ian iang iao ie in ing iu o ong ou u ua uan ui un uo".split()


def invent_target(rng: random.Random, lexicon: Lexicon) -> str:
    """Invent a target that no dictionary has for its source: an acronym, a name, or the target of another term.

    Trained on pairs with such targets, a model learns to copy what is requested.
    """
    kind = rng.randrange(3 if lexicon.targets else 2)
    if kind == 0:
        return "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWYZ", k=rng.randint(3, 8)))
    if kind == 1:
        syllables = [rng.choice(_INITIALS) + rng.choice(_FINALS) for _ in range(rng.randint(2, 3))]
        return f"{syllables[0].capitalize()} {''.join(syllables[1:]).capitalize()}"
    return rng.choice(lexicon.targets)
