"""Phrase pairs that a word alignment allows: strings of the two sides whose words are linked to each other alone.

They are those of phrase-based translation (Koehn, Och & Marcu 2003, "Statistical Phrase-Based Translation") with the
boundaries of terms: none begins or ends with a function word, and none crosses a mark of punctuation.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mt.glossary.extraction.chinese_terms import organisations
from mt.glossary.extraction.english_names import acronyms, expansions
from mt.text.han import HAN, is_han
from mt.text.stop_words import COMMON_WORDS

Span = tuple[int, int]
AlignedSpan = tuple[int, int, int, int, float]  # source start and end, target start and end, probability

_LONGEST = 9  # words of a target
_LONGEST_SOURCE = 24  # characters
_WEAK = 0.5
_ORPHANS = 2  # so many characters between a source and the next link may be a part of it
_UNLINKED = 3  # characters without a link that may be added at either end of a source
_WORD = re.compile(r"[A-Z]+\$|[^\W_]+(?:(?:['’][^\W\d_]+|[-.&/+][^\W_]+))*\+?|[^\w\s]")
# Characters that hardly begin or end a term.
LOOSE = frozenset(
    "的了和与及在是将把被就也都还而并或从以其之于着过对为由使让到此该本各等至若如则且亦又均已将所个名位家项年月日"
)
_EDGE_START = frozenset("的了和与及在是将把被就也都还而并或从以其之于着过对由让到此该等至若如则且亦又均已所们者")
_EDGE_END = frozenset("的了和与及在是将把被就也还而并或从以其之于着过对由让到此该至若如则且亦又均已所为第")
_INSIDE = re.compile(rf"[{HAN}A-Za-z0-9《》（）()“”·\-–&+./% ]+")
_BRACKETED = re.compile(r"\s?[(（]((?=[^)）]*[A-Z][^)）]*[A-Z])[\w&/-]{2,12})[)）]")
_LINKING = frozenset({"of", "for", "and", "the", "in", "on", "to", "with", "a", "an", "by", "at", "from", "as"})


class Phrase(NamedTuple):
    """One occurrence of a phrase pair in a segment."""

    source: str
    target: str
    probability: float  # mean of its links
    source_start: int
    target_start: int
    linked: float  # share of the source's characters that have a link


def phrases(source: str, target: str, links: Sequence[AlignedSpan]) -> Iterator[Phrase]:
    """Yield the phrase pairs of a segment, and with a full name its acronym in brackets too."""
    words = _words(target)
    of_word, of_character, strength = _linked(source, words, links)
    names = organisations(source)
    short = dict(expansions(target))
    for first, word in enumerate(words):
        if word.kind != "content":
            continue
        own: set[int] = set()
        content = 0
        for last in range(first, min(first + _LONGEST, len(words))):
            if words[last].kind == "mark" or (words[last].kind == "function" and words[last].text not in _LINKING):
                break
            own |= of_word[last]
            content += words[last].kind == "content"
            if words[last].kind != "content" or not own or not _anchored(of_word, first, last):
                continue
            span = _consistent(source, own, of_character, first, last)
            if span is None:
                continue
            mean = sum(strength[first : last + 1]) / content
            cuts = {cut: _covered(source, cut, of_character) for cut in _extended(source, span, of_character)}
            text = target[word.start : words[last].end]
            if text[0].isupper():
                # An acronym stands for the whole name, to whichever words its parts are linked.
                allowed = None if acronyms(text) == [text] else range(first, last + 1)
                cuts |= dict.fromkeys(_within(span, names, of_character, allowed), 1.0)
            for cut, share in cuts.items():
                found = Phrase(source[slice(*cut)], text, mean, cut[0], word.start, share)
                yield found
                if text in short:
                    yield found._replace(target=short[text])


class _Word(NamedTuple):
    start: int
    end: int
    text: str  # in lower case
    kind: str  # content, function, mark


def _words(target: str) -> list[_Word]:
    bracketed = [match.span(1) for match in _BRACKETED.finditer(target)]
    words = []
    for match in _WORD.finditer(target):
        text = match[0].lower()
        function = text in COMMON_WORDS and not (match[0].isupper() and len(text) > 1)
        # An acronym after its full name is linked to the same characters, which must not part them.
        mark = not text[0].isalnum() or any(start <= match.start() < end for start, end in bracketed)
        words.append(_Word(match.start(), match.end(), text, "mark" if mark else "function" if function else "content"))
    return words


def _linked(
    source: str, words: Sequence[_Word], links: Sequence[AlignedSpan]
) -> tuple[list[set[int]], list[set[int]], list[float]]:
    """Return of each word the characters it is linked to, of each character the words, and words' best links.

    Links of function words and those much weaker than another of the same word or character say nothing.
    """
    pairs: dict[tuple[int, int], float] = {}
    number = 0
    for start, end, first, last, probability in sorted(links, key=lambda link: link[2]):
        while number < len(words) and words[number].end <= first:
            number += 1
        for index in range(number, len(words)):
            if words[index].start >= last:
                break
            if words[index].kind == "content":
                for place in range(start, end):
                    if source[place].isalnum() and not (end - start == 1 and source[place] in LOOSE):
                        pairs[index, place] = max(pairs.get((index, place), 0.0), probability)
    best_word, best_character = [0.0] * len(words), [0.0] * len(source)
    for (index, place), probability in pairs.items():
        best_word[index] = max(best_word[index], probability)
        best_character[place] = max(best_character[place], probability)
    of_word: list[set[int]] = [set() for _ in words]
    of_character: list[set[int]] = [set() for _ in source]
    for (index, place), probability in pairs.items():
        if probability >= _WEAK * best_word[index] and probability >= _WEAK * best_character[place]:
            of_word[index].add(place)
            of_character[place].add(index)
    return of_word, of_character, best_word


def _anchored(of_word: Sequence[set[int]], first: int, last: int) -> bool:
    """Whether no more than one word at each end has no link: it belongs to the words beside it."""
    size = last - first + 1
    return any(of_word[first : first + min(2, size)]) and any(of_word[last - min(2, size) + 1 : last + 1])


def _consistent(source: str, own: set[int], of_character: Sequence[set[int]], first: int, last: int) -> Span | None:
    """Return the span of linked characters, if none of it is linked to words outside and no punctuation is in it."""
    start, end = min(own), max(own) + 1
    if end - start > _LONGEST_SOURCE or not _INSIDE.fullmatch(source, start, end):
        return None
    for place in range(start, end):
        if any(not first <= index <= last for index in of_character[place]):
            return None
    return start, end


def _extended(source: str, span: Span, of_character: Sequence[set[int]]) -> Iterator[Span]:
    """Yield a span and those with characters around it that have no link."""
    starts, ends = [span[0]], [span[1]]
    while len(starts) <= _UNLINKED and _free(source, starts[-1] - 1, of_character):
        starts.append(starts[-1] - 1)
    while len(ends) <= _UNLINKED and _free(source, ends[-1], of_character):
        ends.append(ends[-1] + 1)
    cuts = (_trimmed(source, start, end) for start in starts for end in ends)
    yield from dict.fromkeys(cut for cut in cuts if cut is not None)


def _within(span: Span, names: Sequence[Span], of_character: Sequence[set[int]], words: range | None) -> Iterator[Span]:
    """Yield the organisation's name that a span is in, if none of it is linked to words other than those given."""
    for start, end in names:
        own = {index for place in range(start, end) for index in of_character[place]}
        if start <= span[0] and span[1] <= end and (words is None or own.issubset(words)):
            yield start, end


def _covered(source: str, cut: Span, of_character: Sequence[set[int]]) -> float:
    """Return the share of linked characters in a span and in what it leaves between itself and the next link."""
    left = right = 0
    while _free(source, cut[0] - left - 1, of_character):
        left += 1
    while _free(source, cut[1] + right, of_character):
        right += 1
    beyond = source[max(0, cut[0] - left - 1) : cut[0] - left], source[cut[1] + right : cut[1] + right + 1]
    left, right = (
        size if size <= _ORPHANS and other not in LOOSE else 0
        for size, other in zip((left, right), beyond, strict=True)
    )
    return sum(bool(of_character[place]) for place in range(*cut)) / (cut[1] - cut[0] + left + right)


def _free(source: str, place: int, of_character: Sequence[set[int]]) -> bool:
    return 0 <= place < len(source) and not of_character[place] and is_han(source[place]) and source[place] not in LOOSE


def _trimmed(source: str, start: int, end: int) -> Span | None:
    """Return a span without brackets and quotes around it; None where it begins or ends as no term does."""
    while start < end and source[start] in "《（(“” -–·./":
        start += 1
    while end > start and source[end - 1] in "》）)“” -–·./":
        end -= 1
    text = source[start:end]
    for opening, closing in ("《》", "（）", "“”"):
        if text.count(opening) != text.count(closing):
            if source[end : end + 1] == closing and text.count(opening) == text.count(closing) + 1:
                end += 1
            elif source[start - 1 : start] == opening and text.count(closing) == text.count(opening) + 1:
                start -= 1
            else:
                return None
            text = source[start:end]
    if len(text) < 2 or text[0] in _EDGE_START or text[-1] in _EDGE_END or not re.search(rf"[{HAN}]", text):
        return None
    # No number and no Latin word is cut.
    if start and re.match(r"[A-Za-z0-9.,]{2}", source[start - 1 : start + 1]):
        return None
    if re.match(r"[A-Za-z0-9.,]{2}", source[end - 1 : end + 1]):
        return None
    return start, end
