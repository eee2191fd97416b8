"""Is one system better than another, or was it chance?

Paired bootstrap resampling (Koehn 2004, "Statistical Significance Tests for Machine Translation
Evaluation") and paired approximate randomisation (Riezler & Maxwell 2005, "On Some Pitfalls in
Automatic Evaluation and Significance Testing for MT"). Both work on per-segment sufficient
statistics, draw as ``sacrebleu.significance.PairedTest`` draws and compute p-values as it does, so
that the same seed gives the same verdict; here the statistics are counted once for all tests.

The bootstrap's p-value is that of Moses and sacrebleu, which is nearly one-sided; randomisation's is
two-sided. A difference is called significant elsewhere in this package only when both agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SMALL_SAMPLE", "PairedResult", "holm", "paired_test"]

# Fewer segments than this and no p-value deserves trust; Koehn 2004 worked with 300 and more.
SMALL_SAMPLE = 100

# Rows of drawn indices held at once: bounds memory at about 50 MB for 2,000 segments.
_CHUNK = 1000

Statistics = NDArray[np.float64]


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
    if baseline.shape != system.shape or baseline.ndim != 2 or not len(baseline):
        raise ValueError(f"statistics of shapes {baseline.shape} and {system.shape} cannot be paired")
    baseline_score, system_score = score(baseline.sum(0).tolist()), score(system.sum(0).tolist())
    difference = system_score - baseline_score
    drawn = _bootstrap_differences(baseline, system, score, samples, seed)
    # As Moses and sacrebleu do: how often does a centred sample stray further than what was seen?
    spread = np.abs(drawn)
    shuffled = _randomisation_differences(baseline, system, score, trials, seed)
    ordered = np.sort(drawn)
    tail = samples // 40
    return PairedResult(
        baseline_score=baseline_score,
        score=system_score,
        difference=difference,
        low=float(ordered[tail]),
        high=float(ordered[samples - tail - 1]),
        higher_in=100.0 * float(np.mean(drawn > 0)),
        bootstrap_p=_p_value(spread - spread.mean(), abs(difference)),
        randomisation_p=_p_value(np.abs(shuffled), abs(difference)),
        segments=len(baseline),
        samples=samples,
        trials=trials,
        seed=seed,
    )


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


def _scores(sums: Statistics, score: Callable[[Any], float]) -> NDArray[np.float64]:
    return np.array([score(row) for row in sums.tolist()])


def _bootstrap_differences(
    baseline: Statistics, system: Statistics, score: Callable[[Any], float], samples: int, seed: int
) -> NDArray[np.float64]:
    size = len(baseline)
    drawn = np.random.default_rng(seed).choice(size, size=(samples, size), replace=True)
    differences = []
    for start in range(0, samples, _CHUNK):
        # Counting how often each segment was drawn turns resampling into one matrix product.
        chunk = drawn[start : start + _CHUNK]
        flat = chunk + size * np.arange(len(chunk))[:, None]
        counts = np.bincount(flat.ravel(), minlength=size * len(chunk)).reshape(len(chunk), size).astype(np.float64)
        differences.append(_scores(counts @ system, score) - _scores(counts @ baseline, score))
    return np.concatenate(differences)


def _randomisation_differences(
    baseline: Statistics, system: Statistics, score: Callable[[Any], float], trials: int, seed: int
) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    size = len(baseline)
    total = baseline.sum(0) + system.sum(0)
    # One draw for all trials, as sacrebleu's, so that the same seed swaps the same segments.
    swaps = rng.integers(2, size=(trials, size), dtype=bool)
    differences = []
    for start in range(0, trials, _CHUNK):
        chosen = swaps[start : start + _CHUNK].astype(np.float64)
        one = chosen @ baseline + (1.0 - chosen) @ system
        differences.append(_scores(one, score) - _scores(total - one, score))
    return np.concatenate(differences)
