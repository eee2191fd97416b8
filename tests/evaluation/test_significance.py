from __future__ import annotations

import numpy as np
import pytest
from systems import REFERENCES, damaged

from mt.evaluation import significance
from mt.evaluation.significance import PairedResult, Resampling, holm, paired_test, paired_tests
from mt.metrics.corpus_scores import METRICS, Scorer

# A test set of some size from the few real sentences: each in several damaged forms.
_LONG = [text for seed in range(30) for text in damaged(REFERENCES, 0.2, 100 + seed)]


def mean(rows: np.ndarray) -> np.ndarray:
    return rows[:, 0] / rows[:, 1]


def compared(one: list[str], two: list[str], metric: str, seed: int = 1) -> PairedResult:
    scorer = Scorer(_LONG, [metric])
    first, second = scorer.score(one)[metric], scorer.score(two)[metric]
    return paired_test(first.statistics, second.statistics, first.score_rows, Resampling(500, 1000, seed))


@pytest.mark.parametrize("metric", METRICS)
def test_same_p_values_as_sacrebleu(monkeypatch: pytest.MonkeyPatch, metric: str) -> None:
    from sacrebleu.metrics import BLEU, CHRF, TER
    from sacrebleu.significance import PairedTest

    monkeypatch.setenv("SACREBLEU_SEED", "1")
    scorers = {"bleu": BLEU(), "chrf++": CHRF(word_order=2), "chrf": CHRF(), "ter": TER()}
    one, two = damaged(_LONG, 0.2, 1), damaged(_LONG, 0.215, 2)
    ours = compared(one, two, metric)
    for kind, samples, p in (("bs", 500, ours.bootstrap_p), ("ar", 1000, ours.randomisation_p)):
        test = PairedTest([("one", one), ("two", two)], {metric: scorers[metric]}, [_LONG], kind, samples)
        theirs = next(results for name, results in test()[1].items() if name != "System")[1]
        assert ours.score == pytest.approx(theirs.score)
        # Theirs sums in single precision and leaves out samples that equal what was seen; of TER, whose counts of
        # edits are few and whole, there are many.
        assert theirs.p_value - 3 / samples <= p <= theirs.p_value + (0.06 if metric == "ter" else 3 / samples)
        assert 0.01 < p < 0.99


def test_clear_difference_is_significant_and_its_interval_excludes_none() -> None:
    result = compared(damaged(_LONG, 0.2, 1), damaged(_LONG, 0.5, 2), "bleu")
    assert result.bootstrap_p < 0.01
    assert result.randomisation_p < 0.01
    assert result.ci_low <= result.difference <= result.ci_high < 0
    assert result.reliable


def test_identical_systems_do_not_differ() -> None:
    same = damaged(_LONG, 0.3, 1)
    result = compared(same, same, "chrf++")
    assert (result.difference, result.bootstrap_p, result.randomisation_p) == (0, 1, 1)


@pytest.mark.parametrize("metric", ["bleu", "chrf++", "ter"])
def test_many_systems_at_once_are_tested_as_each_pair_alone(metric: str) -> None:
    scorer = Scorer(_LONG, [metric])
    scores = {name: scorer.score(damaged(_LONG, 0.2 + n / 50, n))[metric] for n, name in enumerate("abc")}
    systems = {name: score.statistics for name, score in scores.items()}
    pairs = [("a", "b"), ("c", "a")]
    resampling = Resampling(100, 300, seed=3)
    found = paired_tests(systems, scores["a"].score_rows, pairs, resampling)
    assert list(found) == pairs
    for first, second in pairs:
        alone = paired_test(systems[first], systems[second], scores["a"].score_rows, resampling).to_dict()
        assert found[first, second].to_dict() == {
            key: pytest.approx(value, rel=1e-10) if isinstance(value, float) else value for key, value in alone.items()
        }


def test_draws_in_chunks_are_one_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    systems = {name: np.column_stack([rng.normal(size=77), np.ones(77)]) for name in "ab"}
    whole = paired_test(systems["a"], systems["b"], mean, Resampling(210, 1234))
    # Rows of 77 segments, 32 at a time: neither divides the other.
    monkeypatch.setattr(significance, "_CELLS", 1)
    assert paired_test(systems["a"], systems["b"], mean, Resampling(210, 1234)) == whole


def test_same_seed_same_result_other_seed_other_draws() -> None:
    one, two = damaged(_LONG, 0.2, 1), damaged(_LONG, 0.21, 2)
    first, again, other = (compared(one, two, "bleu", seed) for seed in (1, 1, 2))
    assert first == again
    assert (first.bootstrap_p, first.ci_low) != (other.bootstrap_p, other.ci_low)


def test_swapping_systems_mirrors_the_result() -> None:
    one, two = damaged(_LONG, 0.2, 1), damaged(_LONG, 0.25, 2)
    forth, back = compared(one, two, "bleu"), compared(two, one, "bleu")
    assert forth.difference == pytest.approx(-back.difference)
    assert forth.randomisation_p == pytest.approx(back.randomisation_p)
    assert forth.bootstrap_p == pytest.approx(back.bootstrap_p)


def test_p_values_of_randomisation_are_uniform_under_the_null() -> None:
    rng = np.random.default_rng(7)
    p_values = []
    for seed in range(1000):
        one, two = (np.column_stack([rng.normal(size=60), np.ones(60)]) for _ in range(2))
        p_values.append(paired_test(one, two, mean, Resampling(20, 200, seed)).randomisation_p)
    # Kolmogorov-Smirnov distance to the uniform; 0.0515 is the 1% critical value for 1,000 draws.
    ordered = np.sort(p_values)
    distance = np.max(np.abs(ordered - np.arange(1, 1001) / 1000))
    assert distance < 0.0515


def test_few_segments_cannot_be_significant() -> None:
    # Every one of 4 segments is better: of 16 swappings two are as extreme, so p is near 1/8.
    one = np.array([[0.0, 1.0]] * 4)
    two = np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 1.0], [4.0, 1.0]])
    result = paired_test(one, two, mean, Resampling(200, 4000))
    assert result.randomisation_p == pytest.approx(1 / 8, abs=0.02)
    assert not result.reliable
    assert result.verdict == "too few segments"


def test_statistics_that_cannot_be_paired_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be paired"):
        paired_test(np.ones((3, 2)), np.ones((4, 2)), mean)
    with pytest.raises(ValueError, match="cannot be paired"):
        paired_test(np.ones((0, 2)), np.ones((0, 2)), mean)


def test_holm_steps_down() -> None:
    # Worked by hand: 3 x 0.01, 2 x 0.02, 1 x 0.03 raised to the running maximum of 0.04.
    assert holm({"b": 0.02, "a": 0.01, "c": 0.03}) == pytest.approx({"b": 0.04, "a": 0.03, "c": 0.04})
    assert holm({"a": 0.6, "b": 0.7}) == {"a": 1.0, "b": 1.0}
    assert holm({}) == {}
