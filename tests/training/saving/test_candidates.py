from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from mt.errors import DataError
from mt.training.saving.selection import averaged_candidates, keep_candidates


def test_weights_are_averaged_exactly_and_deleted(tmp_path: Path) -> None:
    for step, value in ((1, 1.0), (2, 2.0), (3, 6.0)):
        weights = {"w": torch.full((2,), value), "n": torch.tensor([step])}
        save_file(weights, tmp_path / f"step-{step:08d}.safetensors")
    mean = averaged_candidates(tmp_path, [1, 2, 3])
    assert mean["w"].tolist() == [3.0, 3.0]
    assert mean["n"].tolist() == [3]
    keep_candidates(tmp_path, {2})
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000002.safetensors"]
    with pytest.raises(DataError, match="step-00000001"):
        averaged_candidates(tmp_path, [1, 2])
