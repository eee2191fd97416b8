"""Is one system better than another, or was it chance?

Paired bootstrap resampling (Koehn 2004) and paired approximate randomisation (Riezler & Maxwell 2005), with the draws
and p-values of ``sacrebleu.significance.PairedTest``; here one draw serves all systems, and sums are scored as arrays.
The bootstrap's p-value is nearly one-sided, as in Moses and sacrebleu, randomisation's is two-sided: a difference is
called significant only when both agree.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mt.metrics.row_scores import Array, RowsScorer

# Both p-values must be below this for a difference to be called significant.
ALPHA = 0.05
# With fewer segments than this no p-value is trusted; Koehn 2004 worked with 300 and more.
SMALL_SAMPLE = 100

# Cells of the count matrix drawn at once: bounds memory at about 50 MB for fewer than 60,000 segments.
_CELLS = 2**21

# Sufficient statistics of one system, shape (segments, counts); or of several, shape (systems, segments, counts).
Statistics = Array
# A baseline and a system, by name.
Names = tuple[str, str]


@dataclass(frozen=True)
class Resampling:
    """How many bootstrap samples and randomisation trials to draw, and with which seed."""

    samples: int = 1000
    trials: int = 10000
    seed: int = 1


@dataclass(frozen=True)
class PairedResult:
    """A system against a baseline by one metric."""

    baseline_score: float
    score: float
    difference: float  # score - baseline_score
    ci_low: float  # the 95% bootstrap interval of the difference
    ci_high: float
    bootstrap_p: float
    randomisation_p: float
    segments: int  # or documents, that were resampled
    lower_is_better: bool = False

    @property
    def reliable(self) -> bool:
        """Whether there are enough segments for the p-values to mean anything."""
        return self.segments >= SMALL_SAMPLE

    @property
    def verdict(self) -> str:
        """'better', 'worse' or 'same' than the baseline, by both tests; or 'too few segments'."""
        if not self.reliable:
            return "too few segments"
        if max(self.bootstrap_p, self.randomisation_p) >= ALPHA:
            return "same"
        return "better" if (self.difference > 0) != self.lower_is_better else "worse"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values for JSON."""
        return {**asdict(self), "verdict": self.verdict}


def paired_test(
    baseline: Statistics, system: Statistics, score_rows: RowsScorer, resampling: Resampling | None = None
) -> PairedResult:
    """Compare two systems, as :func:`paired_tests` compares many."""
    pair = ("baseline", "system")
    return paired_tests({"baseline": baseline, "system": system}, score_rows, [pair], resampling)[pair]


def paired_tests(
    systems: Mapping[str, Statistics],
    score_rows: RowsScorer,
    pairs: Sequence[Names],
    resampling: Resampling | None = None,
    *,
    lower_is_better: bool = False,
) -> dict[Names, PairedResult]:
    """Compare pairs (baseline, system) of many systems; each draw serves all of them.

    ``score_rows`` turns rows of summed statistics, shape (rows, counts), into scores, shape (rows,).
    """
    shapes = [rows.shape for rows in systems.values()]
    if len(set(shapes)) > 1 or len(shapes[0]) != 2 or not shapes[0][0]:
        raise ValueError(f"statistics of shapes {', '.join(map(str, shapes))} cannot be paired")
    resampling = resampling or Resampling()
    place = {name: number for number, name in enumerate(systems)}
    statistics = np.stack(list(systems.values()))
    whole = score_rows(statistics.sum(1))
    resampled = _bootstrap_scores(statistics, score_rows, resampling)
    places = [(place[first], place[second]) for first, second in pairs]
    swapped = _randomisation_differences(statistics, score_rows, places, resampling)
    tail = resampling.samples // 40
    results = {}
    for number, (first, second) in enumerate(places):
        difference = float(whole[second] - whole[first])
        differences = resampled[second] - resampled[first]
        # As in Moses and sacrebleu: how often does a centred sample deviate more than the observed difference?
        deviations = np.abs(differences)
        ordered = np.sort(differences)
        results[pairs[number]] = PairedResult(
            baseline_score=float(whole[first]),
            score=float(whole[second]),
            difference=difference,
            ci_low=float(ordered[tail]),
            ci_high=float(ordered[resampling.samples - tail - 1]),
            bootstrap_p=_p_value(deviations - deviations.mean(), abs(difference)),
            randomisation_p=_p_value(np.abs(swapped[number]), abs(difference)),
            segments=statistics.shape[1],
            lower_is_better=lower_is_better,
        )
    return results


def holm(p_values: Mapping[Any, float]) -> dict[Any, float]:
    """Correct p-values for the number of tests made (Holm 1979): step-down, never above 1."""
    corrected = dict.fromkeys(p_values, 0.0)
    running = 0.0
    for rank, key in enumerate(sorted(p_values, key=lambda key: p_values[key])):
        corrected[key] = running = max(running, min(1.0, (len(p_values) - rank) * p_values[key]))
    return corrected


def rank_systems(results: Mapping[Names, PairedResult]) -> dict[str, Any]:
    """Rank systems by one metric, from the test of each pair (at least one), as WMT's findings papers do.

    Two systems differ when both tests say so, randomisation's p-value corrected by Holm (1979) for the number of pairs
    (the bootstrap's is too coarse for that). A rank is a range: from one more than the number of systems significantly
    better to the number of those not significantly worse. A cluster ends where every system above it is significantly
    better than all below. ``ranks`` are empty where there are too few segments.
    """
    corrected = holm({names: result.randomisation_p for names, result in results.items()})
    pairs = []
    beats = set()  # (better, worse) for every significant difference
    scores: dict[str, float] = {}
    for (first, second), result in results.items():
        tested = {key: getattr(result, key) for key in ("difference", "bootstrap_p", "randomisation_p")}
        holms = corrected[first, second]
        pairs.append({"first": first, "second": second, **tested, "randomisation_p_holm": holms})
        scores |= {first: result.baseline_score, second: result.score}
        if max(result.bootstrap_p, holms) < ALPHA:
            beats.add((second, first) if (result.difference > 0) != result.lower_is_better else (first, second))
    ranks: dict[str, dict[str, int]] = {}
    if all(result.reliable for result in results.values()):
        order = sorted(scores, key=lambda name: scores[name], reverse=not result.lower_is_better)
        cluster = 1
        for place, name in enumerate(order):
            if place and all((above, below) in beats for above in order[:place] for below in order[place:]):
                cluster += 1
            low = 1 + sum((other, name) in beats for other in order)
            high = len(order) - sum((name, other) in beats for other in order)
            ranks[name] = {"low": low, "high": high, "cluster": cluster}
    return {"ranks": ranks, "pairs": pairs}


def _p_value(deviations: Array, difference: float) -> float:
    # A deviation equal to the observed one counts (Riezler & Maxwell's >=): a system against itself then has p = 1,
    # and a handful of segments cannot reach a tiny p. sacrebleu counts only larger ones; only ties differ.
    # The tolerance keeps equal differences equal whatever the order of summation.
    return float((np.sum(deviations >= difference - 1e-9) + 1) / (len(deviations) + 1))


def _bootstrap_scores(statistics: Statistics, score_rows: RowsScorer, resampling: Resampling) -> Array:
    """Score each system on each sample: (systems, segments, counts) → (systems, samples)."""
    size = statistics.shape[1]
    rng = np.random.default_rng(resampling.seed)
    scores = []
    for rows in _chunks(resampling.samples, size):
        # Counting how often each segment was drawn turns resampling into one matrix product:
        # (rows, segments) @ (segments, counts).
        flat = rng.choice(size, size=(rows, size), replace=True) + size * np.arange(rows)[:, None]
        counts = np.bincount(flat.ravel(), minlength=size * rows).reshape(rows, size).astype(np.float64)
        scores.append([score_rows(counts @ own) for own in statistics])
    return np.concatenate(scores, axis=1)


def _randomisation_differences(
    statistics: Statistics, score_rows: RowsScorer, pairs: Sequence[tuple[int, int]], resampling: Resampling
) -> Array:
    """The difference of each pair when segments are swapped at random, shape (pairs, trials)."""
    size = statistics.shape[1]
    rng = np.random.default_rng(resampling.seed)
    totals = statistics.sum(1)  # (systems, counts)
    differences = []
    for rows in _chunks(resampling.trials, size):
        chosen = rng.integers(2, size=(rows, size), dtype=bool).astype(np.float64)
        kept = [chosen @ own for own in statistics]  # (rows, counts) of each system's segments that stay
        swapped = []
        for first, second in pairs:
            one = kept[first] + (totals[second] - kept[second])
            swapped.append(score_rows(one) - score_rows(totals[first] + totals[second] - one))
        differences.append(swapped)
    return np.concatenate(differences, axis=1)


def _chunks(rows: int, size: int) -> Iterator[int]:
    """Yield numbers of rows to draw at once, multiples of 32 so that the draws equal one large one, as sacrebleu's."""
    step = max(32, _CELLS // size // 32 * 32)
    for start in range(0, rows, step):
        yield min(step, rows - start)
