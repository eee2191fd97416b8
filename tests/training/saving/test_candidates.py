from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mt.errors import DataError
from mt.training.saving.candidates import averaged_candidates, keep_candidates, save_candidate


def test_weights_are_averaged_exactly_and_deleted(tmp_path: Path) -> None:
    for step, value in ((1, 1.0), (2, 2.0), (3, 6.0)):
        save_candidate(tmp_path, step, {"w": torch.full((2,), value), "n": torch.tensor([step])})
    mean = averaged_candidates(tmp_path, [1, 2, 3])
    assert mean["w"].tolist() == [3.0, 3.0]
    assert mean["n"].tolist() == [3]
    keep_candidates(tmp_path, {2})
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000002.safetensors"]
    with pytest.raises(DataError, match="step-00000001"):
        averaged_candidates(tmp_path, [1, 2])
