"""How fast terms are found, and whether a larger glossary makes it slower.

    python benchmarks/glossary_matching.py [--quick] [--shared ../shared]

Glossaries of 1,000 to 300,000 entries over one text. Two texts: one that holds the same terms whatever the size
of the glossary, so that only the size differs; and, where ../shared is there, news against CC-CEDICT, whose hits grow
with its size. Peers in the same run: `re` with an alternation, longest first (to 10,000 entries: its time grows with
each), and pyahocorasick's raw iterator where installed. The peers know no script, width, case or word bounds, give no
longest-first choice, and read the same Python strings.
"""

from __future__ import annotations

import argparse
import itertools
import json
import lzma
import platform
import random
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from mt.glossary import Glossary
from mt.glossary.formats.registry import write_terms
from mt.glossary.term import Term
from mt.text.script import convert

SIZES = (1_000, 10_000, 100_000, 300_000)
_RE_LIMIT = 10_000
Rows = dict[int, dict[str, float]]


def least(works: dict[int, Callable[[], object]], repeats: int) -> dict[int, float]:
    """Least CPU seconds of each work, the works taking turns.

    Other processes share the machine's caches and only ever add to a time; taking turns, they add to all alike.
    """
    times: dict[int, float] = dict.fromkeys(works, float("inf"))
    for _ in range(repeats):
        for key, work in works.items():
            start = time.process_time()
            work()
            times[key] = min(times[key], time.process_time() - start)
    return times


def zipf(items: list[str], rng: random.Random) -> Callable[[int], list[str]]:
    """Draw with the frequencies of Zipf's law in Mandelbrot's form: 1 / (rank + 2.7)."""
    weights = list(itertools.accumulate(1 / (rank + 2.7) for rank in range(1, len(items) + 1)))
    return lambda count: rng.choices(items, cum_weights=weights, k=count)


def invented(length: int, size: int, rng: random.Random) -> tuple[list[tuple[str, str]], str]:
    """A language of 20,000 words of one to three simplified ideographs, a glossary of compounds in it and a text.

    A term of the first 1,000 entries occurs about every 20 characters of the text, and no other entry does.
    """
    ideographs = map(chr, range(0x4E00, 0x9FFF))
    characters = zipf([one for one in ideographs if convert(one) == one][:3000], rng)
    words = list(dict.fromkeys("".join(characters(rng.choice((1, 2, 2, 2, 3)))) for _ in range(20_000)))
    draw = zipf(words, rng)
    sources: dict[str, None] = {}
    while len(sources) < size * 11 // 10:
        source = "".join(draw(rng.choice((2, 2, 3, 3, 4))))
        if len(source) > 2:
            sources[source] = None
    common = list(sources)[:1000]
    parts: list[str] = []
    while length > 0:
        parts += ["".join(draw(rng.randint(5, 14))), rng.choice(common), rng.choice(["，", "。", ""])]
        length -= sum(map(len, parts[-3:]))
    text = "".join(parts)
    present = {match.term.source for match in Glossary.from_pairs((s, "x") for s in sources).match(text, overlap=True)}
    entries = [*common, *(source for source in list(sources)[1000:] if source not in present)][:size]
    return [(source, f"term {number}") for number, source in enumerate(entries)], text


def measure(entries: list[tuple[str, str]], sizes: Sequence[int], lines: list[str], repeats: int) -> Rows:
    """Load the first entries from a TSV file, match every line, and time the peers on the same."""
    characters = sum(map(len, lines))
    rows: Rows = {}
    ours: dict[int, Callable[[], object]] = {}
    raw: dict[int, Callable[[], object]] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "glossary.tsv"
            write_terms([Term(source, (target,)) for source, target in entries[:size]], path)
            start = time.process_time()
            glossary = Glossary.load(path)
            loaded = time.process_time()
            glossary.match("")
            built = time.process_time()
        rows[size] = {"load_s": loaded - start, "build_s": built - loaded}
        rows[size]["hits"] = float(sum(len(glossary.match(line)) for line in lines))
        ours[size] = partial(_match_lines, glossary, lines)
        if automaton := _pyahocorasick([source for source, _ in entries[:size]]):
            raw[size] = partial(_iterate_lines, automaton, lines)
    for name, works in (("us_per_char", ours), ("pyahocorasick_us_per_char", raw)):
        for size, seconds in least(works, repeats).items():
            rows[size][name] = seconds / characters * 1e6
    part = lines[: max(1, len(lines) // 20)]
    for size in sizes:
        if size <= _RE_LIMIT:
            sources = sorted((source for source, _ in entries[:size]), key=len, reverse=True)
            pattern = re.compile("|".join(map(re.escape, sources)))
            start = time.process_time()
            for line in part:
                pattern.findall(line)
            rows[size]["re_us_per_char"] = (time.process_time() - start) / sum(map(len, part)) * 1e6
    return rows


def _match_lines(glossary: Glossary, lines: list[str]) -> None:
    for line in lines:
        glossary.match(line)


def _iterate_lines(automaton: Any, lines: list[str]) -> None:
    for line in lines:
        list(automaton.iter(line))


def _pyahocorasick(sources: list[str]) -> Any:
    try:
        import ahocorasick
    except ImportError:
        return None
    automaton = ahocorasick.Automaton()
    for number, source in enumerate(sources):
        automaton.add_word(source, number)
    automaton.make_automaton()
    return automaton


def show(title: str, rows: Rows) -> None:
    print(f"\n{title}")
    head = f"{'entries':>9} {'load s':>7} {'build s':>8} {'entries/s':>10} {'hits':>8} {'µs/char':>8} {'chars/s':>10}"
    print(f"{head} {'re µs/char':>11} {'pyaho µs/char':>14}")
    for size, row in rows.items():
        total = row["load_s"] + row["build_s"]
        peers = " ".join(
            f"{row[name]:>{width}.2f}" if name in row else f"{'-':>{width}}"
            for name, width in (("re_us_per_char", 11), ("pyahocorasick_us_per_char", 14))
        )
        print(
            f"{size:>9,} {row['load_s']:>7.2f} {row['build_s']:>8.2f} {size / total:>10,.0f} {row['hits']:>8,.0f} "
            f"{row['us_per_char']:>8.2f} {1e6 / row['us_per_char']:>10,.0f} {peers}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="under 50 seconds on two cores")
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder of the development data")
    options = parser.parse_args()
    rng = random.Random(1)
    length, repeats = (60_000, 40) if options.quick else (400_000, 30)
    entries, text = invented(length, SIZES[-1], rng)
    lines = [text[start : start + 200] for start in range(0, len(text), 200)]
    same = measure(entries, SIZES, lines, repeats)
    show("The same terms in the text at every size", same)
    flatness = same[SIZES[-1]]["us_per_char"] / same[SIZES[0]]["us_per_char"]
    print(f"time per character at 300,000 entries over that at 1,000: {flatness:.2f}")
    last = same[SIZES[-1]]
    figures = {
        "entries_per_s_300k": round(SIZES[-1] / (last["load_s"] + last["build_s"])),
        "load_and_build_s_300k": round(last["load_s"] + last["build_s"], 2),
        "time_per_char_300k_over_1k": round(flatness, 3),
    }
    figures |= {f"us_per_char_{size // 1000}k": round(row["us_per_char"], 3) for size, row in same.items()}
    figures |= {f"re_us_per_char_{n // 1000}k": round(same[n]["re_us_per_char"], 2) for n in SIZES if n <= _RE_LIMIT}
    if "pyahocorasick_us_per_char" in last:
        figures["pyahocorasick_us_per_char_300k"] = round(last["pyahocorasick_us_per_char"], 3)
    cedict, news = options.shared / "glossaries/cedict.tsv.xz", options.shared / "testsets/wmt-news/wmt2020.zh"
    if cedict.is_file() and news.is_file() and not options.quick:
        with lzma.open(cedict, "rt", encoding="utf-8") as file:
            pairs = [(source, target) for source, target in (line.rstrip("\n").split("\t")[:2] for line in file)]
        rng.shuffle(pairs)
        paragraphs = news.read_text("utf-8").splitlines()
        real = measure(pairs, (1_000, 10_000, 100_000, len(pairs)), paragraphs, 5)
        show("CC-CEDICT on newstest2020: the hits grow with the glossary", real)
        figures |= {f"cedict_{name}": round(real[len(pairs)][name], 2) for name in ("load_s", "build_s")}
        figures |= {f"cedict_us_per_char_{size // 1000}k": round(row["us_per_char"], 3) for size, row in real.items()}
    versions = f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}"
    print(f"\nCPU seconds of one core; {versions}")
    against = "re alternation; pyahocorasick raw iterator"
    print(json.dumps({"benchmark": "glossary_matching", "figures": figures, "against": against}))


if __name__ == "__main__":
    main()
