"""Phrase pairs counted over a text: how often each occurs, its parts occur, and within and beside what."""

import functools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mt.glossary.extraction.phrases import LOOSE, AlignedSpan, phrases
from mt.glossary.matching.folding import fold_width
from mt.text.han import is_han
from mt.text.stop_words import COMMON_WORDS

_LONGEST = 9  # words of a target
_JOINING = "和与及"
_PUNCTUATION = re.compile(r"[^\w\s'’&$+/-]+|(?<!\w)['’/-]|['’/-](?!\w)")


@dataclass
class PhrasePair:
    """A source and a target, in whatever case and number, over all their occurrences."""

    source: str
    target: str  # normalised
    count: int = 0
    probability: float = 0.0
    linked: float = 0.0
    initial: int = 0  # occurrences in headings and at the head of a segment, where a capital says nothing
    surfaces: Counter[str] = field(default_factory=Counter)
    segments: list[int] = field(default_factory=list)
    source_count: int = 0
    target_count: int = 0
    nested: int = 0  # occurrences of the source within longer sources
    containers: int = 0  # different longer sources
    value: float = 0.0  # how well the two go together; the greatest of the source's pairs, and of the target's:
    best_of_source: float = 0.0
    best_of_target: float = 0.0
    # Share of the source's and the target's occurrences that have one and the same neighbour on the left and right.
    edges: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


@functools.lru_cache(maxsize=65536)
def singular(word: str) -> str:
    """Return a lower-case word without the ending of a plural."""
    if len(word) > 3 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ses", "xes", "zes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


@functools.lru_cache(maxsize=65536)
def normalised(target: str) -> str:
    """Return a target in lower case, its words in the singular and without possessive, hyphens as spaces."""
    text = re.sub(r"['’]s?(?!\w)", "", fold_width(target).text.lower()).replace("-", " ")
    return " ".join(map(singular, text.split()))


def collect(pairs: Sequence[tuple[str, str]], links: Sequence[Sequence[AlignedSpan]]) -> list[PhrasePair]:
    """Count the phrase pairs of aligned segments."""
    found: dict[tuple[str, str], PhrasePair] = {}
    for number, ((zh, en), own) in enumerate(zip(pairs, links, strict=True)):
        seen = set()
        heading = _is_heading(en)
        for phrase in phrases(zh, en, own):
            key = phrase.source, normalised(phrase.target)
            place = (key, phrase.source_start, phrase.target_start)
            if place in seen:
                continue
            seen.add(place)
            pair = found.setdefault(key, PhrasePair(*key))
            pair.count += 1
            pair.probability += phrase.probability
            pair.linked += phrase.linked
            pair.initial += heading or not any(map(str.isalnum, en[: phrase.target_start]))
            pair.surfaces[phrase.target] += 1
            pair.segments.append(number)
    _count_sources(found.values(), [zh for zh, _ in pairs])
    _count_targets(found.values(), [en for _, en in pairs])
    chosen = _best(found.values())
    _count_nested(chosen)
    return chosen


def _is_heading(text: str) -> bool:
    """Whether all words but function words have a capital."""
    words = [word for word in re.findall(r"[^\W\d_]+", text) if word.lower() not in COMMON_WORDS]
    return len(words) > 1 and all(word[0].isupper() for word in words)


def _best(found: Iterable[PhrasePair]) -> list[PhrasePair]:
    """Value the pairs and leave out those that are the best neither of their source nor of their target."""
    of_source: dict[str, list[PhrasePair]] = defaultdict(list)
    of_target: dict[str, list[PhrasePair]] = defaultdict(list)
    for pair in found:
        exclusive = pair.count**2 / max(pair.source_count, pair.count) / max(pair.target_count, pair.count)
        aligned = (0.5 + pair.probability / pair.count) * (0.5 + 0.5 * pair.linked / pair.count)
        pair.value = math.sqrt(exclusive * pair.count) * aligned
        of_source[pair.source].append(pair)
        of_target[pair.target].append(pair)
    for own in of_source.values():
        best = max(pair.value for pair in own)
        for pair in own:
            pair.best_of_source = best
    for own in of_target.values():
        best = max(pair.value for pair in own)
        # Of equally good sources the longest.
        longest = max(len(pair.source) for pair in own if pair.value == best)
        for pair in own:
            pair.best_of_target = (
                best if len(pair.source) == longest or pair.value < best else math.nextafter(best, math.inf)
            )
    return [
        pair for own in of_source.values() for pair in own if pair.value in (pair.best_of_source, pair.best_of_target)
    ]


def _count_nested(chosen: Sequence[PhrasePair]) -> None:
    """Count the occurrences of sources within longer ones that are the best of their targets too."""
    counts = {pair.source: pair.source_count for pair in chosen}
    longer: dict[str, set[str]] = defaultdict(set)
    for name in {pair.source for pair in chosen if pair.value == pair.best_of_source == pair.best_of_target}:
        for start in range(len(name)):
            for end in range(start + 1, len(name) + 1):
                if end - start < len(name) and name[start:end] in counts:
                    longer[name[start:end]].add(name)
    for pair in chosen:
        if containers := longer.get(pair.source):
            pair.containers = len(containers)
            pair.nested = min(pair.source_count, sum(counts[name] for name in containers))


def _count_sources(found: Iterable[PhrasePair], texts: Sequence[str]) -> None:
    names = list(dict.fromkeys(pair.source for pair in found))
    around = {name: _Neighbours() for name in names}
    import ahocorasick_rs

    automaton = ahocorasick_rs.AhoCorasick(names)
    for text in texts:
        for number, start, end in automaton.find_matches_as_indexes(text, overlapping=True):
            left, right = text[max(0, start - 3) : start][::-1], text[end : end + 3]
            around[names[number]].add(_neighbour(left), _neighbour(right))
    for pair in found:
        own = around[pair.source]
        pair.source_count, pair.edges = own.count, (*own.shares(), *pair.edges[2:])


def _neighbour(beside: str) -> str:
    """Return the nearest character of a source, or a function character with what is beyond: 及期货 after 证券."""
    if not beside or not is_han(beside[0]):
        return ""
    if beside[0] not in LOOSE:
        return beside[0]
    return beside if beside[0] in _JOINING and len(beside) == 3 and all(map(is_han, beside)) else ""


def _count_targets(found: Iterable[PhrasePair], texts: Sequence[str]) -> None:
    around = {pair.target: _Neighbours() for pair in found}
    for text in texts:
        for chunk in _PUNCTUATION.split(text):
            words = normalised(chunk).split()
            before = _edges(words)
            after = _edges(words[::-1])[::-1]
            for start in range(len(words)):
                for end in range(start + 1, min(start + _LONGEST + 1, len(words) + 1)):
                    phrase = " ".join(words[start:end])
                    if phrase in around:
                        around[phrase].add(before[start], after[end])
    for pair in found:
        own = around[pair.target]
        pair.target_count, pair.edges = own.count, (*pair.edges[:2], *own.shares())


def _edges(words: Sequence[str]) -> list[str]:
    """Return what comes before each word, and after the last; function words but those that join are a boundary."""
    before = ["", *("" if word in COMMON_WORDS else word for word in words)]
    for place, word in enumerate(words[1:], 2):
        if word in ("and", "of", "for"):
            before[place] = f"{before[place - 1]} {word}" if before[place - 1] else ""
    return before


class _Neighbours:
    """What stands beside the occurrences of a phrase; an empty string where it ends a sentence or a phrase."""

    def __init__(self) -> None:
        self.count = 0
        self.sides: tuple[Counter[str], Counter[str]] = Counter(), Counter()

    def add(self, left: str, right: str) -> None:
        self.count += 1
        self.sides[0][left] += 1
        self.sides[1][right] += 1

    def shares(self) -> tuple[float, float]:
        """Return the share of the commonest neighbour on either side, less what a few occurrences would show."""
        left, right = (max((n for word, n in side.items() if word), default=0) for side in self.sides)
        return left / (self.count + 1), right / (self.count + 1)
