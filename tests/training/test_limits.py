"""Where a run ends: the nearest of its limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.config import TrainingConfig
from mt.errors import UserError
from mt.training.limits import check_end, share_done
from mt.training.saving.checkpoints import Progress


def test_a_run_without_limits_is_refused() -> None:
    with pytest.raises(UserError, match=r"training\.minutes"):
        check_end(TrainingConfig())
    for limit in ({"steps": 1}, {"epochs": 1}, {"minutes": 0.5}):
        check_end(TrainingConfig(**limit))  # type: ignore[arg-type]


@given(st.integers(0, 200), st.integers(0, 5), st.integers(0, 40), st.floats(0, 9000))
def test_the_nearest_limit_counts(step: int, epoch: int, batch: int, seconds: float) -> None:
    progress = Progress(step=step, epoch=epoch, batch=batch, seconds=seconds)
    shares = {
        "steps": share_done(TrainingConfig(max_steps=100), progress, 40),
        "epochs": share_done(TrainingConfig(num_train_epochs=4), progress, 40),
        "minutes": share_done(TrainingConfig(max_minutes=60), progress, 40),
    }
    assert shares == pytest.approx({"steps": step / 100, "epochs": (epoch + batch / 40) / 4, "minutes": seconds / 3600})
    assert share_done(TrainingConfig(max_steps=100, num_train_epochs=4, max_minutes=60), progress, 40) == max(
        shares.values()
    )
    # Between epochs there are no batches to count.
    assert share_done(TrainingConfig(num_train_epochs=4), progress) == epoch / 4
