"""What do the glossary modes do to quality and to the terms? Off, soft, hybrid and hard on the development sets.

    .venv/bin/python benchmarks/quality.py --quick
    .venv/bin/python benchmarks/quality.py models/starter -o benchmarks/results/quality.json

Sets: the WMT23 terminology dev set (novels), with its ``proper`` and ``random`` terms segment by segment
(those in their own source), and the Hong Kong Monetary Authority reports of 2016 and 2018
(WMT25 terminology track 2), paragraph by paragraph, with the year's whole ``proper`` dictionary; a government report
with the Beijing foreign-affairs office's list of organisations and titles (success: of its own mentions). ``off``
is the peer: the same model, with no term requested. Reported: BLEU and chrF++ (sacrebleu), the share of term
mentions met in the output's string, the set's own term success, the same of mentions alone (the task counts a term
inside a longer one a second time; here each term is expected as often as it occurs outside longer ones), and
the paired bootstrap's p of chrF++ against ``off``. A term not met is listed with its reason. The last line is JSON.
"""

from __future__ import annotations

import argparse
import csv
import os
import platform
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch  # noqa: E402
from _outcome import tell  # noqa: E402

from mt.config import DecodingConfig  # noqa: E402
from mt.evaluation.json_lines import read_dictionaries  # noqa: E402
from mt.evaluation.significance import paired_test  # noqa: E402
from mt.evaluation.test_sets import glossaries_of, read_test_set  # noqa: E402
from mt.glossary.glossary import Glossary  # noqa: E402
from mt.inference.translation import Translation  # noqa: E402
from mt.inference.translator import Translator  # noqa: E402
from mt.metrics.corpus_scores import Scorer  # noqa: E402
from mt.metrics.row_scores import share  # noqa: E402
from mt.metrics.term_metric import TermDictionary  # noqa: E402
from mt.metrics.wmt25 import wmt25_success  # noqa: E402

TESTSETS = ROOT.parent / "shared" / "testsets"
MODES = ("off", "soft", "hybrid", "hard")


class TestSet(NamedTuple):
    """Line-aligned segments, the document each is of, and each segment's terms."""

    sources: list[str]
    references: list[str]
    documents: Sequence[Any]
    terms: list[TermDictionary]


def novels(kind: str) -> TestSet:
    folder = TESTSETS / "wmt23-novels"
    data = read_test_set([folder / "dev.zh"], [folder / "dev.en"])
    terms: list[TermDictionary] = [
        {
            zh: filled
            for zh, listed in given.items()
            if zh.strip() and zh in source and (filled := list(filter(str.strip, listed)))
        }
        for source, given in zip(
            data.sources, read_dictionaries(folder / f"dev.term.{kind}", len(data.sources)), strict=True
        )
    ]
    return TestSet(list(data.sources), list(data.streams[0]), range(len(data.sources)), terms)


def news(year: int) -> TestSet:
    folder = TESTSETS / "wmt-news"
    data = read_test_set([folder / f"wmt{year}.zh"], [folder / f"wmt{year}.en"])
    return TestSet(list(data.sources), list(data.streams[0]), range(len(data.sources)), [{} for _ in data.sources])


def finance(kind: str) -> TestSet:
    data = read_test_set([TESTSETS / "wmt25-finance" / "dev" / f"{year}.jsonl" for year in (2016, 2018)])
    return TestSet(list(data.sources), list(data.streams[0]), data.documents or [], list(data.dictionaries[kind]))


def government() -> TestSet:
    with open(TESTSETS / "government" / "dev.tsv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if len(row) == 3]
    terms: dict[str, list[str]] = {}
    for term in Glossary.load(TESTSETS.parent / "glossaries" / "beijing_fao_org_titles.tsv"):
        terms.setdefault(term.source, []).extend(term.targets)
    names, sources, references = zip(*rows, strict=True)
    return TestSet(list(sources), list(references), names, [terms for _ in rows])


SETS = {
    "novels proper": lambda: novels("proper"),
    "novels random": lambda: novels("random"),
    "finance proper": lambda: finance("proper"),
    "government": government,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", nargs="?", default=str(ROOT / "models" / "starter"))
    parser.add_argument("--quick", action="store_true", help="under 50 seconds on two cores: 24 segments a set")
    parser.add_argument("--segments", type=int, default=0, help="evenly spaced segments of each set; 0 for all")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--beams", type=int, default=4)
    parser.add_argument("--no-repeat-ngram", type=int, default=0)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--outputs", type=Path, help="folder for the translations, a file a set and mode")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    if not TESTSETS.is_dir():
        parser.error(f"{TESTSETS} is absent: the sets come from it")
    if options.quick:
        options.segments, options.sets = 24, ["novels proper", "finance proper"]
    torch.set_num_threads(options.threads)
    os.environ["OMP_NUM_THREADS"] = str(options.threads)  # for CTranslate2
    figures: dict[str, float] = {}
    names = f"{'set':15} {'mode':7} {'BLEU':>6} {'chrF++':>7} {'p':>6} {'met %':>7} {'of':>5} {'success':>8}"
    print(f"{names} {'alone':>7} {'s':>6}")
    for name in options.sets:
        measure(name, thinned(SETS[name](), options.segments), options, figures)
    outcome = {
        "benchmark": "quality",
        "figures": {name: round(value, 4) for name, value in figures.items()},
        "against": "the same model with glossary_mode off",
        "machine": f"{platform.machine()}, {options.threads} threads, torch {torch.__version__}",
        "settings": {
            "model": Path(options.model).name,
            "beams": options.beams,
            "no_repeat_ngram_size": options.no_repeat_ngram_size,
            "segments": options.segments or "all",
        },
    }
    tell(outcome, options.output)


def thinned(whole: TestSet, segments: int) -> TestSet:
    step = max(1, len(whole.sources) // segments) if segments else 1
    return TestSet(whole.sources[::step], whole.references[::step], whole.documents[::step], whole.terms[::step])


def measure(name: str, data: TestSet, options: argparse.Namespace, figures: dict[str, float]) -> None:
    glossaries = glossaries_of(data.terms)
    scorer = Scorer(data.references, ("bleu", "chrf++"))
    off: Any = None
    for mode in options.modes:
        decoding = DecodingConfig(num_beams=options.beams, no_repeat_ngram_size=options.no_repeat_ngram_size)
        translator = Translator.from_pretrained(
            options.model, glossary_mode=mode, policy="none", decoding=decoding, device="cpu"
        )
        start = time.perf_counter()
        results = translator.translate(data.sources, documents=data.documents, glossaries=glossaries)
        seconds = time.perf_counter() - start
        hypotheses = [result.text for result in results]
        outcomes = [term for result in results for term in result.terms]
        met = 100 * sum(term.status != "unsatisfied" for term in outcomes) / max(1, len(outcomes))
        success = task_success(data, hypotheses)
        alone = success_alone(data, results, hypotheses)
        scores = scorer.score(hypotheses)
        chrf = scores["chrf++"]
        p = None
        if mode == "off":
            off = chrf
        elif off is not None:
            p = paired_test(off.statistics, chrf.statistics, chrf.score_rows).bootstrap_p
        shown = "" if p is None else f"{p:.3f}"
        print(
            f"{name:15} {mode:7} {scores['bleu'].score:>6.2f} {chrf.score:>7.2f} {shown:>6} {met:>7.2f} "
            f"{len(outcomes):>5} {success:>8.2f} {alone:>7.2f} {seconds:>6.0f}",
            flush=True,
        )
        key = f"{name}_{mode}".replace(" ", "_")
        values = {"bleu": scores["bleu"].score, "chrf++": chrf.score, "met": met, "success": success, "alone": alone}
        figures |= {f"{metric}_{key}": value for metric, value in values.items()}
        figures[f"seconds_{key}"] = seconds
        if p is not None:
            figures[f"p_{key}"] = p
        if mode in ("hybrid", "hard"):
            tell_unmet(results)
        if options.outputs:
            options.outputs.mkdir(parents=True, exist_ok=True)
            lines = "".join(text.replace("\n", " ") + "\n" for text in hypotheses)
            (options.outputs / f"{name.replace(' ', '-')}.{mode}.txt").write_text(lines, encoding="utf-8")


def task_success(data: TestSet, hypotheses: list[str]) -> float:
    """Return the terminology task's own figure, document by document."""
    documents = dict(zip(data.documents, data.terms, strict=True))
    source, hypothesis, reference = (
        [
            "\n".join(text for text, document in zip(side, data.documents, strict=True) if document == name)
            for name in documents
        ]
        for side in (data.sources, hypotheses, data.references)
    )
    return share(wmt25_success(source, hypothesis, reference, list(documents.values())).sum(0))


def success_alone(data: TestSet, results: Sequence[Translation], hypotheses: Sequence[str]) -> float:
    """Return the task's figure with terms counted in the source as mentions: longest first, without overlap."""
    gained = judged = 0.0
    for name in dict.fromkeys(data.documents):
        rows = [row for row, document in enumerate(data.documents) if document == name]
        hypothesis, reference = (" ".join(side[row] for row in rows).lower() for side in (hypotheses, data.references))
        mentions = Counter(outcome.term for row in rows for outcome in results[row].terms)
        for term, count in mentions.items():
            targets = [target.lower() for target in term.targets]
            if any(target in reference for target in targets):
                gained += min(sum(map(hypothesis.count, targets)) / count, 1.0)
                judged += 1
    return share((gained, judged))


def tell_unmet(results: Any) -> None:
    reasons: Counter[str] = Counter()
    for result in results:
        for term in result.terms:
            if term.status == "unsatisfied":
                reasons[f"{term.term.source} -> {' | '.join(term.term.targets)}: {term.reason}"] += 1
    for reason, count in reasons.most_common():
        print(f"    not met {count}x {reason}")


if __name__ == "__main__":
    main()
