from __future__ import annotations

import pytest

from mt.config import TrainingConfig
from mt.training.optim.optimizer import lr_factor


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("linear", {(0, 0.0): 0.1, (9, 0.5): 0.5, (99, 1.0): 0.0}),
        ("cosine", {(99, 0.5): 0.5, (99, 1.0): 0.0}),
        ("constant", {(4, 0.3): 0.5, (99, 0.9): 1.0}),
        ("inverse_sqrt", {(39, 0.5): 0.5, (9, 0.0): 1.0}),
        ("wsd", {(99, 0.5): 1.0, (99, 0.9): 0.5, (99, 1.0): 0.0}),
    ],
)
def test_schedules(name: str, values: dict[tuple[int, float], float]) -> None:
    training = TrainingConfig(lr_scheduler_type=name, warmup_steps=10)  # type: ignore[arg-type]
    for (step, done), expected in values.items():
        assert lr_factor(training, step, done) == pytest.approx(expected)
