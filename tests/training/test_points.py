from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mt.config import AdaptationConfig, TrainingConfig
from mt.errors import ConfigError, DataError
from mt.training.saving.points import Rule, averaged_weights, prune_weights, save_weights

FIGURES = ("validation_loss", "validation_chrf", "validation_chrf++", "validation_term_success", "general_chrf")


def points(*chrf: float, general: tuple[float, ...] | None = None) -> list[dict[str, float]]:
    """Points at steps 0, 10, 20, …; the first is the base."""
    general = general or (50.0,) * len(chrf)
    return [
        {"step": 10 * number, "validation_chrf": score, "general_chrf": kept}
        for number, (score, kept) in enumerate(zip(chrf, general, strict=True))
    ]


def test_the_best_point_is_chosen_the_earlier_of_equals_and_never_the_base() -> None:
    rule = Rule("chrf")
    assert rule.members(points(99, 30, 40, 40, 35)) == [20]
    assert rule.members(points(99)) == []
    lower = [{"step": step, "validation_loss": loss} for step, loss in ((10, 2.0), (20, 1.5), (30, 1.6))]
    assert Rule("loss").members(lower) == [20]


def test_term_success_is_broken_by_chrf() -> None:
    given = [
        {"step": step, "validation_term_success": 100.0, "validation_chrf": chrf} for step, chrf in ((1, 4), (2, 5))
    ]
    assert Rule("term_success").members(given) == [2]


def test_a_general_drop_beyond_the_bound_disqualifies_unless_all_are_beyond() -> None:
    rule = Rule("chrf", max_general_drop=1.0)
    assert rule.members(points(20, 30, 35, 50, general=(50, 49.5, 49, 40))) == [20]
    assert rule.members(points(20, 30, 35, 50, general=(50, 40, 45, 44))) == [20]  # the least bad


def test_averaging_takes_the_chosen_and_those_before_it_or_the_best() -> None:
    given = points(0, 30, 50, 20, 40, 10)
    assert Rule("last", "last", 3).members(given) == [30, 40, 50]
    assert Rule("chrf", "last", 3).members(given) == [10, 20]
    assert Rule("chrf", "best", 3).members(given) == [10, 20, 40]


def test_patience_counts_validations_since_the_best() -> None:
    rule = Rule("chrf", patience=2)
    assert not rule.exhausted(points(0, 30, 20))
    assert rule.exhausted(points(0, 30, 20, 30))  # an equal is not better
    assert not Rule("chrf").exhausted(points(0, 30, 20, 10, 5))


rules = st.builds(
    Rule,
    st.sampled_from(["last", "loss", "chrf", "term_success"]),
    st.sampled_from(["none", "last", "best"]),
    st.integers(1, 3),
    st.just(0),
    st.sampled_from([0.0, 2.0]),
)
scores = st.integers(0, 8).map(float)


@given(rules, st.lists(st.tuples(*[scores] * len(FIGURES)), min_size=1, max_size=12))
def test_weights_dropped_as_not_needed_are_never_wanted_later(rule: Rule, drawn: list[tuple[float, ...]]) -> None:
    seen: list[dict[str, float]] = []
    kept: set[int] = set()
    for step, figures in enumerate(drawn):
        seen.append({"step": step, **dict(zip(FIGURES, figures, strict=True))})
        kept = (kept | ({step} if step else set())) & rule.needed(seen)
        if rule.keeps_weights:
            assert set(rule.members(seen)) <= kept
        assert len(kept) <= 2 * max(rule.average_checkpoints, 1)


def test_a_figure_that_validation_does_not_give_is_named() -> None:
    with pytest.raises(
        ConfigError, match=r"metric_for_best_model\]: goes by validation_term_success.*it gives validation_chrf"
    ):
        Rule("term_success").check(["validation_chrf"])
    with pytest.raises(ConfigError, match="max_general_drop"):
        Rule("chrf", max_general_drop=1.0).check(["validation_chrf"])
    Rule().check([])


def test_the_rule_says_itself_in_words() -> None:
    training = TrainingConfig(
        eval_steps=1, metric_for_best_model="chrf", average="best", average_checkpoints=3, early_stopping_patience=4
    )
    words = str(Rule.of(training, AdaptationConfig(max_general_drop=1.5, validation=["general.tsv"])))
    for part in ("highest validation chrf", "at most 1.5 below the base's", "2 next best", "after 4 validations"):
        assert part in words


def test_weights_are_averaged_exactly_and_pruned(tmp_path: Path) -> None:
    for step, value in ((1, 1.0), (2, 2.0), (3, 6.0)):
        save_weights(tmp_path, step, {"w": torch.full((2,), value), "n": torch.tensor([step])})
    mean = averaged_weights(tmp_path, [1, 2, 3])
    assert mean["w"].tolist() == [3.0, 3.0]
    assert mean["n"].tolist() == [3]
    prune_weights(tmp_path, {2})
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000002.safetensors"]
    with pytest.raises(DataError, match="step-00000001"):
        averaged_weights(tmp_path, [1, 2])
