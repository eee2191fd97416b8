"""Benchmarks of entities, numbers and names: requested of the model, and left to it."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from _outcome import tell
from quality import TESTSETS, TestSet

from mt.evaluation.significance import paired_test
from mt.inference.translator import Translator
from mt.metrics.base import Score
from mt.metrics.corpus_scores import Scorer
from mt.text.entities import Entity, find_entities

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Benchmark:
    """What is measured.

    Args:
        kind: of the entities, as the decoding option is called.
        description: of the benchmark.
        sets: test sets by name.
        measure: adds to the figures, given a set's name, the set and the options.
        quick: segments of each set and the sets of ``--quick``.
        which: segments ``--segments`` takes of each set.
    """

    kind: Literal["numbers", "names"]
    description: str
    sets: Mapping[str, Callable[[], TestSet]]
    measure: Callable[[str, TestSet, argparse.Namespace, dict[str, float]], None]
    quick: tuple[int, list[str]]
    which: str


@dataclass(frozen=True)
class Measured:
    """A test set as it is measured.

    Args:
        name: of the set.
        translate: gives one translation for each reference.
        references: the human translations.
        expected: the entities looked for in each.
    """

    name: str
    translate: Callable[[Translator], list[str]]
    references: Sequence[str]
    expected: Sequence[Sequence[Entity]]


def run(benchmark: Benchmark) -> None:
    """Read the command line, measure the sets and print the outcome."""
    size, names = benchmark.quick
    parser = argparse.ArgumentParser(description=benchmark.description.splitlines()[0])
    parser.add_argument("model", nargs="?", default=str(ROOT / "models" / "starter"))
    parser.add_argument(
        "--quick", action="store_true", help=f"under 50 seconds on two cores: {size} segments of {', '.join(names)}"
    )
    parser.add_argument("--segments", type=int, default=0, help=f"{benchmark.which} segments of each set; 0 for all")
    parser.add_argument("--sets", nargs="+", choices=benchmark.sets, default=list(benchmark.sets))
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    if not TESTSETS.is_dir():
        parser.error(f"{TESTSETS} is absent: the sets come from it")
    if options.quick:
        options.segments, options.sets = benchmark.quick
    torch.set_num_threads(options.threads)
    os.environ["OMP_NUM_THREADS"] = str(options.threads)  # for CTranslate2
    figures: dict[str, float] = {}
    for name in options.sets:
        benchmark.measure(name, benchmark.sets[name](), options, figures)
    outcome = {
        "benchmark": "large_numbers" if benchmark.kind == "numbers" else benchmark.kind,
        "figures": {name: round(value, 4) for name, value in figures.items()},
        "against": f"the same model with decoding.{benchmark.kind}: ignore",
        "machine": f"{platform.machine()}, {options.threads} threads, torch {torch.__version__}",
        "settings": {"model": Path(options.model).name, "segments": options.segments or "all"},
    }
    tell(outcome, options.output)


def compare(kind: Literal["numbers", "names"], model: str, data: Measured) -> dict[str, float]:
    """Measure a set with its entities left to the model, and with them requested; return the figures of both."""
    scorer = Scorer(data.references, ("bleu", "chrf++"))
    total = sum(map(len, data.expected))
    figures: dict[str, float] = {}
    ignored: Score | None = None
    for mode in ("ignore", "request"):
        texts = data.translate(Translator.from_pretrained(model, device="cpu", **{kind: mode}))  # type: ignore[arg-type]
        scores = scorer.score(texts)
        chrf = scores["chrf++"]
        met = 100 * count_met(data.expected, texts) / max(total, 1)
        values = {"met": met, "bleu": scores["bleu"].score, "chrf++": chrf.score}
        shown = ""
        if ignored is None:
            ignored = chrf
        else:
            values["p"] = paired_test(ignored.statistics, chrf.statistics, chrf.score_rows).bootstrap_p
            shown = f", p {values['p']:.3f}"
        figures |= {f"{metric}_{data.name}_{mode}": value for metric, value in values.items()}
        print(
            f"{data.name:13} {mode:7} {met:.1f} % of {total} {kind} met; {len(texts)} segments: "
            f"BLEU {values['bleu']:.2f}, chrF++ {chrf.score:.2f}{shown}",
            flush=True,
        )
    return figures


def count_met(expected: Sequence[Sequence[Entity]], texts: Sequence[str]) -> int:
    """Count the expected entities that the texts have."""
    return sum(span is not None for own, text in zip(expected, texts, strict=True) for span in find_entities(own, text))
