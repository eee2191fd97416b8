"""Is one system better than another, or was it chance?

Paired bootstrap resampling (Koehn 2004, "Statistical Significance Tests for Machine Translation
Evaluation") and paired approximate randomisation (Riezler & Maxwell 2005, "On Some Pitfalls in
Automatic Evaluation and Significance Testing for MT"). Both work on per-segment sufficient
statistics, draw as ``sacrebleu.significance.PairedTest`` draws and compute p-values as it does, so
that the same seed gives the same verdict; here one draw serves all systems, and sums are scored as arrays.

The bootstrap's p-value is that of Moses and sacrebleu, which is nearly one-sided; randomisation's is
two-sided. A difference is called significant elsewhere in this package only when both agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mt.metrics.row_scores import RowsScorer, one_by_one

__all__ = ["SMALL_SAMPLE", "Names", "PairedResult", "holm", "paired_test", "paired_tests"]

# Fewer segments than this and no p-value deserves trust; Koehn 2004 worked with 300 and more.
SMALL_SAMPLE = 100

# Segments drawn at once, in all samples together: bounds memory at about 50 MB, if there are fewer than 60,000.
_CELLS = 2**21

Array = NDArray[np.float64]
# Of the segments of one system, shape (segments, counts), or of several systems, shape (systems, segments, counts).
Statistics = Array
# A baseline and a system, by name.
Names = tuple[str, str]


@dataclass(frozen=True)
class PairedResult:
    """A system against a baseline by one metric.

    Attributes:
        baseline_score: the baseline's score on the whole set.
        score: the system's.
        difference: ``score - baseline_score``, in the metric's own points.
        low: lower end of the 95% bootstrap interval of the difference.
        high: its upper end.
        higher_in: share of bootstrap samples (0-100) in which the system scores higher.
        bootstrap_p: p-value of paired bootstrap resampling, as sacrebleu computes it.
        randomisation_p: two-sided p-value of paired approximate randomisation.
        segments: how many segments (or documents) were resampled.
        samples: bootstrap samples.
        trials: randomisation trials.
        seed: of the random numbers.
    """

    baseline_score: float
    score: float
    difference: float
    low: float
    high: float
    higher_in: float
    bootstrap_p: float
    randomisation_p: float
    segments: int
    samples: int
    trials: int
    seed: int

    @property
    def reliable(self) -> bool:
        """Whether there are enough segments for the p-values to mean anything."""
        return self.segments >= SMALL_SAMPLE

    @property
    def note(self) -> str:
        """A plain warning about a small sample, or nothing."""
        if self.reliable:
            return ""
        unit = "segment" if self.segments == 1 else "segments"
        return (
            f"{self.segments} {unit}: too small a sample for a significance test to mean much "
            f"({SMALL_SAMPLE} is the least taken seriously here)"
        )

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain values for JSON."""
        return {**asdict(self), "reliable": self.reliable, "note": self.note}


def paired_test(
    baseline: Statistics,
    system: Statistics,
    score: Callable[[Any], float],
    *,
    samples: int = 1000,
    trials: int = 10000,
    seed: int = 1,
) -> PairedResult:
    """Compare two systems on the same segments.

    Args:
        baseline: sufficient statistics, shape (segments, counts).
        system: the same for the other system.
        score: turns one row of summed statistics, shape (counts,), into a score.
        samples: bootstrap samples.
        trials: randomisation trials.
        seed: of both draws.

    Raises:
        ValueError: the shapes differ or there are no segments.
    """
    systems = {"baseline": baseline, "system": system}
    pair = ("baseline", "system")
    return paired_tests(systems, one_by_one(score), [pair], samples=samples, trials=trials, seed=seed)[pair]


def paired_tests(
    systems: Mapping[str, Statistics],
    score: RowsScorer,
    pairs: Sequence[Names],
    *,
    samples: int = 1000,
    trials: int = 10000,
    seed: int = 1,
) -> dict[Names, PairedResult]:
    """Compare pairs of many systems; each draw serves all of them.

    Args:
        systems: name -> sufficient statistics, shape (segments, counts).
        score: turns rows of summed statistics, shape (rows, counts), into scores, shape (rows,).
        pairs: (baseline, system) each.
        samples, trials, seed: as :func:`paired_test` takes them.

    Raises:
        ValueError: as :func:`paired_test` has it.
    """
    shapes = [rows.shape for rows in systems.values()]
    if len(set(shapes)) > 1 or len(shapes[0]) != 2 or not shapes[0][0]:
        raise ValueError(f"statistics of shapes {', '.join(map(str, shapes))} cannot be paired")
    place = {name: number for number, name in enumerate(systems)}
    statistics = np.stack(list(systems.values()))
    whole = score(statistics.sum(1))
    drawn = _bootstrap_scores(statistics, score, samples, seed)
    places = [(place[first], place[second]) for first, second in pairs]
    shuffled = _randomisation_differences(statistics, score, places, trials, seed)
    tail = samples // 40
    results = {}
    for number, (first, second) in enumerate(places):
        difference = float(whole[second] - whole[first])
        differences = drawn[second] - drawn[first]
        # As Moses and sacrebleu do: how often does a centred sample stray further than what was seen?
        spread = np.abs(differences)
        ordered = np.sort(differences)
        results[pairs[number]] = PairedResult(
            baseline_score=float(whole[first]),
            score=float(whole[second]),
            difference=difference,
            low=float(ordered[tail]),
            high=float(ordered[samples - tail - 1]),
            higher_in=100.0 * float(np.mean(differences > 0)),
            bootstrap_p=_p_value(spread - spread.mean(), abs(difference)),
            randomisation_p=_p_value(np.abs(shuffled[number]), abs(difference)),
            segments=statistics.shape[1],
            samples=samples,
            trials=trials,
            seed=seed,
        )
    return results


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Correct p-values for the number of tests made (Holm 1979): step-down, never above 1."""
    ordered = sorted(p_values, key=lambda name: p_values[name])
    corrected: dict[str, float] = {}
    running = 0.0
    for rank, name in enumerate(ordered):
        running = max(running, min(1.0, (len(ordered) - rank) * p_values[name]))
        corrected[name] = running
    return {name: corrected[name] for name in p_values}


def _p_value(spread: NDArray[np.float64], difference: float) -> float:
    # As large as what was seen counts (Riezler & Maxwell's >=): a system against itself is then no different,
    # and a handful of segments cannot reach a tiny p. sacrebleu counts only what is larger, the same but for ties.
    # The tolerance keeps equal differences equal whatever the order of summation.
    return float((np.sum(spread >= difference - 1e-9) + 1) / (len(spread) + 1))


def _bootstrap_scores(statistics: Statistics, score: RowsScorer, samples: int, seed: int) -> Array:
    """Each system's score of each sample, shape (systems, samples)."""
    size = statistics.shape[1]
    rng = np.random.default_rng(seed)
    scores = []
    for rows in _chunks(samples, size):
        # Counting how often each segment was drawn turns resampling into one matrix product.
        flat = rng.choice(size, size=(rows, size), replace=True) + size * np.arange(rows)[:, None]
        counts = np.bincount(flat.ravel(), minlength=size * rows).reshape(rows, size).astype(np.float64)
        scores.append([score(counts @ own) for own in statistics])
    return np.concatenate(scores, axis=1)


def _randomisation_differences(
    statistics: Statistics, score: RowsScorer, pairs: Sequence[tuple[int, int]], trials: int, seed: int
) -> Array:
    """The difference of each pair when segments are swapped at random, shape (pairs, trials)."""
    size = statistics.shape[1]
    rng = np.random.default_rng(seed)
    totals = statistics.sum(1)
    differences = []
    for rows in _chunks(trials, size):
        chosen = rng.integers(2, size=(rows, size), dtype=bool).astype(np.float64)
        kept = [chosen @ own for own in statistics]
        made = []
        for first, second in pairs:
            one = kept[first] + (totals[second] - kept[second])
            made.append(score(one) - score(totals[first] + totals[second] - one))
        differences.append(made)
    return np.concatenate(differences, axis=1)


def _chunks(rows: int, size: int) -> Iterator[int]:
    """Numbers of rows to draw at once, as many as fit ``_CELLS``.

    Draws in chunks are those of one large draw, as sacrebleu makes it: 32 coin tosses come of one random number, so
    a chunk of 32 rows leaves none over.
    """
    step = max(32, _CELLS // size // 32 * 32)
    for start in range(0, rows, step):
        yield min(step, rows - start)
