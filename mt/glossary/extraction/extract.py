"""Propose glossary entries from aligned text, with the evidence a person needs to judge them."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mt.glossary.extraction.association import log_likelihood_ratio
from mt.glossary.extraction.chinese_terms import (
    chinese_places,
    english_places,
    organisations,
    recurring_strings,
    transliterations,
)
from mt.glossary.extraction.english_names import acronyms, capitalised_names, expansions, repeated_phrases
from mt.glossary.formats.options import escape

__all__ = ["CHI_SQUARE_001", "Candidate", "extract", "write_candidates"]

CHI_SQUARE_001 = 10.83
_CONTEXT = 30


@dataclass(frozen=True)
class Candidate:
    """A proposed entry.

    ``kind``: ``transliteration`` (the pinyin of the source spells the target), ``acronym``, ``name`` (capitalised),
    ``term`` (a recurring phrase), ``organisation`` (Chinese only, nothing in English found for it).
    ``score`` is the log-likelihood ratio G² of Dunning (1993) over segments; counts are of segments. Either side is
    empty where nothing goes with the other.
    """

    source: str
    target: str
    kind: str
    score: float
    source_count: int
    target_count: int
    joint_count: int
    acronym: str | None = None
    full: str | None = None
    source_context: str = ""
    target_context: str = ""


class _Side:
    """Candidates of one language: where each occurs, and how."""

    def __init__(self) -> None:
        self.segments: dict[str, set[int]] = defaultdict(set)
        self.occurrences: Counter[str] = Counter()
        self.kinds: dict[str, str] = {}
        self.places: dict[str, list[float]] = defaultdict(list)

    def add(self, text: str, kind: str, index: int, place: float) -> None:
        self.segments[text].add(index)
        self.occurrences[text] += 1
        self.kinds.setdefault(text, kind)
        self.places[text].append(index + min(place, 0.999))


def extract(
    pairs: Sequence[tuple[str, str]], *, min_count: int = 1, min_score: float = CHI_SQUARE_001
) -> list[Candidate]:
    """Propose entries from aligned (Chinese, English) segments.

    English acronyms and capitalised names are paired with recurring strings, organisations' names and
    transliterations in the Chinese by competitive linking (Melamed 2000): the strongest pair first, each side once,
    strength being pinyin agreement and then the log-likelihood ratio; ties go to the likelier place in the segment.
    Recurring lower-case phrases are proposed only above ``min_score``.

    Args:
        min_count: occurrences a name or an acronym needs.
        min_score: least G² of a ``term``.

    Returns:
        Candidates by kind (transliterations, acronyms, names, terms, Chinese alone) and falling score.
    """
    chinese, english = _Side(), _Side()
    full_names = {short: full for _, en in pairs for full, short in expansions(en)}
    _collect_english(pairs, english, set(full_names.values()), min_count)
    spelled = _collect_chinese(pairs, chinese, english)
    for short, full in full_names.items():
        # The two are one candidate: wherever either stands, it occurs.
        if full in english.kinds and short in english.kinds:
            english.segments[short] |= english.segments.pop(full)
            del english.kinds[full]
    links = _link(chinese, english, spelled, full_names, len(pairs), min_score)
    candidates = []
    linked = {target: (source, score) for source, target, score in links}
    for target, kind in english.kinds.items():
        source, score = linked.get(target, ("", 0.0))
        if kind == "term" and not source:
            continue
        if source and source in spelled.get(target, ()):
            kind = "transliteration"
        candidates.append(_candidate(pairs, chinese, english, source, target, kind, score, full_names.get(target)))
    used = {source for source, _, _ in links}
    for source, kind in chinese.kinds.items():
        if kind == "organisation" and source not in used:
            candidates.append(_candidate(pairs, chinese, english, source, "", kind, 0.0, None))
    order = {"transliteration": 0, "acronym": 1, "name": 2, "term": 3, "organisation": 4}
    return sorted(candidates, key=lambda item: (order[item.kind], -item.score, -item.target_count, item.target))


def _collect_english(pairs: Sequence[tuple[str, str]], english: _Side, full: set[str], min_count: int) -> None:
    short, names, initial = Counter[str](), Counter[str](), Counter[str]()
    for _, en in pairs:
        short.update(acronyms(en))
        for name, opens in capitalised_names(en):
            names[name] += 1
            initial[name] += opens
    # One capitalised word at the head of a sentence is no name; elsewhere or with others it may be.
    wanted = {
        name: "name"
        for name, count in names.items()
        if count >= min_count and (" " in name or "-" in name or count > initial[name])
    }
    wanted |= dict.fromkeys((name for name, count in short.items() if count >= min_count), "acronym")
    wanted |= dict.fromkeys(full, "name")
    lower = repeated_phrases([en for _, en in pairs], max(2, min_count))
    taken = {name.lower() for name in wanted}
    wanted |= {phrase: "term" for phrase in lower if phrase not in taken and len(phrase) > 2}
    _locate(english, wanted, ((index, en.lower(), str.lower) for index, (_, en) in enumerate(pairs)))


def _locate(side: _Side, wanted: dict[str, str], texts: Iterable[tuple[int, str, Callable[[str], str]]]) -> None:
    """Find every occurrence of the wanted strings with one automaton."""
    import ahocorasick_rs

    from mt.glossary.matching.folding import word_bounded

    if not wanted:
        return
    names = list(wanted)
    automaton = None
    for index, text, fold in texts:
        if automaton is None:
            automaton = ahocorasick_rs.AhoCorasick([fold(name) for name in names])
        for number, start, end in automaton.find_matches_as_indexes(text, overlapping=True):
            if word_bounded(text, start, end):
                side.add(names[number], wanted[names[number]], index, (start + end) / 2 / max(1, len(text)))


def _collect_chinese(pairs: Sequence[tuple[str, str]], chinese: _Side, english: _Side) -> dict[str, set[str]]:
    """Collect Chinese candidates; returned are the transliterations found for each English name."""
    spelled: dict[str, set[str]] = defaultdict(set)
    wanted: dict[str, str] = {}
    for target, kind in english.kinds.items():
        if kind == "name":
            for index in english.segments[target]:
                spelled[target].update(transliterations(target, pairs[index][0]))
            wanted |= dict.fromkeys(spelled[target], "transliteration")
    for zh, _ in pairs:
        wanted |= {name: "organisation" for name in organisations(zh) if name not in wanted}
    recurring = recurring_strings([zh for zh, _ in pairs], 2)
    wanted |= {gram: "recurring" for gram in recurring if gram not in wanted}
    _locate(chinese, wanted, ((index, zh, str) for index, (zh, _) in enumerate(pairs)))
    return spelled


def _link(
    chinese: _Side,
    english: _Side,
    spelled: dict[str, set[str]],
    full_names: dict[str, str],
    total: int,
    min_score: float,
) -> list[tuple[str, str, float]]:
    """Link the two sides one to one, the strongest pair first; returned are (source, target, G²)."""
    by_segment: dict[int, list[str]] = defaultdict(list)
    for source, segments in chinese.segments.items():
        for index in segments:
            by_segment[index].append(source)
    scored = []
    for target, segments in english.segments.items():
        kind = english.kinds[target]
        joint = Counter(source for index in segments for source in by_segment[index])
        for source, both in joint.items():
            agrees = source in spelled.get(target, ())
            if not agrees and (chinese.kinds[source] == "transliteration" or spelled.get(target)):
                continue
            score = log_likelihood_ratio(both, len(chinese.segments[source]), len(segments), total)
            # Two recurring strings need the statistic; a name or an organisation is a candidate by its form.
            recurring = chinese.kinds[source] == "recurring"
            if not agrees and (score < (min_score if kind == "term" else 0.0) or (recurring and both < 2)):
                continue
            fits = agrees or (chinese.kinds[source] == "organisation") == (kind == "acronym")
            counts = abs(chinese.occurrences[source] - english.occurrences[target])
            distance = _distance(chinese.places[source], english.places[target])
            rank = (
                not agrees,
                -score,
                -_same_place(source, full_names.get(target, target)),
                not fits,
                counts,
                distance,
            )
            scored.append(((*rank, -len(source)), source, target, score))
    scored.sort()
    links, sources, targets = [], set(), set()
    for _, source, target, score in scored:
        if source not in sources and target not in targets:
            sources.add(source)
            targets.add(target)
            links.append((source, target, score))
    return links


def _same_place(source: str, target: str) -> int:
    """1 if both name a province and it is the same, -1 if they name different ones, else 0."""
    one, other = chinese_places(source), english_places(target)
    if not one or not other:
        return 0
    return 1 if one & other else -1


def _distance(first: Sequence[float], second: Sequence[float]) -> float:
    """Mean distance, in parts of a segment, from each occurrence to the nearest of the other."""
    return sum(min(abs(one - other) for other in second) for one in first) / len(first)


def _candidate(
    pairs: Sequence[tuple[str, str]],
    chinese: _Side,
    english: _Side,
    source: str,
    target: str,
    kind: str,
    score: float,
    full: str | None,
) -> Candidate:
    left = chinese.segments.get(source, set()) if source else set()
    right = english.segments.get(target, set()) if target else set()
    index = min(left & right or left or right)
    zh, en = pairs[index]
    return Candidate(
        source,
        target,
        kind,
        round(score, 2),
        len(left),
        len(right),
        len(left & right),
        acronym=target if kind == "acronym" else None,
        full=full,
        source_context=_context(zh, source),
        target_context=_context(en, target),
    )


def _context(text: str, part: str) -> str:
    start = text.lower().find(part.lower()) if part else -1
    if start < 0:
        return ""
    return text[max(0, start - _CONTEXT) : start + len(part) + _CONTEXT].strip()


def write_candidates(candidates: Sequence[Candidate]) -> str:
    """Write candidates as a table a person edits: once every row kept has both sides, it loads as a glossary."""
    out = io.StringIO(newline="")
    writer = csv.writer(
        out, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, escapechar=None, quotechar=None
    )
    columns = "source target acronym full kind g2 zh_segments en_segments both zh_context en_context"
    writer.writerow(columns.split())
    for item in candidates:
        cells = [escape(item.source, "|"), escape(item.target, "|"), item.acronym or "", escape(item.full or "", ";")]
        counts = [f"{item.score:.2f}", str(item.source_count), str(item.target_count), str(item.joint_count)]
        contexts = [" ".join(item.source_context.split()), " ".join(item.target_context.split())]
        writer.writerow([*cells, item.kind, *counts, *contexts])
    return out.getvalue()
