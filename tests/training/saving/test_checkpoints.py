from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from mt.errors import DataError, UserError
from mt.training.hardware.processes import Processes
from mt.training.progress import Progress
from mt.training.saving.checkpoints import TrainingState, load_state, load_weights, save_checkpoint
from mt.training.saving.run_folder import open_run


def state(seed: int, **progress: Any) -> TrainingState:
    """A model with tied weights, an optimiser that has taken a step."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 5, bias=False))
    model[1].weight = model[0].weight
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.tensor([1, 2])).sum().backward()
    optimizer.step()
    return TrainingState(model, [optimizer], Progress(**progress))


def save(folder: Path, step: int, processes: Processes, **progress: Any) -> Path:
    return save_checkpoint(folder / "checkpoints", state(step, step=step, **progress), processes)


def test_all_of_the_state_comes_back(tmp_path: Path, processes: Processes) -> None:
    path = save(tmp_path, 3, processes, target_tokens=70)
    expected = torch.rand(4)
    loaded, saved = state(9), state(3)
    load_weights(path, loaded.model)
    torch.manual_seed(9)
    load_state(path, loaded, processes)
    assert torch.equal(torch.rand(4), expected)
    assert loaded.progress.target_tokens == 70
    model: Any = loaded.model
    assert model[0].weight is model[1].weight
    for name, tensor in saved.model.state_dict().items():
        assert torch.equal(model.state_dict()[name], tensor)
    for key, value in next(iter(saved.optimizers[0].state.values())).items():
        assert torch.equal(next(iter(loaded.optimizers[0].state.values()))[key], value)


def test_the_newest_is_kept_and_resumed_from(tmp_path: Path, processes: Processes) -> None:
    for step in (1, 2, 3):
        save(tmp_path, step, processes)
    (tmp_path / "checkpoints" / ".step-00000004.abcdefgh.tmp").mkdir()  # a write that was killed
    (tmp_path / "metrics.jsonl").write_text("".join(f'{{"step": {step}}}\n' for step in range(1, 6)) + '{"st')
    with pytest.raises(UserError, match=r"holds an unfinished run, at step-00000003; give --resume"):
        open_run(tmp_path, processes, resume=False)
    assert open_run(tmp_path, processes, resume=True) == tmp_path / "checkpoints" / "step-00000003"
    assert [path.name for path in sorted((tmp_path / "checkpoints").iterdir())] == ["step-00000003"]
    assert [json.loads(line)["step"] for line in (tmp_path / "metrics.jsonl").read_text().splitlines()] == [1, 2, 3]


def test_what_was_measured_since_is_added_to_a_checkpoint_of_the_same_step(
    tmp_path: Path, processes: Processes
) -> None:
    path = save(tmp_path, 2, processes)
    weights = (path / "model.safetensors").stat().st_ino
    later = state(2, step=2, evaluations=[{"step": 2, "validation_loss": 1.5}])
    save_checkpoint(tmp_path / "checkpoints", later, processes)
    assert (path / "model.safetensors").stat().st_ino == weights
    loaded = state(2)
    load_state(path, loaded, processes)
    assert loaded.progress.evaluations == later.progress.evaluations


def test_without_a_checkpoint_a_run_begins_with_empty_metrics(tmp_path: Path, processes: Processes) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"step": 1}\n')
    assert open_run(tmp_path, processes, resume=True) is None
    assert not (tmp_path / "metrics.jsonl").exists()


@pytest.mark.parametrize("name", ["state.json", "optimizer.safetensors"])
def test_a_damaged_checkpoint_is_named(tmp_path: Path, processes: Processes, name: str) -> None:
    path = save(tmp_path, 2, processes)
    (path / name).write_bytes(b"{}")
    with pytest.raises(DataError, match=r"step-00000002: cannot be resumed from"):
        load_state(path, state(2), processes)


def test_another_model_s_checkpoint_is_refused(tmp_path: Path, processes: Processes) -> None:
    path = save(tmp_path, 2, processes)
    with pytest.raises(DataError, match="cannot be resumed from"):
        load_weights(path, nn.Sequential(nn.Embedding(6, 3)))
