"""Benchmarks of what is asked of a model besides terms, figures and names: asked for, and left to the model."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from _outcome import tell
from quality import TESTSETS, TestSet
from transformers.utils import logging as transformers_logging

from mt.config import DecodingConfig
from mt.evaluation.significance import paired_test
from mt.inference.translator import Translator
from mt.metrics.corpus_scores import Scorer
from mt.text.entities import Entity, find_entities

__all__ = ["asked_and_free", "count_met", "run"]

ROOT = Path(__file__).resolve().parent.parent


def run(
    kind: Literal["figures", "names"],
    description: str,
    sets: Mapping[str, Callable[[], TestSet]],
    measure: Callable[[str, TestSet, argparse.Namespace, dict[str, float]], None],
    *,
    quick: tuple[int, list[str]],
    which: str,
) -> None:
    """Read the command line, measure the sets and tell the outcome.

    Args:
        kind: what is asked for.
        description: of the benchmark.
        sets: by name.
        measure: told a set's name, the set, the options and the figures to add to.
        quick: segments a set and the sets of ``--quick``.
        which: segments ``--segments`` takes of each set.
    """
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("model", nargs="?", default=str(ROOT / "models" / "starter"))
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"under 50 seconds on two cores: {quick[0]} segments of {', '.join(quick[1])}",
    )
    parser.add_argument("--segments", type=int, default=0, help=f"{which} segments of each set; 0 for all")
    parser.add_argument("--sets", nargs="+", choices=sets, default=list(sets))
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    if not TESTSETS.is_dir():
        parser.error(f"{TESTSETS} is absent: the sets come from it")
    if options.quick:
        options.segments, options.sets = quick
    torch.set_num_threads(options.threads)
    transformers_logging.disable_progress_bar()
    figures: dict[str, float] = {}
    for name in options.sets:
        measure(name, sets[name](), options, figures)
    outcome = {
        "benchmark": kind,
        "figures": {name: round(value, 4) for name, value in figures.items()},
        "against": f"the same model with decoding.{kind}: ignore",
        "machine": f"{platform.machine()}, {options.threads} threads, torch {torch.__version__}",
        "settings": {"model": Path(options.model).name, "segments": options.segments or "all"},
    }
    tell(outcome, options.output)


def asked_and_free(
    kind: Literal["figures", "names"],
    name: str,
    model: str,
    translate: Callable[[Translator], list[str]],
    references: Sequence[str],
    wanted: Sequence[Sequence[Entity]],
    figures: dict[str, float],
) -> None:
    """Measure a set left to the model, and asked for.

    Args:
        kind: what is asked for.
        name: of the set.
        model: a folder.
        translate: gives the set's translations, one for each reference.
        references: likewise.
        wanted: what is looked for in each.
        figures: get those of both.
    """
    scorer = Scorer(references, ("bleu", "chrf++"))
    total = sum(map(len, wanted))
    free: Any = None
    for mode in ("ignore", "request"):
        decoding = DecodingConfig(**{"numbers" if kind == "figures" else kind: mode})  # type: ignore[arg-type]
        texts = translate(Translator.from_pretrained(model, decoding=decoding, device="cpu"))
        scores = scorer.score(texts)
        chrf = scores["chrf++"]
        met = 100 * count_met(wanted, texts) / max(total, 1)
        values = {"met": met, "bleu": scores["bleu"].score, "chrf++": chrf.score}
        shown = ""
        if free is None:
            free = chrf
        else:
            values["p"] = paired_test(free.statistics, chrf.statistics, chrf.score_rows).bootstrap_p
            shown = f", p {values['p']:.3f}"
        figures |= {f"{metric}_{name}_{mode}": value for metric, value in values.items()}
        print(
            f"{name:13} {mode:6} {met:.1f} % of {total} {kind} met; {len(texts)} segments: "
            f"BLEU {values['bleu']:.2f}, chrF++ {chrf.score:.2f}{shown}",
            flush=True,
        )


def count_met(wanted: Sequence[Sequence[Entity]], texts: Sequence[str]) -> int:
    """Count what stands in the texts of what is looked for in each."""
    return sum(place is not None for own, text in zip(wanted, texts, strict=True) for place in find_entities(own, text))
