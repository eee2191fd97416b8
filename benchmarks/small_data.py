"""Is fine-tuning with default settings ever worse than its base, and what does it gain, by the number of segments?

    .venv/bin/python benchmarks/small_data.py -o benchmarks/results/small_data.json
    .venv/bin/python benchmarks/small_data.py --sizes 20 100 --seeds 1
    .venv/bin/python benchmarks/small_data.py --quick

Documents of finance and of government (as in ``adaptation.py``) are drawn by seed until there are 20, 100, 500 or 3,000
segments, at most a quarter of them of one document, and fine-tuned by the real commands with nothing but documents
and glossary configured. What is published is compared with the base on held-out documents of other years, without
asking for terms (off), softly and hybrid, and on newstest2020 for what is forgotten. Each cell is kept in ``--work``,
so that an interrupted run goes on where it stopped. The last line is JSON.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import random
import shutil
import sys
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "benchmarks"))
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np  # noqa: E402
import torch  # noqa: E402
import yaml  # noqa: E402
from _outcome import tell  # noqa: E402
from adaptation import MODES, SHARED, command, exported, prepare_finance, prepare_government  # noqa: E402
from quality import TESTSETS, TestSet, thinned  # noqa: E402

from mt.config import DecodingConfig  # noqa: E402
from mt.evaluation.significance import paired_test  # noqa: E402
from mt.evaluation.test_sets import glossaries_of  # noqa: E402
from mt.inference.translator import Translator  # noqa: E402
from mt.metrics.corpus_scores import Scorer  # noqa: E402

Row = tuple[str, str, str]  # document, Chinese, English


def main() -> None:
    options = arguments()
    torch.set_num_threads(options.threads)
    figures: dict[str, float] = {}
    print(
        f"{'cell':24} {'off':>6} {'soft':>6} {'hybrid':>6} {'general':>8} {'MB':>5}  (chrF++ and BLEU above the base)"
    )
    for domain in options.domains:
        work = options.work / domain
        work.mkdir(parents=True, exist_ok=True)
        data, _ = (prepare_finance if domain == "finance" else prepare_government)(work)
        data = thinned(data, options.segments)
        rows = training_rows(domain, work)
        base = cached(work / "base.json", options, partial(measured, options.base, data, options))
        for size in options.sizes:
            for seed in options.seeds:
                name = f"{domain}_{size}_{seed}"
                cell = cached(work / f"{name}.json", options, partial(one, rows, size, seed, data, work, options))
                figures |= compared(name, cell, base)
                shown = [f"{figures[f'{mode}_{name}']:+6.2f}" for mode in MODES]
                megabytes = cell["megabytes"]
                print(
                    f"{name:24} {' '.join(shown)} {figures[f'general_{name}']:+8.2f} {megabytes:5.0f}  {cell['said']}"
                )
    figures |= summary(figures, options)
    outcome = {
        "benchmark": "small_data",
        "figures": {name: round(value, 4) for name, value in figures.items()},
        "against": "the base before fine-tuning",
        "machine": f"{platform.machine()}, {options.threads} threads, torch {torch.__version__}",
        "settings": settings(options),
    }
    tell(outcome, options.output)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--base", default="models/starter")
    parser.add_argument("--domains", nargs="+", choices=("finance", "government"), default=["finance", "government"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[20, 100, 500, 3000])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--quick", action="store_true", help="under 50 seconds on two cores: too little to learn from")
    parser.add_argument("--segments", type=int, default=200, help="evenly spaced segments of the held-out documents")
    parser.add_argument("--news", type=int, default=500, help="segments of newstest2020")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="configuration to lay over all runs")
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "small_data")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    if not TESTSETS.is_dir():
        parser.error(f"{TESTSETS} is absent: documents and sets come from it")
    if options.quick:
        options.domains, options.sizes, options.seeds, options.segments, options.news = ["finance"], [20], [1], 8, 8
        options.work /= "quick"
        options.set += ["training.max_steps=1", "training.validation_segments=2", "decoding.num_beams=1"]
    return options


def settings(options: argparse.Namespace) -> dict[str, Any]:
    return {"base": options.base, "segments": options.segments, "news": options.news, "overrides": options.set}


def training_rows(domain: str, work: Path) -> list[Row]:
    if domain == "government":
        with open(SHARED / "corpus" / "government" / "train.tsv", encoding="utf-8", newline="") as file:
            read = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            return [(row[0], row[1], row[2]) for row in read if len(row) == 3]
    rows: list[Row] = []
    for path in sorted((work / "documents").glob("*.zh.txt")):
        zh = path.read_text("utf-8").splitlines()
        en = path.with_name(path.name.replace(".zh.", ".en.")).read_text("utf-8").splitlines()
        rows += [(path.name.removesuffix(".zh.txt"), *pair) for pair in zip(zh, en, strict=True)]
    return rows


def drawn(rows: list[Row], size: int, seed: int) -> list[Row]:
    """Draw whole runs of segments from documents in random order."""
    documents: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        documents[row[0]].append(row)
    rng = random.Random(seed)
    names = rng.sample(sorted(documents), len(documents))
    found: list[Row] = []
    for name in names:
        own = documents[name]
        most = min(max(size // 4, len(own) if size >= len(rows) else 0), size - len(found))
        start = rng.randrange(max(1, len(own) - most + 1))
        found += own[start : start + most]
    return found


def one(
    rows: list[Row], size: int, seed: int, data: TestSet, work: Path, options: argparse.Namespace
) -> dict[str, Any]:
    """Fine-tune on a drawn set and measure what is published."""
    folder = work / f"{size}-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    text = "".join("\t".join(row) + "\n" for row in drawn(rows, size, seed))
    (folder / "documents.tsv").write_text(text, encoding="utf-8")
    config = {
        "run": {"dir": str(folder / "run"), "seed": seed},
        # Nothing is held out for testing: the test is another year's documents.
        "data": {"documents": [str(folder / "documents.tsv")], "validation_share": 0.2, "test_share": 0.0},
        "model": {"base": options.base},
        "terms": {"glossary": str(work / "glossary.tsv")},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    for name in ("prepare", "train"):
        command(name, str(folder / "config.yaml"), *options.set)
    run = folder / "run"
    figures = measured(exported(run / "model", folder / "exported"), data, options)
    figures["said"] = json.loads((run / "model" / "manifest.json").read_text("utf-8"))["published"]
    figures["megabytes"] = sum(path.stat().st_size for path in run.rglob("*") if path.is_file()) / 1e6
    shutil.rmtree(folder)
    return figures


def measured(model: str | Path, data: TestSet, options: argparse.Namespace) -> dict[str, Any]:
    """Score a model: statistics by segment, chrF++ of the domain in each mode and BLEU of news."""
    if not (Path(model) / "ct2").is_dir():
        model = exported(Path(model), options.work / "base-exported")
    figures: dict[str, Any] = {}
    for mode in MODES:
        translator = Translator.from_pretrained(
            model, glossary_mode=mode, policy="none", decoding=DecodingConfig(), device="cpu"
        )
        found = translator.translate(data.sources, documents=data.documents, glossaries=glossaries_of(data.terms))
        score = Scorer(data.references, ("chrf++",)).score([result.text for result in found])["chrf++"]
        figures[mode] = score.statistics.tolist()
    news = [(TESTSETS / "wmt-news" / f"wmt2020.{side}").read_text("utf-8").splitlines() for side in ("zh", "en")]
    step = max(1, len(news[0]) // options.news)
    outputs = translator.translate(news[0][::step], documents=range(len(news[0][::step])))
    figures["general"] = Scorer(news[1][::step], ("bleu",)).score(list(map(str, outputs)))["bleu"].statistics.tolist()
    return figures


def compared(name: str, cell: dict[str, Any], base: dict[str, Any]) -> dict[str, float]:
    """Return differences from the base, chrF++ in each mode and BLEU of news, and the p of each."""
    figures: dict[str, float] = {f"megabytes_{name}": cell["megabytes"]}
    for key in (*MODES, "general"):
        metric = "bleu" if key == "general" else "chrf++"
        score = Scorer(["."], (metric,)).score(["."])[metric]
        result = paired_test(np.array(base[key]), np.array(cell[key]), score.score_rows)
        figures |= {f"{key}_{name}": result.difference, f"p_{key}_{name}": result.bootstrap_p}
    return figures


def summary(figures: dict[str, float], options: argparse.Namespace) -> dict[str, float]:
    """The least gain of all cells, the largest loss in general, and mean gains by size."""
    cells = [f"{d}_{size}_{seed}" for d in options.domains for size in options.sizes for seed in options.seeds]
    found = {"least_gain": min(figures[f"{mode}_{cell}"] for mode in MODES for cell in cells)}
    found["largest_general_loss"] = -min(figures[f"general_{cell}"] for cell in cells)
    for size in options.sizes:
        own = [figures[f"{mode}_{cell}"] for mode in MODES for cell in cells if cell.split("_")[1] == str(size)]
        found[f"mean_gain_{size}"] = sum(own) / len(own)
    return found


def cached(path: Path, options: argparse.Namespace, make: Any) -> dict[str, Any]:
    """Return what an earlier run with the same settings measured, or measure and keep it."""
    if path.is_file():
        kept = json.loads(path.read_text("utf-8"))
        if kept["settings"] == settings(options):
            return dict(kept["figures"])
    figures = dict(make())
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps({"settings": settings(options), "figures": figures}), encoding="utf-8")
    temporary.replace(path)
    return figures


if __name__ == "__main__":
    main()
