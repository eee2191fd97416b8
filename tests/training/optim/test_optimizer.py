from __future__ import annotations

import pytest

from mt.config import TrainingConfig
from mt.training.optim.optimizer import lr_factor


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("linear", {(0.0, 0.01): 0.1, (0.5, 0.51): 0.5, (1.0, 1.0): 0.0}),
        ("cosine", {(0.5, 0.51): 0.5, (1.0, 1.0): 0.0}),
        ("constant", {(0.04, 0.05): 0.5, (0.9, 0.91): 1.0}),
        ("wsd", {(0.5, 0.51): 1.0, (0.9, 0.91): 0.5, (1.0, 1.0): 0.0}),
    ],
)
def test_schedules(name: str, values: dict[tuple[float, float], float]) -> None:
    training = TrainingConfig(lr_scheduler_type=name, warmup_ratio=0.1)  # type: ignore[arg-type]
    for (before, after), expected in values.items():
        assert lr_factor(training, before, after) == pytest.approx(expected)


@pytest.mark.parametrize("steps", [1, 3, 28, 1000])
def test_the_warm_up_never_exceeds_the_run(steps: int) -> None:
    factors = [lr_factor(TrainingConfig(), step / steps, (step + 1) / steps) for step in range(steps)]
    assert factors[0] > 0
    assert factors.index(max(factors)) <= steps / 5
    assert max(factors) > 0.8
