"""Propose glossary entries from aligned text, with the evidence a person needs to judge them."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mt.glossary.extraction.chinese_terms import is_organisation, transliterations
from mt.glossary.extraction.english_names import acronyms, expansions
from mt.glossary.extraction.organisations import acronym_pairs, with_names
from mt.glossary.extraction.phrases import AlignedSpan
from mt.glossary.extraction.statistics import PhrasePair, collect, normalised
from mt.glossary.extraction.termhood import confidences
from mt.glossary.matching.folding import fold_source
from mt.glossary.term import Term, make_term
from mt.text.stop_words import common_words

# Below this nearly nothing is right.
LEAST_CONFIDENCE = 0.02
_SHORT = 200  # segments of a text in which organisations and names recur too seldom for phrases to find them
_SURE = 0.3  # confidence from which the phrases of an acronym are enough
_TARGETS = 4  # most renderings of one source
_CONTEXT = 40  # characters on either side
_POSSESSIVE = re.compile(r"['’]s?$")


@dataclass(frozen=True)
class Candidate:
    """A proposed entry.

    Args:
        source: the term in Chinese, as it occurs.
        renderings: its translations, with how often each goes with it, the best first.
        kind: ``person`` (the pinyin of the source spells the target), ``organisation``, ``acronym``, ``name``
            (capitalised), ``term``.
        acronym, full: short form and full name, where the text gives both.
        confidence: probability that a house would list it, see :mod:`mt.glossary.extraction.termhood`.
        source_count, target_count: occurrences of the source, and of the best rendering in whatever case and number.
        source_example, target_example: an occurrence of both, with what stands around it.
    """

    source: str
    renderings: tuple[tuple[str, int], ...]
    kind: str
    acronym: str | None
    full: str | None
    confidence: float
    source_count: int
    target_count: int
    source_example: str
    target_example: str

    @property
    def term(self) -> Term:
        """The entry as the glossary would have it."""
        targets = [target for target, _ in self.renderings]
        return make_term(self.source, targets, acronym=self.acronym, full=self.full)


def extract(
    pairs: Sequence[tuple[str, str]],
    links: Sequence[Sequence[AlignedSpan]],
    *,
    min_count: int = 1,
    min_confidence: float = LEAST_CONFIDENCE,
    exclude: Iterable[str] = (),
) -> list[Candidate]:
    """Propose entries from (Chinese, English) segments, the most likely first.

    Args:
        pairs: the segments, cleaned.
        links: their word alignment, as :class:`mt.inference.alignment.Aligner` gives it.
        min_count: occurrences that source and target must have together.
        min_confidence: least probability of being an entry.
        exclude: sources not to propose, such as those of a glossary in use; script and width do not count.
    """
    found = collect(pairs, links)
    scores = dict(zip(map(id, found), confidences(found, len(pairs)), strict=True))
    if len(pairs) <= _SHORT:
        named = acronym_pairs(pairs, links)
        targets = {pair.target for pair, _ in named}
        # The links that are added are no evidence for the names themselves.
        sure = [pair for pair in found if pair.target in targets and scores[id(pair)] >= _SURE]
        targets_sure = {pair.target for pair in sure}
        others = collect(pairs, with_names(pairs, links, [pair for pair, _ in named]))
        scores |= dict(zip(map(id, others), confidences(others, len(pairs)), strict=True))
        scores |= {id(pair): confidence for pair, confidence in named}
        found = [pair for pair in others if pair.target not in targets] + sure
        found += [pair for pair, _ in named if pair.target not in targets_sure]
    found = [pair for pair in found if scores[id(pair)] >= min_confidence / 4 and pair.count >= min_count]
    found.sort(key=lambda pair: (-scores[id(pair)], pair.source, pair.target))
    by_source: dict[str, list[PhrasePair]] = defaultdict(list)
    for pair in found:
        by_source[pair.source].append(pair)
    unwanted = {fold_source(source) for source in exclude}
    likely = (pair for pair in found if scores[id(pair)] >= min_confidence)
    display = _Display(pairs)
    return [
        display.candidate(pair, _renderings(by_source[pair.source], scores), scores[id(pair)])
        for pair in _distinct(likely)
        if fold_source(pair.source) not in unwanted
    ]


def _distinct(pairs: Iterable[PhrasePair]) -> Iterator[PhrasePair]:
    """Leave out pairs whose source is there already, in another cut or only within longer ones."""
    sources: set[str] = set()
    of_target: dict[str, list[str]] = defaultdict(list)
    within: dict[str, set[str]] = defaultdict(set)
    counts: dict[str, int] = {}
    for pair in pairs:
        source = pair.source
        same = any(source in other or other in source for other in of_target[pair.target])
        covered = sum(counts[other] for other in within[source])
        if source in sources or same or (covered and pair.source_count - covered < max(1, pair.source_count / 5)):
            continue
        sources.add(source)
        of_target[pair.target].append(source)
        counts[source] = pair.source_count
        for start in range(len(source)):
            for end in range(start + 1, len(source) + (start > 0)):
                within[source[start:end]].add(source)
        yield pair


def _renderings(pairs: list[PhrasePair], scores: dict[int, float]) -> list[PhrasePair]:
    """Return the pairs of a source, the best first, whose targets translate it too."""
    best = scores[id(pairs[0])]
    words = set(pairs[0].target.split())
    kept = pairs[:1] + [
        pair
        for pair in pairs[1:]
        if not (words <= set(pair.target.split()) or words >= set(pair.target.split()))
        and (scores[id(pair)] > 0.3 * best or (pair.count > 1 and pair.count >= 0.15 * pair.source_count))
    ]
    return kept[:_TARGETS]


class _Display:
    """Writes what was found as the text does where nothing but the word itself decides its capitals."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self.pairs = pairs
        english = [en for _, en in pairs]
        self._lower = {word for en in english for word in re.findall(r"(?<!\w)[a-z]+(?!\w)", en)}
        expanded = [one for en in english for one in expansions(en)]
        self._full = {acronym: full for full, acronym in reversed(expanded)}
        self._acronym = {normalised(full): acronym for acronym, full in self._full.items()}

    def candidate(self, pair: PhrasePair, renderings: Sequence[PhrasePair], confidence: float) -> Candidate:
        written = Counter[str]()
        for own in renderings:
            written[self._written(own)] += own.count
        targets = tuple(written.items())  # in the order of the renderings
        names = [target for target, _ in targets]
        acronym = next((name for name in names if name in self._full), None)
        acronym = acronym or next(
            (self._acronym[own.target] for own in renderings if own.target in self._acronym), None
        )
        full = self._full.get(acronym) if acronym else None
        if acronym is None and is_organisation(pair.source) and self._is_acronym(names[0]):
            acronym = names[0]
        zh, en = self.pairs[pair.segments[0]]
        surface = next(name for name in pair.surfaces if name in en)
        return Candidate(
            pair.source,
            targets,
            self._kind(pair.source, names[0]),
            acronym,
            full,
            round(confidence, 3),
            pair.source_count,
            pair.target_count,
            _example(zh, pair.source),
            _example(en, surface),
        )

    def _written(self, pair: PhrasePair) -> str:
        """Return the commonest way a target is written, in the singular and in lower case where it ever is."""
        counts = Counter[str]()
        for surface, count in pair.surfaces.items():
            text = _POSSESSIVE.sub("", surface) if normalised(surface) == normalised(surface[:-2]) else surface
            counts[text] += count
        # In a heading or at the head of a sentence a capital says nothing.
        lower = {text for text in counts if text == text.lower()}
        kept = lower if lower and not self._is_name(pair, counts) else set(counts)
        text = max(kept, key=lambda text: (normalised(text) == text.lower().replace("-", " "), counts[text], text))
        if lower or self._is_name(pair, counts):
            return text
        words = text.split(" ")
        decided = [
            word if word[1:] != word[1:].lower() or word.lower() not in self._lower else word.lower() for word in words
        ]
        every = all(word.lower() in self._lower or not word[0].isupper() for word in words)
        if every and (pair.initial == pair.count or len(words) == 1):
            return " ".join(decided)
        return text

    @staticmethod
    def _is_name(pair: PhrasePair, counts: Counter[str]) -> bool:
        """Whether a target has capitals in most places where a common noun has none."""
        capitals = sum(count for text, count in counts.items() if text[0].isupper()) - pair.initial
        return 2 * capitals > sum(counts.values()) - pair.initial

    def _kind(self, source: str, target: str) -> str:
        if target[0].isupper() and source in transliterations(target, source):
            return "person" if " " in target else "name"
        if is_organisation(source) and target[0].isupper():
            return "organisation"
        if self._is_acronym(target):
            return "acronym"
        return "name" if target[0].isupper() and target.lower() not in self._lower | common_words() else "term"

    def _is_acronym(self, target: str) -> bool:
        # Words in capitals throughout in a heading are none.
        return acronyms(target) == [target] and target.lower() not in self._lower | common_words()


def _example(text: str, part: str) -> str:
    start = text.find(part)
    return " ".join(text[max(0, start - _CONTEXT) : start + len(part) + _CONTEXT].split())
