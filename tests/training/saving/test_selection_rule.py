from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.config import AdaptationConfig, TrainingConfig
from mt.errors import ConfigError
from mt.training.saving.selection_rule import SelectionRule

METRICS = ("validation_loss", "validation_chrf", "validation_chrf++", "validation_term_success", "general_chrf")


def evaluations(*chrf: float, general: tuple[float, ...] | None = None) -> list[dict[str, float]]:
    """Evaluations at steps 0, 10, 20, …; the first is the base."""
    general = general or (50.0,) * len(chrf)
    return [
        {"step": 10 * number, "validation_chrf": score, "general_chrf": kept}
        for number, (score, kept) in enumerate(zip(chrf, general, strict=True))
    ]


def test_the_best_is_selected_the_earlier_of_equals_and_never_the_base() -> None:
    rule = SelectionRule("chrf")
    assert rule.selected(evaluations(99, 30, 40, 40, 35)) == [20]
    assert rule.selected(evaluations(99)) == []
    lower = [{"step": step, "validation_loss": loss} for step, loss in ((10, 2.0), (20, 1.5), (30, 1.6))]
    assert SelectionRule("loss").selected(lower) == [20]


def test_equal_term_success_is_decided_by_chrf() -> None:
    given = [
        {"step": step, "validation_term_success": 100.0, "validation_chrf": chrf} for step, chrf in ((1, 4), (2, 5))
    ]
    assert SelectionRule("term_success").selected(given) == [2]


def test_a_general_drop_beyond_the_bound_disqualifies_unless_all_are_beyond() -> None:
    rule = SelectionRule("chrf", max_general_drop=1.0)
    assert rule.selected(evaluations(20, 30, 35, 50, general=(50, 49.5, 49, 40))) == [20]
    assert rule.selected(evaluations(20, 30, 35, 50, general=(50, 40, 45, 44))) == [20]  # the least bad


def test_averaging_takes_the_chosen_and_those_before_it_or_the_best() -> None:
    given = evaluations(0, 30, 50, 20, 40, 10)
    assert SelectionRule("last", "last", 3).selected(given) == [30, 40, 50]
    assert SelectionRule("chrf", "last", 3).selected(given) == [10, 20]
    assert SelectionRule("chrf", "best", 3).selected(given) == [10, 20, 40]


def test_patience_counts_validations_since_the_best() -> None:
    rule = SelectionRule("chrf", patience=2)
    assert not rule.out_of_patience(evaluations(0, 30, 20))
    assert rule.out_of_patience(evaluations(0, 30, 20, 30))  # an equal is not better
    assert not SelectionRule("chrf").out_of_patience(evaluations(0, 30, 20, 10, 5))


rules = st.builds(
    SelectionRule,
    st.sampled_from(["last", "loss", "chrf", "term_success"]),
    st.sampled_from(["none", "last", "best"]),
    st.integers(1, 3),
    st.just(0),
    st.sampled_from([0.0, 2.0]),
)
scores = st.integers(0, 8).map(float)


@given(rules, st.lists(st.tuples(*[scores] * len(METRICS)), min_size=1, max_size=12))
def test_weights_dropped_as_not_needed_are_never_selected_later(
    rule: SelectionRule, drawn: list[tuple[float, ...]]
) -> None:
    seen: list[dict[str, float]] = []
    kept: set[int] = set()
    for step, metrics in enumerate(drawn):
        seen.append({"step": step, **dict(zip(METRICS, metrics, strict=True))})
        kept = (kept | ({step} if step else set())) & rule.needed(seen)
        if rule.selects:
            assert set(rule.selected(seen)) <= kept
        assert len(kept) <= 2 * max(rule.average_checkpoints, 1)


def test_a_metric_that_validation_does_not_give_is_named() -> None:
    with pytest.raises(
        ConfigError, match=r"metric_for_best_model\]: needs validation_term_success.*it gives validation_chrf"
    ):
        SelectionRule("term_success").check(["validation_chrf"])
    with pytest.raises(ConfigError, match="max_general_drop"):
        SelectionRule("chrf", max_general_drop=1.0).check(["validation_chrf"])
    SelectionRule().check([])


def test_the_rule_describes_itself() -> None:
    training = TrainingConfig(
        eval_steps=1, metric_for_best_model="chrf", average="best", average_checkpoints=3, early_stopping_patience=4
    )
    words = str(SelectionRule.of(training, AdaptationConfig(max_general_drop=1.5, validation=["general.tsv"])))
    for part in ("highest validation chrf", "at most 1.5 below the base's", "2 next best", "after 4 validations"):
        assert part in words
