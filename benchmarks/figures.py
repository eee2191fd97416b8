"""How many large figures are right (1218亿, 121.8 billion)? Asked for like terms, and left to the model

    .venv/bin/python benchmarks/figures.py --quick
    .venv/bin/python benchmarks/figures.py models/starter -o benchmarks/results/figures.json

The segments of newstest 2018 and 2019, the government report of 2021 and the monetary authority's reports of 2016 and
2018 that hold a figure in 万 or 亿 (``mt.text.numbers``). The peer is the same model without being asked
(``decoding.figures: free``). A figure is met where the output has it in any usual form; the human translation's own
share stands beside, for it may round, or write 1.2bn. The last line is JSON.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from _readings import asked_and_free, count_met, run  # noqa: E402
from quality import TESTSETS, finance, government, thinned  # noqa: E402
from quality import TestSet as Segments  # noqa: E402

from mt.evaluation.test_sets import read_test_set  # noqa: E402
from mt.text.entities import Entity  # noqa: E402
from mt.text.normalise import normalise_source  # noqa: E402
from mt.text.numbers import find_numbers  # noqa: E402


def news(year: int) -> Segments:
    folder = TESTSETS / "wmt-news"
    data = read_test_set([folder / f"wmt{year}.zh"], [folder / f"wmt{year}.en"])
    return Segments(list(data.sources), list(data.streams[0]), range(len(data.sources)), [{}] * len(data.sources))


SETS = {
    "newstest2018": lambda: news(2018),
    "newstest2019": lambda: news(2019),
    "government": government,
    "finance": lambda: finance("proper"),
}


def main() -> None:
    run("figures", __doc__ or "", SETS, measure, quick=(16, ["newstest2019", "government"]), which="evenly spaced")


def with_figures(whole: Segments) -> Segments:
    rows = [row for row in zip(*whole, strict=True) if found(row[0])]
    return Segments(*(list(column) for column in zip(*rows, strict=True)))


def found(source: str) -> list[Entity]:
    return find_numbers(normalise_source(source))


def measure(name: str, whole: Segments, options: argparse.Namespace, figures: dict[str, float]) -> None:
    data = thinned(with_figures(whole), options.segments)
    wanted = [found(source) for source in data.sources]
    asked_and_free(
        "figures",
        name,
        options.model,
        lambda translator: list(map(str, translator.translate(list(data.sources), documents=data.documents))),
        data.references,
        wanted,
        figures,
    )
    total = sum(map(len, wanted))
    figures[f"figures_{name}"] = total
    figures[f"met_{name}_reference"] = 100 * count_met(wanted, list(data.references)) / total
    print(f"{name:13} {'human':6} {figures[f'met_{name}_reference']:.1f} % of {total} figures met", flush=True)


if __name__ == "__main__":
    main()
