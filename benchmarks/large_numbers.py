"""How many large numbers are right (1218亿, 121.8 billion)? Requested like terms, and left to the model

    .venv/bin/python benchmarks/large_numbers.py --quick
    .venv/bin/python benchmarks/large_numbers.py models/starter -o benchmarks/results/large_numbers.json

The segments of newstest 2018 and 2019, the government report of 2021 and the monetary authority's reports of 2016 and
2018 that hold a number in 万 or 亿 (``mt.text.numbers``). The peer is the same model without requests
(``decoding.numbers: ignore``). A number is met where the output has it in any usual form; the human translation's own
share is given too, which may round, or write 1.2bn. The last line is JSON.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from _entities import Benchmark, Measured, compare, count_met, run  # noqa: E402
from quality import TestSet as Segments  # noqa: E402
from quality import finance, government, news, thinned  # noqa: E402

from mt.inference.translator import Translator  # noqa: E402
from mt.text.normalise import normalise_source  # noqa: E402
from mt.text.numbers.requested import find_numbers  # noqa: E402

SETS = {
    "newstest2018": lambda: news(2018),
    "newstest2019": lambda: news(2019),
    "government": government,
    "finance": lambda: finance("proper"),
}


def main() -> None:
    quick = 16, ["newstest2019", "government"]
    run(Benchmark("numbers", __doc__ or "", SETS, measure, quick, "evenly spaced"))


def measure(name: str, whole: Segments, options: argparse.Namespace, figures: dict[str, float]) -> None:
    rows = [row for row in zip(*whole, strict=True) if find_numbers(normalise_source(row[0]))]
    data = thinned(Segments(*(list(column) for column in zip(*rows, strict=True))), options.segments)
    expected = [find_numbers(normalise_source(source)) for source in data.sources]

    def translate(translator: Translator) -> list[str]:
        return list(map(str, translator.translate(list(data.sources), documents=data.documents)))

    figures |= compare("numbers", options.model, Measured(name, translate, data.references, expected))
    total = sum(map(len, expected))
    human = 100 * count_met(expected, list(data.references)) / total
    figures |= {f"numbers_{name}": total, f"met_{name}_reference": human}
    print(f"{name:13} {'human':7} {human:.1f} % of {total} numbers met", flush=True)


if __name__ == "__main__":
    main()
