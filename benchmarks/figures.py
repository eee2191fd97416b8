"""How many large figures are right (1218亿, 121.8 billion)? Asked for like terms, and left to the model

    .venv/bin/python benchmarks/figures.py --quick
    .venv/bin/python benchmarks/figures.py models/starter -o benchmarks/results/figures.json

The segments of newstest 2018 and 2019, the government report of 2021 and the monetary authority's reports of 2016 and
2018 that hold a figure in 万 or 亿 (``mt.text.figures``). The peer is the same model without being asked
(``decoding.figures: free``). A figure is met where the output has it in any usual form; the human translation's own
share stands beside, for it may round, or write 1.2bn. The last line is JSON.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch  # noqa: E402
from _outcome import tell  # noqa: E402
from quality import TESTSETS, finance, government, thinned  # noqa: E402
from quality import TestSet as Segments  # noqa: E402
from transformers.utils import logging as transformers_logging  # noqa: E402

from mt.config import DecodingConfig  # noqa: E402
from mt.evaluation.scores import Scorer  # noqa: E402
from mt.evaluation.significance import paired_test  # noqa: E402
from mt.evaluation.test_sets import read_set  # noqa: E402
from mt.inference.translator import Translator  # noqa: E402
from mt.text.figures import Figure, find_figures  # noqa: E402
from mt.text.normalise import normalise_source  # noqa: E402
from mt.text.readings import find_readings  # noqa: E402


def news(year: int) -> Segments:
    folder = TESTSETS / "wmt-news"
    data = read_set([folder / f"wmt{year}.zh"], [folder / f"wmt{year}.en"])
    return Segments(data.sources, data.references[0], range(len(data.sources)), [{}] * len(data.sources))


SETS = {
    "newstest2018": lambda: news(2018),
    "newstest2019": lambda: news(2019),
    "government": government,
    "finance": lambda: finance("proper"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", nargs="?", default=str(ROOT / "models" / "starter"))
    parser.add_argument("--quick", action="store_true", help="under 50 seconds on two cores: 16 segments of two sets")
    parser.add_argument("--segments", type=int, default=0, help="evenly spaced segments of each set; 0 for all")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    if not TESTSETS.is_dir():
        parser.error(f"{TESTSETS} is absent: the sets come from it")
    if options.quick:
        options.segments, options.sets = 16, ["newstest2019", "government"]
    torch.set_num_threads(options.threads)
    transformers_logging.disable_progress_bar()
    figures: dict[str, float] = {}
    print(f"{'set':13} {'':6} {'figures':>7} {'met %':>6} {'BLEU':>6} {'chrF++':>7} {'p':>6}")
    for name in options.sets:
        measure(name, thinned(with_figures(SETS[name]()), options.segments), options, figures)
    outcome = {
        "benchmark": "figures",
        "figures": {name: round(value, 4) for name, value in figures.items()},
        "against": "the same model with decoding.figures: free",
        "machine": f"{platform.machine()}, {options.threads} threads, torch {torch.__version__}",
        "settings": {"model": Path(options.model).name, "segments": options.segments or "all"},
    }
    tell(outcome, options.output)


def with_figures(whole: Segments) -> Segments:
    rows = [row for row in zip(*whole, strict=True) if found(row[0])]
    return Segments(*(list(column) for column in zip(*rows, strict=True)))


def found(source: str) -> list[Figure]:
    return find_figures(normalise_source(source))


def measure(name: str, data: Segments, options: argparse.Namespace, figures: dict[str, float]) -> None:
    wanted = [found(source) for source in data.sources]
    total = sum(map(len, wanted))

    def met(texts: list[str]) -> float:
        return (
            100
            * sum(
                place is not None for own, text in zip(wanted, texts, strict=True) for place in find_readings(own, text)
            )
            / total
        )

    scorer = Scorer(data.references, ("bleu", "chrf++"))
    free: Any = None
    for mode in ("free", "asked"):
        decoding = DecodingConfig(figures=mode)
        translator = Translator.from_pretrained(options.model, decoding=decoding, device="cpu")
        texts = translator.translate(data.sources, documents=data.documents)
        scores = scorer.score(texts)
        chrf = scores["chrf++"]
        values = {"met": met(texts), "bleu": scores["bleu"].score, "chrf++": chrf.score}
        shown = ""
        if free is None:
            free = chrf
        else:
            values["p"] = paired_test(free.statistics, chrf.statistics, chrf.from_statistics).bootstrap_p
            shown = f"{values['p']:.3f}"
        figures |= {f"{metric}_{name}_{mode}": value for metric, value in values.items()}
        print(
            f"{name:13} {mode:6} {total:>7} {values['met']:>6.1f} {values['bleu']:>6.2f} {chrf.score:>7.2f} {shown:>6}",
            flush=True,
        )
    figures[f"figures_{name}"] = total
    figures[f"met_{name}_reference"] = met(list(data.references))
    print(f"{name:13} {'human':6} {total:>7} {figures[f'met_{name}_reference']:>6.1f}", flush=True)


if __name__ == "__main__":
    main()
