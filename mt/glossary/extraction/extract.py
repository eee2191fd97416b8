"""Propose glossary entries from aligned text, with the evidence a person needs to judge them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import ahocorasick_rs

from mt.glossary.extraction.association import log_likelihood_ratio
from mt.glossary.extraction.chinese_terms import organisations, recurring_strings, same_province, transliterations
from mt.glossary.extraction.english_names import acronyms, capitalised_names, expansions, repeated_phrases
from mt.glossary.formats.options import escape, format_options, guarded
from mt.glossary.matching.folding import word_bounded
from mt.glossary.term import Term

CHI_SQUARE_001 = 10.83
_CONTEXT = 30  # characters on either side
_KINDS = ("transliteration", "acronym", "name", "term", "organisation")  # in the order of the table


class Candidate(NamedTuple):
    """A proposed entry; either side is empty where nothing goes with the other.

    ``kind`` is ``transliteration`` (the pinyin of the source spells the target), ``acronym``, ``name`` (capitalised),
    ``term`` (a recurring phrase) or ``organisation`` (Chinese only, nothing in English found for it).
    """

    source: str
    target: str
    kind: str
    full: str | None  # name of an acronym, where the text gives it
    score: float  # log-likelihood ratio G² of Dunning (1993) over segments
    source_count: int  # segments that hold the one, the other, and both
    target_count: int
    joint_count: int
    source_context: str  # an occurrence, in one segment where there is one
    target_context: str


class _Side:
    """Candidates of one language, name → kind, with where each occurs; those that do not occur are dropped."""

    def __init__(self, texts: Sequence[str], kinds: Mapping[str, str], *, lower: bool) -> None:
        self.segments: dict[str, set[int]] = defaultdict(set)
        # Of each occurrence, the segment's number and, as its fraction, the place within the segment.
        self.places: dict[str, list[float]] = defaultdict(list)
        names = list(kinds)
        automaton = ahocorasick_rs.AhoCorasick([name.lower() if lower else name for name in names])
        for index, text in enumerate(map(str.lower, texts) if lower else texts):
            for number, start, end in automaton.find_matches_as_indexes(text, overlapping=True):
                if word_bounded(text, start, end):
                    self.segments[names[number]].add(index)
                    self.places[names[number]].append(index + min((start + end) / 2 / len(text), 0.999))
        self.kinds = {name: kinds[name] for name in self.segments}


def extract(
    pairs: Sequence[tuple[str, str]], *, min_count: int = 1, min_score: float = CHI_SQUARE_001
) -> list[Candidate]:
    """Propose entries from aligned (Chinese, English) segments.

    English acronyms and capitalised names of at least ``min_count`` occurrences are paired with recurring strings,
    organisations' names and transliterations in the Chinese by competitive linking (Melamed 2000): the strongest pair
    first, each side once, strength being pinyin agreement and then the log-likelihood ratio. Recurring lower-case
    phrases are proposed only from a G² of ``min_score`` on. Candidates come by kind and falling score.
    """
    candidates = _Linker(pairs, min_count, min_score).candidates() if pairs else []
    return sorted(candidates, key=lambda one: (_KINDS.index(one.kind), -one.score, -one.target_count, one.target))


class _Linker:
    """Links the candidates of the two sides of a text."""

    def __init__(self, pairs: Sequence[tuple[str, str]], min_count: int, min_score: float) -> None:
        self.pairs, self.min_score = pairs, min_score
        self.chinese_texts, self.english_texts = [zh for zh, _ in pairs], [en for _, en in pairs]
        self.full_names = {short: full for text in self.english_texts for full, short in expansions(text)}
        self.english = _Side(self.english_texts, self._english_kinds(min_count), lower=True)
        # English name → the transliterations found for it.
        self.spelled = {
            target: {
                found for index in self.english.segments[target] for found in transliterations(target, pairs[index][0])
            }
            for target, kind in self.english.kinds.items()
            if kind == "name"
        }
        self.chinese = _Side(self.chinese_texts, self._chinese_kinds(), lower=False)
        for short, full in self.full_names.items():
            # The two are one candidate: wherever either is, it occurs.
            if full in self.english.kinds and short in self.english.kinds:
                self.english.segments[short] |= self.english.segments.pop(full)
                del self.english.kinds[full]

    def candidates(self) -> list[Candidate]:
        """Return every candidate, linked or alone."""
        links = self._links()
        found = []
        for target, kind in self.english.kinds.items():
            source, score = links.get(target, ("", 0.0))
            if source or kind != "term":
                found.append(self._candidate(source, target, kind, score))
        linked = {source for source, _ in links.values()}
        alone = [one for one, kind in self.chinese.kinds.items() if kind == "organisation" and one not in linked]
        return found + [self._candidate(source, "", "organisation", 0.0) for source in alone]

    def _english_kinds(self, min_count: int) -> dict[str, str]:
        short, names, initial = Counter[str](), Counter[str](), Counter[str]()
        for text in self.english_texts:
            short.update(acronyms(text))
            for name, opens in capitalised_names(text):
                names[name] += 1
                initial[name] += opens
        # One capitalised word at the head of a sentence is no name; elsewhere or with others it may be.
        common = [name for name, count in names.items() if count >= min_count]
        kinds = {name: "name" for name in common if " " in name or "-" in name or names[name] > initial[name]}
        kinds |= dict.fromkeys((name for name, count in short.items() if count >= min_count), "acronym")
        kinds |= dict.fromkeys(self.full_names.values(), "name")
        taken = {name.lower() for name in kinds}
        phrases = repeated_phrases(self.english_texts, max(2, min_count))
        return kinds | {phrase: "term" for phrase in phrases if phrase not in taken and len(phrase) > 2}

    def _chinese_kinds(self) -> dict[str, str]:
        kinds = dict.fromkeys(recurring_strings(self.chinese_texts, 2), "recurring")
        kinds |= dict.fromkeys((name for text in self.chinese_texts for name in organisations(text)), "organisation")
        return kinds | dict.fromkeys((name for names in self.spelled.values() for name in names), "transliteration")

    def _agrees(self, source: str, target: str) -> bool:
        return source in self.spelled.get(target, ())

    def _links(self) -> dict[str, tuple[str, float]]:
        """Link the two sides one to one, the strongest pair first; returned is target → (source, G²)."""
        by_segment: dict[int, list[str]] = defaultdict(list)
        for source, segments in self.chinese.segments.items():
            for index in segments:
                by_segment[index].append(source)
        scored = []
        for target, segments in self.english.segments.items():
            joint = Counter(source for index in segments for source in by_segment[index])
            scored += [link for source, both in joint.items() if (link := self._link(source, target, both)) is not None]
        links: dict[str, tuple[str, float]] = {}
        sources = set()
        for _, source, target, score in sorted(scored):
            if source not in sources and target not in links:
                sources.add(source)
                links[target] = source, score
        return links

    def _link(self, source: str, target: str, both: int) -> tuple[tuple[float, ...], str, str, float] | None:
        """Return (rank, source, target, G²) of a pair in ``both`` segments, or ``None`` if it is too weak."""
        chinese, english = self.chinese, self.english
        kinds, agrees = (chinese.kinds[source], english.kinds[target]), self._agrees(source, target)
        if not agrees and (kinds[0] == "transliteration" or self.spelled.get(target)):
            return None
        counts = (len(chinese.segments[source]), len(english.segments[target]))
        score = log_likelihood_ratio(both, *counts, len(self.pairs))
        # Two recurring strings need the statistic; a name or an organisation is a candidate by its form.
        least = self.min_score if kinds[1] == "term" else 0.0
        if not agrees and (score < least or (kinds[0] == "recurring" and both < 2)):
            return None
        fits = agrees or (kinds[0] == "organisation") == (kinds[1] == "acronym")
        places = chinese.places[source], english.places[target]
        same = same_province(source, self.full_names.get(target, target))
        difference = abs(len(places[0]) - len(places[1]))
        rank = (not agrees, -score, -same, not fits, difference, _distance(*places), -len(source))
        return rank, source, target, score

    def _candidate(self, source: str, target: str, kind: str, score: float) -> Candidate:
        left, right = self.chinese.segments.get(source, set()), self.english.segments.get(target, set())
        zh, en = self.pairs[min(left & right or left or right)]
        kind = "transliteration" if self._agrees(source, target) else kind
        counts, contexts = (len(left), len(right), len(left & right)), (_context(zh, source), _context(en, target))
        return Candidate(source, target, kind, self.full_names.get(target), round(score, 2), *counts, *contexts)


def _distance(first: Sequence[float], second: Sequence[float]) -> float:
    """Mean distance, in parts of a segment, from each occurrence to the nearest of the other."""
    return sum(min(abs(one - other) for other in second) for one in first) / len(first)


def _context(text: str, part: str) -> str:
    start = text.lower().find(part.lower()) if part else -1
    return text[max(0, start - _CONTEXT) : start + len(part) + _CONTEXT].strip() if start >= 0 else ""


def write_candidates(candidates: Sequence[Candidate]) -> str:
    """Write candidates as a table a person edits: once every row kept has both sides, it loads as a glossary."""
    rows = ["source target options kind g2 zh_segments en_segments both zh_context en_context".split()]
    for item in candidates:
        acronym = item.target if item.kind == "acronym" else None
        options = format_options(Term(item.source or "-", (item.target or "-",), acronym=acronym, full=item.full))
        cells = [guarded(escape(item.source, "")), guarded(escape(item.target, "|")), options]
        counts = [f"{item.score:.2f}", str(item.source_count), str(item.target_count), str(item.joint_count)]
        contexts = (" ".join(context.split()) for context in (item.source_context, item.target_context))
        rows.append([*cells, item.kind, *counts, *map(guarded, contexts)])
    return "".join("\t".join(row) + "\n" for row in rows)
