"""When a run ends: at the nearest of its limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.config import TrainingConfig
from mt.errors import UserError
from mt.training.progress import Progress, check_end


def test_a_run_without_limits_is_refused() -> None:
    with pytest.raises(UserError, match=r"training\.max_minutes"):
        check_end(TrainingConfig())
    for limit in ({"max_steps": 1}, {"num_train_epochs": 1}, {"max_minutes": 0.5}):
        check_end(TrainingConfig(**limit))  # type: ignore[arg-type]


@given(st.integers(0, 200), st.integers(0, 5), st.integers(0, 40), st.floats(0, 9000))
def test_the_nearest_limit_counts(step: int, epoch: int, batch: int, seconds: float) -> None:
    progress = Progress(step=step, epoch=epoch, batch=batch, seconds=seconds)
    shares = {
        "max_steps": progress.share_done(TrainingConfig(max_steps=100), 40),
        "num_train_epochs": progress.share_done(TrainingConfig(num_train_epochs=4), 40),
        "max_minutes": progress.share_done(TrainingConfig(max_minutes=60), 40),
    }
    expected = [step / 100, (epoch + batch / 40) / 4, seconds / 3600]
    assert list(shares.values()) == pytest.approx(expected)
    assert progress.share_done(TrainingConfig(max_steps=100, num_train_epochs=4, max_minutes=60), 40) == max(
        shares.values()
    )
    # Between epochs there are no batches to count.
    assert progress.share_done(TrainingConfig(num_train_epochs=4)) == epoch / 4
