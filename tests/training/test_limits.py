"""When a run ends: at the nearest of its limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.config import TrainingConfig
from mt.errors import UserError
from mt.training.limits import check_end, share_done
from mt.training.saving.checkpoints import Progress


def test_a_run_without_limits_is_refused() -> None:
    with pytest.raises(UserError, match=r"training\.max_minutes"):
        check_end(TrainingConfig())
    for limit in ({"max_steps": 1}, {"num_train_epochs": 1}, {"max_minutes": 0.5}):
        check_end(TrainingConfig(**limit))  # type: ignore[arg-type]


@given(st.integers(0, 200), st.integers(0, 5), st.integers(0, 40), st.floats(0, 9000))
def test_the_nearest_limit_counts(step: int, epoch: int, batch: int, seconds: float) -> None:
    progress = Progress(step=step, epoch=epoch, batch=batch, seconds=seconds)
    shares = {
        "max_steps": share_done(TrainingConfig(max_steps=100), progress, 40),
        "num_train_epochs": share_done(TrainingConfig(num_train_epochs=4), progress, 40),
        "max_minutes": share_done(TrainingConfig(max_minutes=60), progress, 40),
    }
    expected = [step / 100, (epoch + batch / 40) / 4, seconds / 3600]
    assert list(shares.values()) == pytest.approx(expected)
    assert share_done(TrainingConfig(max_steps=100, num_train_epochs=4, max_minutes=60), progress, 40) == max(
        shares.values()
    )
    # Between epochs there are no batches to count.
    assert share_done(TrainingConfig(num_train_epochs=4), progress) == epoch / 4
