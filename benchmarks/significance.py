"""How long do significance tests take? Our paired tests and sacrebleu's, with the same draws, in one run.

    .venv/bin/python benchmarks/significance.py --quick
    .venv/bin/python benchmarks/significance.py -o benchmarks/results/significance.json

Random text and five systems, each of which damages it a little more. Both sides count the n-grams of BLEU and chrF++
and test four systems against the first by paired bootstrap (1,000 samples) and approximate randomisation (10,000
trials); then we test all ten pairs. Most of our time goes into counting, which is sacrebleu's own code (sacrebleu
counts once for each test), so both are timed without it too. Times are CPU seconds of this process, the minimum of
the repeats, which alternate. The p-values of both sides are printed in one table. The last line is JSON.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import sys
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

# One thread each: matrix products would otherwise take what cores there are.
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "SACREBLEU_SEED": "1"}
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy  # noqa: E402
import sacrebleu  # noqa: E402
from _outcome import tell  # noqa: E402
from sacrebleu.metrics import BLEU, CHRF  # noqa: E402
from sacrebleu.significance import PairedTest  # noqa: E402

from mt.evaluation.significance import Names, PairedResult, paired_tests  # noqa: E402
from mt.metrics.corpus_scores import Scorer  # noqa: E402

METRICS = {"bleu": "BLEU", "chrf++": "chrF2++"}
# (metric, system) -> p-values of bootstrap and randomisation.
Values = dict[tuple[str, str], tuple[float, float]]
Results = dict[Names, PairedResult]


def systems(segments: int) -> tuple[list[str], dict[str, list[str]]]:
    """A reference, and systems in which ever more words are dropped or changed."""
    draw = random.Random(1)
    letters = "etaoinshrdlu"
    words = ["".join(draw.choices(letters, k=draw.randint(2, 9))) for _ in range(5000)]
    weights = [1 / (rank + 2.7) for rank in range(len(words))]
    reference = [draw.choices(words, weights, k=draw.randint(8, 40)) for _ in range(segments)]
    found = {}
    for number in range(5):
        changed = 0.30 + 0.004 * number
        found[f"system {number + 1}"] = [
            " ".join(draw.choice(words) if draw.random() < changed else word for word in line if draw.random() < 0.95)
            for line in reference
        ]
    return [" ".join(line) for line in reference], found


def theirs(reference: list[str], hypotheses: dict[str, list[str]], samples: int = 0) -> Values:
    values: dict[tuple[str, str], list[float]] = {}
    for kind in ("bs", "ar"):
        metrics = {"bleu": BLEU(references=[reference]), "chrf++": CHRF(word_order=2, references=[reference])}
        _, found = PairedTest(list(hypotheses.items()), metrics, None, kind, samples)()
        for metric, name in METRICS.items():
            for system, result in list(zip(hypotheses, found[name], strict=True))[1:]:
                values.setdefault((metric, system), []).append(result.p_value)
    return {key: (bootstrap, randomisation) for key, (bootstrap, randomisation) in values.items()}


def ours(reference: list[str], hypotheses: dict[str, list[str]], pairs: list[Names]) -> dict[str, Results]:
    scorer = Scorer(reference, list(METRICS))
    scores = {name: scorer.score(texts) for name, texts in hypotheses.items()}
    results = {}
    for metric in METRICS if pairs else ():
        statistics = {name: found[metric].statistics for name, found in scores.items()}
        score_rows = next(iter(scores.values()))[metric].score_rows
        results[metric] = paired_tests(statistics, score_rows, pairs)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="under 50 seconds on two cores: 500 segments, once")
    parser.add_argument("--segments", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    if options.quick:
        options.segments, options.repeats = 500, 1
    reference, hypotheses = systems(options.segments)
    every = list(combinations(hypotheses, 2))
    first = every[: len(hypotheses) - 1]
    works: dict[str, Callable[[], object]] = {
        "sacrebleu, against the first": lambda: theirs(reference, hypotheses),
        "sacrebleu, one sample": lambda: theirs(reference, hypotheses, 1),
        "ours, against the first": lambda: ours(reference, hypotheses, first),
        "ours, all pairs": lambda: ours(reference, hypotheses, every),
        "ours, counting alone": lambda: ours(reference, hypotheses, []),
    }
    seconds = dict.fromkeys(works, float("inf"))
    for _ in range(options.repeats):
        for name, work in works.items():
            start = time.process_time()
            work()
            seconds[name] = min(seconds[name], time.process_time() - start)
    for name, spent in seconds.items():
        print(f"{name:30} {spent:>7.2f} s")
    print(
        f"\n{'metric':8} {'against system 1':18} {'bootstrap':>10} {'sacrebleu':>10} {'random.':>10} {'sacrebleu':>10}"
    )
    results = ours(reference, hypotheses, first)
    differences = []
    for (metric, system), (bootstrap, randomisation) in theirs(reference, hypotheses).items():
        mine = results[metric][first[0][0], system]
        print(
            f"{metric:8} {system:18} {mine.bootstrap_p:>10.4f} {bootstrap:>10.4f} "
            f"{mine.randomisation_p:>10.4f} {randomisation:>10.4f}"
        )
        differences += [abs(mine.bootstrap_p - bootstrap), abs(mine.randomisation_p - randomisation)]
    peer, peer_counting, own, own_all, own_counting = seconds.values()
    outcome = {
        "benchmark": "significance",
        "figures": {
            "sacrebleu_s": round(peer, 2),
            "ours_s": round(own, 2),
            "ours_all_pairs_s": round(own_all, 2),
            "sacrebleu_over_ours": round(peer / own, 2),
            "sacrebleu_over_ours_without_counting": round((peer - peer_counting) / (own - own_counting), 1),
            "largest_p_difference": round(max(differences), 5),
        },
        "against": f"sacrebleu {sacrebleu.__version__} PairedTest",
        "machine": f"{platform.machine()}, one thread, Python {platform.python_version()}, numpy {numpy.__version__}",
        "settings": {"segments": options.segments, "systems": len(hypotheses), "samples": 1000, "trials": 10000},
    }
    tell(outcome, options.output)


if __name__ == "__main__":
    main()
