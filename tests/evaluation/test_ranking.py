from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from mt.evaluation.significance import Resampling, Statistics, holm, paired_tests, rank_systems


def ranked(systems: dict[str, Statistics], samples: int, lower_is_better: bool = False) -> dict[str, Any]:
    pairs = list(combinations(systems, 2))
    results = paired_tests(
        systems,
        lambda rows: rows[:, 0] / rows[:, 1],
        pairs,
        Resampling(samples, 10 * samples),
        lower_is_better=lower_is_better,
    )
    return rank_systems(results)


def noisy(level: float, seed: int, size: int = 400) -> Statistics:
    return np.column_stack([np.random.default_rng(seed).normal(level, 1.0, size), np.ones(size)])


@pytest.mark.parametrize("lower", [False, True])
def test_clusters_part_where_all_above_beat_all_below(lower: bool) -> None:
    sign = -1 if lower else 1
    systems = {
        "c": noisy(sign * 0.0, 1),
        "a1": noisy(sign * 3.0, 2),
        "a2": noisy(sign * 3.0, 3),
        "b": noisy(sign * 1.5, 4),
    }
    found = ranked(systems, 200, lower)
    expected = {"a1": (1, 2, 1), "a2": (1, 2, 1), "b": (3, 3, 2), "c": (4, 4, 3)}
    assert {name: tuple(rank.values()) for name, rank in found["ranks"].items()} == expected
    assert len(found["pairs"]) == 6
    corrected = holm({str(n): pair["randomisation_p"] for n, pair in enumerate(found["pairs"])})
    assert [pair["randomisation_p_holm"] for pair in found["pairs"]] == list(corrected.values())


def test_identical_systems_share_one_cluster() -> None:
    systems = {name: noisy(0.0, 1) for name in "abc"}
    found = ranked(systems, 100)
    assert list(found["ranks"].values()) == [{"low": 1, "high": 3, "cluster": 1}] * 3
    assert {(pair["bootstrap_p"], pair["randomisation_p"]) for pair in found["pairs"]} == {(1.0, 1.0)}


def test_a_chain_of_small_differences_is_one_cluster_with_ranges() -> None:
    # a beats c, but neither differs from b.
    systems = {"a": noisy(0.30, 5), "b": noisy(0.15, 5)[::-1], "c": noisy(0.0, 5)}
    found = ranked(systems, 400)
    assert found["ranks"]["a"]["low"] == 1
    assert found["ranks"]["c"]["high"] == 3
    assert {rank["cluster"] for rank in found["ranks"].values()} == {1}


def test_few_segments_give_no_ranks() -> None:
    systems = {name: noisy(level, 6, size=20) for name, level in (("a", 9.0), ("b", 0.0), ("c", -9.0))}
    found = ranked(systems, 50)
    assert found["ranks"] == {}
    assert len(found["pairs"]) == 3
