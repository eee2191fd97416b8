"""What does fine-tuning on a house's own documents gain, and what does it forget?

    .venv/bin/python benchmarks/adaptation.py finance -o benchmarks/results/adaptation_finance.json
    .venv/bin/python benchmarks/adaptation.py government -o benchmarks/results/adaptation_government.json
    .venv/bin/python benchmarks/adaptation.py finance --quick

``finance``: Hong Kong Monetary Authority reports of 2015, 2017, 2019 and 2021 with their dictionaries; measured on
those of 2016 and 2018 with the dictionary of the year. ``government``: work reports and white papers with the
Beijing foreign-affairs office's list and terms extracted from the training documents; measured on the report of
2021 and an address of 2022. The base is the peer. It is fine-tuned twice, on the documents alone and mixed
with general data, by the real commands. Reported for each: BLEU, chrF++, and terms met in the output without asking
(off), softly and hybrid, apart for terms that did and did not stand in the training documents, and the terminology
task's own success; the same of the human translation, which does not use every term of the dictionary either;
newstest2020 for what is forgotten; p by paired bootstrap against the base. Models are exported (int8) to decode,
as the README advises for a laptop. The last line is JSON.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "benchmarks"))
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch  # noqa: E402
import yaml  # noqa: E402
from _outcome import tell  # noqa: E402
from quality import TESTSETS, TestSet, finance, task_success, thinned  # noqa: E402
from transformers.utils import logging as transformers_logging  # noqa: E402

from mt.config import DecodingConfig  # noqa: E402
from mt.evaluation.significance import paired_test  # noqa: E402
from mt.evaluation.test_sets import glossaries_of  # noqa: E402
from mt.glossary.glossary import Glossary  # noqa: E402
from mt.glossary.matching.output_checker import check_terms  # noqa: E402
from mt.inference.translator import GlossaryMode, Translator  # noqa: E402
from mt.metrics.base import Score  # noqa: E402
from mt.metrics.corpus_scores import Scorer  # noqa: E402
from mt.text.han import has_han  # noqa: E402
from mt.text.normalise import normalise_source  # noqa: E402

SHARED = TESTSETS.parent
MODES: tuple[GlossaryMode, ...] = ("off", "soft", "hybrid")


def main() -> None:
    options = arguments()
    torch.set_num_threads(options.threads)
    transformers_logging.disable_progress_bar()
    work = options.work / options.domain
    work.mkdir(parents=True, exist_ok=True)
    data, seen = (prepare_finance if options.domain == "finance" else prepare_government)(work)
    data = thinned(data, options.segments)
    news = [(TESTSETS / "wmt-news" / f"wmt2020.{side}").read_text("utf-8").splitlines() for side in ("zh", "en")]
    step = max(1, len(news[0]) // options.news)
    news = [side[::step] for side in news]
    trained = {"base": Path(options.base)} | {
        variant: fine_tune(variant, work, options) for variant in options.variants
    }
    models = {name: exported(model, work / f"{name}-exported") for name, model in trained.items()}
    figures: dict[str, float] = {}
    kept: dict[str, Score] = {}
    print(
        f"{'model':9} {'mode':7} {'BLEU':>6} {'chrF++':>7} {'p':>6} {'met seen %':>14} {'met unseen %':>14} "
        f"{'success':>8}"
    )
    reference(data, seen, figures)
    for name, model in models.items():
        for mode in MODES:
            domain(name, mode, model, data, seen, options, figures, kept)
    for name, model in models.items():
        general(name, model, news, options, figures, kept)
    outcome = {
        "benchmark": f"adaptation_{options.domain}",
        "figures": {name: round(value, 4) for name, value in figures.items()},
        "against": "the base before fine-tuning",
        "machine": f"{platform.machine()}, {options.threads} threads, torch {torch.__version__}",
        "settings": {
            "base": options.base,
            "beams": options.beams,
            "segments": len(data.sources),
            "news_segments": len(news[0]),
            "overrides": options.set,
        },
    }
    tell(outcome, options.output)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("domain", choices=("finance", "government"))
    parser.add_argument("--base", default="models/starter")
    parser.add_argument("--variants", nargs="+", choices=("plain", "mixed"), default=["plain", "mixed"])
    parser.add_argument("--quick", action="store_true", help="under 50 seconds on two cores: too little to learn from")
    parser.add_argument("--segments", type=int, default=0, help="evenly spaced segments of the dev set; 0 for all")
    parser.add_argument("--news", type=int, default=2000, help="segments of newstest2020")
    parser.add_argument("--beams", type=int, default=4)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="configuration to lay over both runs")
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "adaptation")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    if not TESTSETS.is_dir():
        parser.error(f"{TESTSETS} is absent: documents and sets come from it")
    if options.quick:
        options.segments, options.news, options.beams, options.variants = 12, 12, 2, ["mixed"]
        options.work /= "quick"
        options.set += ["training.num_train_epochs=null", "training.max_steps=4", "training.eval_steps=2"]
        options.set += ["training.validation_segments=4", "adaptation.general_pairs=200"]
    return options


def prepare_finance(work: Path) -> tuple[TestSet, str]:
    """Write the training documents and their glossary; return the dev set and all the training sources."""
    documents = work / "documents"
    documents.mkdir(exist_ok=True)
    glossary: dict[str, dict[str, None]] = {}
    seen: list[str] = []
    for year in (2015, 2017, 2019, 2021):
        lines = (TESTSETS / "wmt25-finance" / "train" / f"{year}.jsonl").read_text("utf-8").splitlines()
        for number, line in enumerate(lines):
            row = json.loads(line)
            pairs = zip(row["zh"].split("\n"), row["en"].split("\n"), strict=True)
            kept = [(zh.strip(), en.strip()) for zh, en in pairs if zh.strip() and en.strip()]
            seen += [zh for zh, _ in kept]
            for side, place in (("zh", 0), ("en", 1)):
                text = "".join(pair[place] + "\n" for pair in kept)
                (documents / f"{year}-{number}.{side}.txt").write_text(text, encoding="utf-8")
            # The odd years' dictionaries go from English to Chinese.
            for left, rights in row["proper"].items():
                for right in rights:
                    zh, en = (left, right) if has_han(left) else (right, left)
                    if has_han(zh) and en.strip() and not has_han(en):
                        glossary.setdefault(zh.strip(), {})[en.strip()] = None
    write_glossary(work / "glossary.tsv", {zh: list(targets) for zh, targets in glossary.items()})
    return finance("proper"), normalise_source("\n".join(seen))


def prepare_government(work: Path) -> tuple[TestSet, str]:
    """As ``prepare_finance``; the terms are the Beijing list and those extracted from the training documents."""
    source = SHARED / "corpus" / "government" / "train.tsv"
    extracted = work / "extracted.tsv"
    if not extracted.is_file():
        command("glossary", "extract", str(source), "--min-count", "3", "-o", str(extracted))
    terms: dict[str, list[str]] = {}
    beijing = SHARED / "glossaries" / "beijing_fao_org_titles.tsv"
    for term in Glossary.load(beijing):
        terms.setdefault(term.source, []).extend(term.targets)
    with open(extracted, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if float(row["confidence"]) >= 0.3:
                terms.setdefault(row["source"], []).extend(row["target"].split("|"))
    write_glossary(work / "glossary.tsv", terms)
    with open(TESTSETS / "government" / "dev.tsv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if len(row) == 3]
    data = TestSet([row[1] for row in rows], [row[2] for row in rows], [row[0] for row in rows], [terms] * len(rows))
    with open(source, encoding="utf-8", newline="") as file:
        seen = "\n".join(row[1] for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if len(row) == 3)
    return data, normalise_source(seen)


def write_glossary(path: Path, terms: dict[str, list[str]]) -> None:
    lines = [
        f"{zh}\t{'|'.join(en.replace('|', '/') for en in dict.fromkeys(targets))}\n" for zh, targets in terms.items()
    ]
    path.write_text("source\ttarget\n" + "".join(lines), encoding="utf-8")


def fine_tune(variant: str, work: Path, options: argparse.Namespace) -> Path:
    """Prepare and train by the real commands; a finished run of the same configuration is kept."""
    run = work / variant
    government = options.domain == "government"
    config: dict[str, Any] = yaml.safe_load((ROOT / "configs" / "finetune.yaml").read_text("utf-8"))
    config["run"]["dir"] = str(run)
    documents = SHARED / "corpus" / "government" / "train.tsv" if government else work / "documents"
    # Nothing is held out for testing: the test is another year's report.
    config["data"] |= {
        "documents": [str(documents)],
        "validation_share": 0.1 if government else 0.05,
        "test_share": 0.0,
    }
    config["model"]["base"] = options.base
    config["terms"]["glossary"] = str(work / "glossary.tsv")
    other = SHARED / "corpus" / "other"
    news = [str(TESTSETS / "wmt-news" / f"wmt2019.{side}") for side in ("zh", "en")]
    config["adaptation"] = {"validation": news, "general": []}
    if variant == "mixed":
        config["adaptation"]["general"] = [
            # Human translations in full: worth more of what is mixed in than scraped pairs (docs/guides/fine-tune.md).
            {"path": str(other / "wmt-newstest2017-2018.tsv.xz"), "weight": 4},
            {"path": str(other / "jiyu-examples.tsv.xz")},
        ]
    path = work / f"{variant}.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    if not (run / "data" / "manifest.json").is_file():
        command("prepare", str(path), *options.set)
    start = time.perf_counter()
    command("train", str(path), *options.set)
    print(f"{variant}: fine-tuned in {time.perf_counter() - start:.0f} s", flush=True)
    return run / "model"


def exported(model: Path, folder: Path) -> str:
    shutil.rmtree(folder, ignore_errors=True)
    command("export", str(model), "-o", str(folder))
    return str(folder)


def command(*words: str) -> None:
    done = subprocess.run([sys.executable, "-m", "mt.cli", *words], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"zhen-mt {' '.join(words)} failed: {done.stderr.strip().splitlines()[-1]}")


def domain(
    name: str,
    mode: GlossaryMode,
    model: str,
    data: TestSet,
    seen: str,
    options: argparse.Namespace,
    figures: dict[str, float],
    kept: dict[str, Score],
) -> None:
    """Translate the dev set one way and print and keep its figures."""
    decoding = DecodingConfig(num_beams=options.beams)
    translator = Translator.from_pretrained(model, glossary_mode=mode, policy="none", decoding=decoding, device="cpu")
    results = translator.translate(data.sources, documents=data.documents, glossaries=glossaries_of(data.terms))
    scores = Scorer(data.references, ("bleu", "chrf++")).score([result.text for result in results])
    outcomes = [(term.term.source, term.status != "unsatisfied") for result in results for term in result.terms]
    kept[f"{name} {mode}"] = scores["chrf++"]
    p = compared(kept["base " + mode], scores["chrf++"]) if name != "base" else None
    shown = shares(outcomes, seen, f"{name}_{mode}", figures)
    success = figures[f"success_{name}_{mode}"] = task_success(data, [result.text for result in results])
    tested = "" if p is None else f"{p:.3f}"
    bleu, chrf = scores["bleu"].score, scores["chrf++"].score
    print(
        f"{name:9} {mode:7} {bleu:>6.2f} {chrf:>7.2f} {tested:>6} {shown[0]:>14} {shown[1]:>14} {success:>8.1f}",
        flush=True,
    )
    figures |= {f"bleu_{name}_{mode}": bleu, f"chrf++_{name}_{mode}": chrf}
    if p is not None:
        figures[f"p_{name}_{mode}"] = p


def reference(data: TestSet, seen: str, figures: dict[str, float]) -> None:
    """Print and keep how many of the terms the human translation has."""
    outcomes = [
        (check.match.term.source, check.met)
        for source, text, glossary in zip(data.sources, data.references, glossaries_of(data.terms), strict=True)
        for check in check_terms(text, glossary.match(source))
    ]
    shown = shares(outcomes, seen, "reference", figures)
    success = figures["success_reference"] = task_success(data, data.references)
    print(f"{'reference':9} {'':29} {shown[0]:>14} {shown[1]:>14} {success:>8.1f}", flush=True)


def shares(outcomes: list[tuple[str, bool]], seen: str, key: str, figures: dict[str, float]) -> list[str]:
    """Keep the share of mentions met; return it in words for terms that stand in the training sources and others.

    Args:
        outcomes: source term and whether it was met, of each mention.
    """
    known = {source: normalise_source(source) in seen for source in dict(outcomes)}
    shown = []
    for name, group in (("met_seen", True), ("met_unseen", False)):
        own = [met for source, met in outcomes if known[source] is group]
        figures[f"{name}_{key}"] = 100 * sum(own) / max(1, len(own))
        shown.append(f"{figures[f'{name}_{key}']:.1f} of {len(own)}")
    figures[f"met_{key}"] = 100 * sum(met for _, met in outcomes) / max(1, len(outcomes))
    return shown


def general(
    name: str,
    model: str,
    news: list[list[str]],
    options: argparse.Namespace,
    figures: dict[str, float],
    kept: dict[str, Score],
) -> None:
    translator = Translator.from_pretrained(model, decoding=DecodingConfig(num_beams=options.beams), device="cpu")
    outputs = translator.translate(news[0], documents=range(len(news[0])))
    score = Scorer(news[1], ("bleu",)).score(list(map(str, outputs)))["bleu"]
    kept[f"{name} news"] = score
    p = compared(kept["base news"], score) if name != "base" else None
    print(f"{name:9} newstest2020 BLEU {score.score:.2f}{'' if p is None else f' (p {p:.3f})'}", flush=True)
    figures[f"newstest2020_bleu_{name}"] = score.score


def compared(base: Score, score: Score) -> float:
    return paired_test(base.statistics, score.statistics, score.score_rows).bootstrap_p


if __name__ == "__main__":
    main()
