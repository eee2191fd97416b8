"""The figures of a data card: what a prepared dataset holds, what was left out, and what a person should look at."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mt.data.alignment.anchors import find_anchors
from mt.data.rules import copied, numbers_differ, odd_length, wrong_script
from mt.data.segments import letters
from mt.glossary.extraction.english_names import repeated_phrases
from mt.glossary.glossary import Glossary
from mt.glossary.matching.output_checker import check_terms
from mt.glossary.term import Term

Row = Mapping[str, Any]
_Cells = tuple[str | int, ...]

# Pairs, documents and terms that are listed; all are counted.
_LISTED = 100
# Segments of a document among which one is looked for that fits a translation better.
_WINDOW = 200
_ELSEWHERE = "may belong to"
# Another rendering of a term is plain if so many of the segments that lack the term's have it, and so few others.
_LEAST_INSTEAD, _MOST_ELSEWHERE = 0.8, 0.1


class Table(NamedTuple):
    """One part of a card: a heading, a sentence about it, and rows."""

    title: str
    note: str
    header: tuple[str, ...]
    rows: list[_Cells]


class Card(NamedTuple):
    """A data card: the most important in a few lines, and tables."""

    summary: list[str]
    tables: list[Table]


def data_card(parts: Mapping[str, Sequence[Row]], manifest: Mapping[str, Any], glossary: Glossary | None) -> Card:
    """Make the card of a prepared dataset.

    Args:
        parts: rows of the dataset by split.
        manifest: what ``prepare`` wrote.
        glossary: its terms are looked for; ``None`` for none.
    """
    rows = [row for part in parts.values() for row in part]
    left_out, duplicates, doubtful = _left_out(manifest), _duplicates(rows), list(_doubtful(rows))
    tables = [_parts(parts, manifest), _lengths(rows), left_out, _repairs(manifest), duplicates]
    why = Counter("order" if str(cells[1]).startswith(_ELSEWHERE) else cells[1] for cells in doubtful)
    reasons = ", ".join(f"{reason} {count}" for reason, count in why.most_common())
    tables.append(
        Table(
            "Pairs to look at",
            f"{len(doubtful)} pairs may not be translations of each other" + (f" ({reasons})." if reasons else "."),
            ("segment", "why", "Chinese", "English"),
            doubtful[:_LISTED],
        )
    )
    dropped, repeated = (sum(int(cells[1]) for cells in table.rows) for table in (left_out, duplicates))
    documents = len({row["document"] for row in rows})
    summary = [str(manifest["how_split"])] if manifest.get("how_split") else []
    summary.append(
        f"data card: {documents} document{'s' * (documents != 1)}, {len(rows)} segment{'s' * (len(rows) != 1)}; "
        f"{dropped} left out, {repeated} repeated, {len(doubtful)} to look at" + (f" ({reasons})" if reasons else "")
    )
    if glossary is not None:
        tables.append(_terms(rows, glossary))
        summary.append(f"glossary: {tables[-1].note}")
    return Card(summary, tables)


def _chinese(row: Row) -> str:
    return str(row["translation"]["zh"])


def _english(row: Row) -> str:
    return str(row["translation"]["en"])


def _parts(parts: Mapping[str, Sequence[Row]], manifest: Mapping[str, Any]) -> Table:
    named = dict(parts)
    for row in parts.get("train", ()):
        if row["fold"] >= 0:
            named.setdefault(f"fold {row['fold'] + 1}", [])
    folds = sorted((name for name in named if name.startswith("fold ")), key=lambda name: int(name[5:]))
    for name in folds:
        named[name] = [row for row in parts["train"] if row["fold"] == int(name[5:]) - 1]
    order = [*(folds or parts), "all"]
    named["all"] = [row for part in parts.values() for row in part]
    rows: list[_Cells] = [
        (
            name,
            len({row["document"] for row in named[name]}),
            len(named[name]),
            sum(len(_chinese(row)) for row in named[name]),
            sum(len(_english(row).split()) for row in named[name]),
        )
        for name in order
    ]
    header = ("part", "documents", "segments", "Chinese characters", "English words")
    return Table("What there is", str(manifest.get("how_split") or ""), header, rows)


def _lengths(rows: Sequence[Row]) -> Table:
    sides = {
        "Chinese characters": sorted(len(_chinese(row)) for row in rows),
        "English words": sorted(len(_english(row).split()) for row in rows),
    }
    shares = (0, 0.1, 0.5, 0.9, 1)
    cells: list[_Cells] = [
        (name, *(own[round(share * (len(own) - 1))] for share in shares)) for name, own in sides.items() if own
    ]
    header = ("a segment's", "shortest", "tenth", "half", "nine tenths", "longest")
    return Table("Lengths", "So many of the segments are at most so long.", header, cells)


def _left_out(manifest: Mapping[str, Any]) -> Table:
    drops = Counter(manifest.get("drops", {})) + Counter(manifest.get("split_drops", {}))
    rows: list[_Cells] = [(reason.replace("_", " "), count) for reason, count in drops.most_common()]
    files = len(manifest.get("not_read", ()))
    places = "manifest.json names the places"
    note = f"Rows and segments that are not in the dataset; {places}." + (
        f" {files} files were not read." * bool(files)
    )
    return Table("Left out", note, ("reason", "count"), rows)


def _repairs(manifest: Mapping[str, Any]) -> Table:
    rows: list[_Cells] = [
        (kind.replace("_", " "), count) for kind, count in Counter(manifest.get("repairs", {})).most_common()
    ]
    return Table("Repaired", "What scraping or typing had damaged, or is only reported.", ("kind", "count"), rows)


def _duplicates(rows: Sequence[Row]) -> Table:
    """Segments that say what an earlier one says, each counted once, by how alike they are."""
    kinds: dict[str, list[str]] = {
        "the same pair": [],
        "the same Chinese, translated otherwise": [],
        "but for numbers": [],
    }
    pairs: set[tuple[str, str]] = set()
    sources: set[str] = set()
    masked: set[str] = set()
    for row in rows:
        zh, en = letters(_chinese(row)), letters(_english(row))
        bare = "".join("0" if character.isdecimal() else character for character in zh)
        seen = [(zh, en) in pairs, zh in sources, bare in masked]
        pairs.add((zh, en))
        sources.add(zh)
        masked.add(bare)
        if any(seen):
            list(kinds.values())[seen.index(True)].append(row["id"])
    cells: list[_Cells] = [(kind, len(ids), ", ".join(ids[:5])) for kind, ids in kinds.items() if ids]
    note = "Segments that repeat an earlier one, but for case and punctuation."
    return Table("Duplicates", note, ("what is repeated", "count", "for example"), cells)


def _doubtful(rows: Sequence[Row]) -> Iterator[_Cells]:
    """Yield the pairs that may be misaligned, with the reason."""
    documents: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        documents[row["document"]].append(row)
    for own in documents.values():
        own.sort(key=lambda row: (row["paragraph"], row["sentence"]))
        for start in range(0, len(own), _WINDOW):
            window = own[start : start + _WINDOW]
            elsewhere = _out_of_order(window)
            for number, row in enumerate(window):
                zh, en = _chinese(row), _english(row)
                rules = (rule(zh, en) for rule in (wrong_script, odd_length, copied, numbers_differ))
                reason = next(filter(None, rules), None)
                if reason is None and number in elsewhere:
                    reason = f"{_ELSEWHERE} {window[elsewhere[number]]['id']}"
                if reason is not None:
                    yield row["id"], reason, zh, en


def _out_of_order(rows: Sequence[Row]) -> dict[int, int]:
    """The sources of which more is found (numbers, names, Latin words) in another's translation than in their own."""
    shared: dict[int, Counter[int]] = defaultdict(Counter)
    for anchor in find_anchors([_chinese(row) for row in rows], [_english(row) for row in rows]):
        if anchor.key[0] != "quotation":
            shared[anchor.zh][anchor.en] += 1
    best = {number: counts.most_common(1)[0] for number, counts in shared.items()}
    return {number: at for number, (at, count) in best.items() if at != number and count > shared[number][number] + 1}


def _terms(rows: Sequence[Row], glossary: Glossary) -> Table:
    """How often the human translation has what the glossary says, and what it has instead."""
    texts = [_english(row) for row in rows]
    mentions: Counter[Term] = Counter()
    lacking: dict[Term, list[str]] = defaultdict(list)
    having: dict[Term, list[str]] = defaultdict(list)
    for row in rows:
        for check in check_terms(_english(row), glossary.match(_chinese(row))):
            mentions[check.match.term] += 1
            (having if check.met else lacking)[check.match.term].append(_english(row))
    followed, total = sum(map(len, having.values())), mentions.total()
    share = f", followed in {100 * followed / total:.0f}% of {total} mentions" if total else ""
    departing = sorted(lacking, key=lambda term: (-len(lacking[term]), term.source))
    cells: list[_Cells] = [
        (
            term.source,
            " | ".join(term.targets),
            mentions[term],
            len(having[term]),
            _instead(lacking[term], texts),
        )
        for term in departing[:_LISTED]
    ]
    note = f"{len(mentions)} of {len(glossary)} terms occur{share}" + (
        f"; {len(departing)} of them not always" if departing else ""
    )
    return Table("Terms", note, ("Chinese", "glossary", "mentions", "followed", "instead"), cells)


def _instead(lacking: Sequence[str], texts: Sequence[str]) -> str:
    """What most of the texts without a term's rendering have in common and hardly any other has; perhaps empty."""
    own = set(lacking)
    if len(own) < 2:
        return ""
    least = max(2, round(_LEAST_INSTEAD * len(own)))
    phrases = repeated_phrases(sorted(own), least)
    others = [text.lower() for text in texts if text not in own]
    for phrase, _ in sorted(phrases.items(), key=lambda item: (-item[1], -len(item[0]), item[0]))[:10]:
        within = sum(phrase in text.lower() for text in own)
        if within >= least and sum(phrase in text for text in others) <= _MOST_ELSEWHERE * len(others):
            return phrase
    return ""
