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
    """One part of a card."""

    title: str
    note: str
    header: tuple[str, ...]
    rows: list[_Cells]


class Card(NamedTuple):
    """A data card: the most important in a few lines, and tables."""

    summary: list[str]
    tables: list[Table]


def data_card(parts: Mapping[str, Sequence[Row]], manifest: Mapping[str, Any], glossary: Glossary | None) -> Card:
    """Make the card of a prepared dataset from its rows by split, its manifest and, if there is one, the glossary."""
    rows = [row for part in parts.values() for row in part]
    left_out, duplicates, doubtful = _left_out(manifest), _duplicates(rows), list(_doubtful(rows))
    why = Counter("order" if str(cells[1]).startswith(_ELSEWHERE) else cells[1] for cells in doubtful)
    reasons = f" ({', '.join(f'{reason} {count}' for reason, count in why.most_common())})" if why else ""
    note = f"{len(doubtful)} pairs may not be translations of each other{reasons}."
    to_look_at = Table("Pairs to look at", note, ("segment", "why", "Chinese", "English"), doubtful[:_LISTED])
    tables = [_parts(parts, manifest), _lengths(rows), left_out, _repairs(manifest), duplicates, to_look_at]
    dropped, repeated = (sum(int(cells[1]) for cells in table.rows) for table in (left_out, duplicates))
    documents = len({row["document"] for row in rows})
    summary = [str(manifest["how_split"])] if manifest.get("how_split") else []
    summary.append(
        f"data card: {documents} document{'s' * (documents != 1)}, {len(rows)} segment{'s' * (len(rows) != 1)}; "
        f"{dropped} left out, {repeated} repeated, {len(doubtful)} to look at{reasons}"
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
    folds = sorted({row["fold"] for row in parts.get("train", ())} - {-1})
    own = {f"fold {fold + 1}": [row for row in parts["train"] if row["fold"] == fold] for fold in folds}
    named = {**(own or parts), "all": [row for part in parts.values() for row in part]}
    cells: list[_Cells] = [
        (
            name,
            len({row["document"] for row in rows}),
            len(rows),
            sum(len(_chinese(row)) for row in rows),
            sum(len(_english(row).split()) for row in rows),
        )
        for name, rows in named.items()
    ]
    header = ("part", "documents", "segments", "Chinese characters", "English words")
    return Table("What there is", str(manifest.get("how_split") or ""), header, cells)


def _lengths(rows: Sequence[Row]) -> Table:
    sides = {
        "Chinese characters": sorted(len(_chinese(row)) for row in rows),
        "English words": sorted(len(_english(row).split()) for row in rows),
    }
    cells: list[_Cells] = [
        (name, *(own[round(share * (len(own) - 1))] for share in (0, 0.1, 0.5, 0.9, 1)))
        for name, own in sides.items()
        if own
    ]
    header = ("a segment's", "shortest", "tenth", "half", "nine tenths", "longest")
    return Table("Lengths", "So many of the segments are at most so long.", header, cells)


def _counts(counts: Counter[str]) -> list[_Cells]:
    return [(name.replace("_", " "), count) for name, count in counts.most_common()]


def _left_out(manifest: Mapping[str, Any]) -> Table:
    drops = Counter(manifest.get("drops", {})) + Counter(manifest.get("split_drops", {}))
    files = len(manifest.get("not_read", ()))
    note = "Rows and segments that are not in the dataset; manifest.json names the places."
    return Table("Left out", note + f" {files} files were not read." * bool(files), ("reason", "count"), _counts(drops))


def _repairs(manifest: Mapping[str, Any]) -> Table:
    note = "What scraping or typing had damaged, or is only reported."
    return Table("Repaired", note, ("kind", "count"), _counts(Counter(manifest.get("repairs", {}))))


def _duplicates(rows: Sequence[Row]) -> Table:
    """Segments that say what an earlier one says, each counted once, by how alike they are."""
    kinds: dict[str, list[str]] = {
        "the same pair": [],
        "the same Chinese, translated otherwise": [],
        "but for numbers": [],
    }
    seen: set[tuple[str, object]] = set()
    for row in rows:
        zh, en = letters(_chinese(row)), letters(_english(row))
        bare = "".join("0" if character.isdecimal() else character for character in zh)
        keys = list(zip(kinds, ((zh, en), zh, bare), strict=True))
        if kind := next((kind for kind, key in keys if (kind, key) in seen), None):
            kinds[kind].append(row["id"])
        seen.update(keys)
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
    # Of each term the translations that lack its rendering and those that have it.
    found: dict[Term, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for row in rows:
        for check in check_terms(_english(row), glossary.match(_chinese(row))):
            found[check.match.term][check.met].append(_english(row))
    lacks, followed = (sum(len(texts[met]) for texts in found.values()) for met in (False, True))
    departing = sorted((term for term in found if found[term][0]), key=lambda term: (-len(found[term][0]), term.source))
    texts = [_english(row) for row in rows]
    cells: list[_Cells] = [
        (term.source, " | ".join(term.targets), len(lacking) + len(having), len(having), _instead(lacking, texts))
        for term, (lacking, having) in ((term, found[term]) for term in departing[:_LISTED])
    ]
    note = f"{len(found)} of {len(glossary)} terms occur"
    if found:
        note += f", followed in {100 * followed / (lacks + followed):.0f}% of {lacks + followed} mentions"
    if departing:
        note += f"; {len(departing)} of them not always"
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
