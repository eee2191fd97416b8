"""Acronyms in English tied to organisations' names in Chinese, where a text is too short for phrases to tell."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from mt.glossary.extraction.association import log_likelihood_ratio
from mt.glossary.extraction.chinese_terms import organisations, transliterations
from mt.glossary.extraction.english_names import acronyms, expansions
from mt.glossary.extraction.phrases import AlignedSpan
from mt.glossary.extraction.statistics import PhrasePair, normalised
from mt.text.stop_words import common_words

# An acronym, or some joined, that is no part of a longer name such as CPC Central Committee.
_ALONE = re.compile(r"(?<![\w-])(?<![a-z] of )(?<![A-Z][a-z] )[A-Z][\w&]+(?:-[A-Z][\w&]+)*(?![\w-])(?! [A-Z])")
_NAME = re.compile(r"(?<![\w-])[A-Z][a-z]+(?: [A-Z][a-z]+)?(?![\w-])")
_BEFORE_NAME = re.compile(r"(?<![\w-])([A-Z]{2,})(?: [A-Z][a-z]+)+")
_LINKED = 0.9  # probability of the links of names
_CONFIDENCE = 0.3  # of a link that nothing speaks against
_STRONG = 0.3  # probability from which a link to other words does


class _Mention(NamedTuple):
    name: str
    start: int
    end: int
    place: float  # among those of its segment, from 0 to 1
    full: tuple[int, int] = (0, 0)  # an acronym's full name


def acronym_pairs(
    pairs: Sequence[tuple[str, str]], links: Sequence[Sequence[AlignedSpan]]
) -> list[tuple[PhrasePair, float]]:
    """Link acronyms to organisations by competitive linking (Melamed 2000), the strongest first, each once.

    Strength is the share of the name that is linked to the acronym's full name and not to other words, then the
    log-likelihood ratio over segments, then the place: both sides name organisations in much the same order.

    Returns:
        Pairs of a name with the acronym and, where the text has it, its full name, each with a confidence.
    """
    segments: dict[tuple[str, str], list[int]] = defaultdict(list)
    aligned: dict[tuple[str, str], float] = {}
    apart: dict[tuple[str, str], float] = defaultdict(float)
    counts, full = Counter[str](), dict[str, str]()
    for number, (zh, en) in enumerate(pairs):
        sources, targets = _ordered(organisations(zh), zh), _acronyms(en)
        counts.update({one.name for one in (*sources, *targets)})
        full |= {one.name: en[slice(*one.full)] for one in targets if one.full[1]}
        together = [(one, other) for one in sources for other in targets]
        for key in {(one.name, other.name) for one, other in together}:
            own = [both for both in together if (both[0].name, both[1].name) == key]
            shares = [_aligned(*both, links[number]) for both in own]
            aligned[key] = max(*shares, aligned.get(key, -1.0))
            segments[key].append(number)
            apart[key] += min(abs(one.place - other.place) for one, other in own)
    ranked = []
    for (source, target), both in segments.items():
        key = source, target
        ratio = log_likelihood_ratio(len(both), counts[source], counts[target], len(pairs))
        ranked.append((-aligned[key], -ratio, abs(counts[source] - counts[target]), apart[key] / len(both), key))
    found: list[tuple[PhrasePair, float]] = []
    taken = set[str]()
    for *_, distance, (source, target) in sorted(ranked):
        if taken.isdisjoint((source, target)):
            taken |= {source, target}
            where = segments[source, target]
            confidence = _CONFIDENCE * (1 - distance) * len(where) ** 2 / counts[source] / counts[target]
            found.append((_pair(source, target, pairs, where), confidence))
            if target in full and any(full[target] in pairs[number][1] for number in where):
                found.append((_pair(source, full[target], pairs, where), 0.99 * confidence))
    return found


def _pair(source: str, target: str, pairs: Sequence[tuple[str, str]], segments: Sequence[int]) -> PhrasePair:
    where = [number for number in segments if target in pairs[number][1]]
    pair = PhrasePair(source, normalised(target), len(where), segments=where)
    pair.surfaces[target] = pair.count
    pair.source_count = sum(zh.count(source) for zh, _ in pairs)
    pair.target_count = sum(en.count(target) for _, en in pairs)
    return pair


def with_names(
    pairs: Sequence[tuple[str, str]], links: Sequence[Sequence[AlignedSpan]], found: Sequence[PhrasePair]
) -> list[list[AlignedSpan]]:
    """Add to an alignment the links of organisations found and of names in pinyin, which bound the phrases beside."""
    added = [list(own) for own in links]
    for number, (zh, en) in enumerate(pairs):
        names = {(pair.source, text) for pair in found if number in pair.segments for text in pair.surfaces}
        for match in _NAME.finditer(en):
            names |= {(source, match[0]) for source in transliterations(match[0], zh)}
        for source, target in names:
            left = [match.span() for match in re.finditer(source, zh)]
            right = [match.span() for match in re.finditer(rf"(?<![\w-]){re.escape(target)}(?![\w-])", en)]
            if len(left) == len(right):
                added[number] += [(*one, *other, _LINKED) for one, other in zip(left, right, strict=True)]
        for match in _BEFORE_NAME.finditer(en):
            # An acronym without a link is one name with the words after it: CPC Chongqing Municipal Committee.
            start, end = match.span(1)
            if not any(link[2] < end and start < link[3] for link in links[number]):
                added[number] += [(*link[:2], start, end, link[4]) for link in links[number] if link[3] == match.end()]
    return added


def _ordered(spans: Sequence[tuple[int, int]], text: str) -> list[_Mention]:
    size = len(spans)
    return [_Mention(text[start:end], start, end, (n + 0.5) / size) for n, (start, end) in enumerate(spans)]


def _acronyms(text: str) -> list[_Mention]:
    full = {short: (text.find(name), text.find(name) + len(name)) for name, short in expansions(text)}
    spans = [
        match.span()
        for match in _ALONE.finditer(text)
        if len(match[0]) > 2 and match[0].lower() not in common_words() and "-".join(acronyms(match[0])) == match[0]
    ]
    return [one._replace(full=full.get(one.name, (0, 0))) for one in _ordered(spans, text)]


def _aligned(source: _Mention, target: _Mention, links: Sequence[AlignedSpan]) -> float:
    """Return the share of a name's characters that are linked to an acronym or its full name, less that to others."""
    own, foreign = set[int](), set[int]()
    for start, end, first, last, probability in links:
        places = range(max(start, source.start), min(end, source.end))
        if any(first < stop and begin < last for begin, stop in (target[1:3], target.full)):
            own.update(places)
        elif probability >= _STRONG:
            foreign.update(places)
    return (len(own) - len(foreign - own)) / (source.end - source.start)
