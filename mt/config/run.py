"""The ``run`` section."""

from typing import Annotated

from pydantic import Field

from mt.config.section import NOT_IN_WEIGHTS, Natural, Section


class RunConfig(Section):
    """Where a run is kept, and its seed."""

    dir: Annotated[str, Field(min_length=1), NOT_IN_WEIGHTS] = "runs/run"
    """Folder of everything the run writes: prepared data, checkpoints, the model, the evaluation."""
    seed: Annotated[Natural, Field(le=2**32 - 1)] = 1
    """Seed of every random choice: splits, shuffling, dropout, new weights."""
