"""How well a model's cross-attention aligns words, beside the association measure of terms and eflomal.

    python benchmarks/alignment.py [--quick] [--model models/starter] [--shared ../shared] [-o FILE]

64 pairs from a government report and annual reports of the Hong Kong Monetary Authority, aligned by hand
(tests/inference/word_alignments.jsonl). The alignment error rate (Och & Ney 2003) is over pairs of a Chinese character
and an English word. Heads are chosen greedily on the odd pairs and judged on the even ones, as are
the other systems. Log-likelihood ratios and eflomal, where it is installed (with jieba for words), see 5,900 segments
of the same documents too; `--quick` does without both.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _outcome import tell

from mt.glossary.extraction.association import log_likelihood_ratio
from mt.inference.alignment import Aligner, Link

ROOT = Path(__file__).resolve().parent.parent
GOLD = ROOT / "tests/inference/word_alignments.jsonl"
WORD = re.compile(r"\w+(?:[-'’.&]\w+)*|[^\w\s]")
Points = set[tuple[int, int]]


def points(english: str, links: Sequence[Sequence[float]]) -> Points:
    """Return which character goes with which English word, by number."""
    words = [match.span() for match in WORD.finditer(english)]
    return {
        (character, number)
        for start, end, first, last, *_ in links
        for number, (begin, stop) in enumerate(words)
        if begin < last and first < stop
        for character in range(int(start), int(end))
    }


def error_rate(rows: list[dict[str, Any]], predicted: Sequence[Points]) -> dict[str, float]:
    """Alignment error rate, precision and recall in percent."""
    sures = [points(row["en"], row["sure"]) for row in rows]
    possibles = [sure | points(row["en"], row["possible"]) for row, sure in zip(rows, sures, strict=True)]
    in_sure = sum(len(own & sure) for own, sure in zip(predicted, sures, strict=True))
    in_possible = sum(len(own & possible) for own, possible in zip(predicted, possibles, strict=True))
    links, gold = sum(map(len, predicted)), sum(map(len, sures))
    rate = 1 - (in_sure + in_possible) / (links + gold)
    figures = {"aer": rate, "precision": in_possible / max(1, links), "recall": in_sure / gold}
    return {name: round(100 * value, 1) for name, value in figures.items()}


def of_links(rows: list[dict[str, Any]], links: list[list[Link]]) -> dict[str, float]:
    return error_rate(rows, [points(row["en"], own) for row, own in zip(rows, links, strict=True)])


def choose_heads(aligner: Aligner, rows: list[dict[str, Any]]) -> list[list[int]]:
    """Add heads while the error rate falls."""
    texts = [row["zh"] for row in rows], [row["en"] for row in rows]
    attention = aligner.attention(*texts)
    layers, heads = attention[0].weights.shape[:2]
    aligner.attention = lambda *_: attention  # type: ignore[method-assign]
    chosen: list[list[int]] = []
    least = 100.0
    while True:
        rates = {}
        for layer, head in itertools.product(range(layers), range(heads)):
            if [layer, head] not in chosen:
                aligner.heads = [*chosen, [layer, head]]
                rates[layer, head] = of_links(rows, aligner.align(*texts))["aer"]
        best = min(rates, key=rates.__getitem__)
        if rates[best] >= least:
            del aligner.attention
            return sorted(chosen)
        chosen, least = [*chosen, [*best]], rates[best]


def more_pairs(shared: Path) -> list[tuple[str, str]]:
    pairs = []
    for path in sorted((shared / "testsets/wmt25-finance/train").glob("*.jsonl")):
        for document in map(json.loads, path.read_text("utf-8").splitlines()):
            pairs += list(zip(document["zh"].split("\n"), document["en"].split("\n"), strict=True))
    for name in ("testsets/government/dev.tsv", "corpus/government/train.tsv"):
        for line in (shared / name).read_text("utf-8").splitlines():
            _, zh, en = line.split("\t")
            pairs.append((zh, en))
    return [(zh, en) for zh, en in pairs if zh.strip() and en.strip()]


def associated(rows: list[dict[str, Any]], texts: list[tuple[str, str]]) -> list[Points]:
    """Link words one to one, the highest log-likelihood ratio over segments first (Melamed's competitive linking)."""
    first: dict[str, set[int]] = defaultdict(set)
    second: dict[str, set[int]] = defaultdict(set)
    for number, (zh, en) in enumerate(texts):
        for piece in pieces(zh):
            first[piece].add(number)
        for word in WORD.findall(en):
            second[word.lower()].add(number)
    predicted = []
    for row in rows:
        ours = [(match.start(), match.end(), match[0].lower()) for match in WORD.finditer(row["en"])]
        places = [(i, j) for size in (2, 1) for i in range(len(row["zh"]) - size + 1) for j in [i + size]]
        scored = []
        for start, end in places:
            piece = row["zh"][start:end]
            for begin, stop, word in ours:
                both = len(first[piece] & second[word])
                ratio = log_likelihood_ratio(both, len(first[piece]), len(second[word]), len(texts))
                scored.append((ratio, start, end, begin, stop))
        taken: set[tuple[str, int]] = set()
        links = []
        for ratio, start, end, begin, stop in sorted(scored, reverse=True):
            own = {*(("zh", place) for place in range(start, end)), ("en", begin)}
            if ratio > 10.83 and taken.isdisjoint(own):
                taken |= own
                links.append((start, end, begin, stop))
        predicted.append(points(row["en"], links))
    return predicted


def pieces(text: str) -> list[str]:
    return [text[i : i + size] for size in (1, 2) for i in range(len(text) - size + 1)]


def by_eflomal(rows: list[dict[str, Any]], texts: list[tuple[str, str]]) -> list[Points] | None:
    """Align with eflomal's default settings, both ways united."""
    try:
        import eflomal  # type: ignore[import-not-found]
        import jieba  # type: ignore[import-not-found]
    except ImportError:
        return None
    from mt.text.script import to_simplified

    chinese = [[word for word in jieba.cut(to_simplified(zh)) if word.strip()] for zh, _ in texts]
    english = [[word.lower() for word in WORD.findall(en)] for _, en in texts]
    with tempfile.TemporaryDirectory() as folder:
        forward, reverse = Path(folder) / "forward", Path(folder) / "reverse"
        eflomal.Aligner().align(
            *([" ".join(words) for words in side] for side in (chinese, english)),
            links_filename_fwd=str(forward),
            links_filename_rev=str(reverse),
        )
        both = [path.read_text("utf-8").splitlines()[: len(rows)] for path in (forward, reverse)]
    predicted = []
    for row, words, *lines in zip(rows, chinese[: len(rows)], *both, strict=True):
        spans, place = [], 0
        for word in words:
            place = to_simplified(row["zh"]).index(word, place)
            spans.append((place, place + len(word)))
            place += len(word)
        ways = [{tuple(map(int, link.split("-"))) for link in line.split()} for line in lines]
        links = ways[0] | ways[1]
        predicted.append({(character, word) for own, word in links for character in range(*spans[own])})
    return predicted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the model alone")
    parser.add_argument("--model", default=str(ROOT / "models/starter"))
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="folder of the development data")
    parser.add_argument("-o", "--output", type=Path, help="file for the outcome")
    options = parser.parse_args()
    rows = [json.loads(line) for line in GOLD.read_text("utf-8").splitlines()]
    even, odd = rows[::2], rows[1::2]
    aligner = Aligner.from_pretrained(options.model)
    own = aligner.heads
    systems: dict[str, dict[str, float]] = {}
    systems_heads = {
        "the model's heads": own,
        "chosen on the odd pairs": choose_heads(aligner, odd),
        "all of the middle layer": [],
    }
    for name, heads in systems_heads.items():
        aligner.heads = heads
        systems[name] = of_links(even, aligner.align([row["zh"] for row in even], [row["en"] for row in even]))
    print(f"heads chosen on the odd pairs: {systems_heads['chosen on the odd pairs']}; the model's own: {own}")
    if not options.quick:
        texts = [(row["zh"], row["en"]) for row in even] + more_pairs(options.shared)
        systems["log-likelihood ratio"] = error_rate(even, associated(even, texts))
        if (peer := by_eflomal(even, texts)) is not None:
            systems["eflomal"] = error_rate(even, peer)
    for name, figures in systems.items():
        print(f"{name:<26}" + "".join(f"{key:>10} {value:5.1f}" for key, value in figures.items()))
    tell(
        {"benchmark": "alignment", "figures": systems, "against": "eflomal; log-likelihood ratio; hand-aligned pairs"},
        options.output,
    )


if __name__ == "__main__":
    main()
