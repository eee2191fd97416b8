"""Training state on disk: tensors as safetensors, the rest as JSON, each checkpoint whole or absent."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from mt.errors import DataError
from mt.files import replaced_directory, write_json

__all__ = ["Progress", "latest_checkpoint", "load_checkpoint", "save_checkpoint"]


@dataclass
class Progress:
    """Where a run stands; with the weights, the optimiser and the RNG it is the whole state."""

    step: int = 0
    epoch: int = 0
    # Batches of the epoch already taken.
    batch: int = 0
    target_tokens: int = 0
    # Time spent training, over all the sessions of the run.
    seconds: float = 0.0


def save_checkpoint(
    folder: Path,
    progress: Progress,
    model: nn.Module,
    optimizers: Sequence[torch.optim.Optimizer],
    ema: Mapping[str, torch.Tensor] | None,
    keep: int,
) -> Path:
    """Write ``folder/step-N`` and delete all but the newest ``keep``."""
    path = folder / f"step-{progress.step:08d}"
    with replaced_directory(path) as temporary:
        save_file(_unshared(model.state_dict()), temporary / "model.safetensors")
        if ema is not None:
            save_file({name: tensor.contiguous() for name, tensor in ema.items()}, temporary / "ema.safetensors")
        state: dict[str, Any] = {"progress": asdict(progress), "optimizers": []}
        tensors: dict[str, torch.Tensor] = {"rng.cpu": torch.get_rng_state()}
        if torch.cuda.is_available():
            tensors["rng.cuda"] = torch.cuda.get_rng_state()
        for number, optimizer in enumerate(optimizers):
            saved = optimizer.state_dict()
            scalars: dict[str, Any] = {}
            for parameter, values in saved["state"].items():
                for key, value in values.items():
                    if isinstance(value, torch.Tensor):
                        tensors[f"{number}.{parameter}.{key}"] = value.contiguous()
                    else:
                        scalars[f"{parameter}.{key}"] = value
            state["optimizers"].append(scalars)
        save_file(tensors, temporary / "optimizer.safetensors")
        write_json(temporary / "state.json", state)
    for old in _checkpoints(folder)[:-keep]:
        shutil.rmtree(old, ignore_errors=True)
    return path


def load_checkpoint(
    path: Path,
    model: nn.Module,
    optimizers: Sequence[torch.optim.Optimizer],
    ema: dict[str, torch.Tensor] | None,
) -> Progress:
    """Put a saved state back into ``model``, ``optimizers``, ``ema`` and the global RNG.

    Raises:
        DataError: the checkpoint is damaged or belongs to another model.
    """
    try:
        weights = load_file(path / "model.safetensors")
        tensors = load_file(path / "optimizer.safetensors")
        averages = load_file(path / "ema.safetensors") if ema is not None else {}
        state = json.loads((path / "state.json").read_text("utf-8"))
        missing, unexpected = model.load_state_dict(weights, strict=False)
        # Tied weights are stored once; all else must be there.
        tied = set(model.state_dict()) - set(_unshared(model.state_dict()))
        if unexpected or set(missing) - tied:
            raise ValueError(f"its weights are not this model's: {sorted(set(missing) - tied) or unexpected}")
        for number, optimizer in enumerate(optimizers):
            _restore(optimizer, number, tensors, state["optimizers"][number])
        for name in ema or {}:
            ema[name].copy_(averages[name])  # type: ignore[index]
    except (OSError, SafetensorError, ValueError, KeyError, RuntimeError, IndexError) as error:
        raise DataError(
            f"cannot be resumed from ({error})", path=path, mend="delete it, or start a new run.dir"
        ) from None
    torch.set_rng_state(tensors["rng.cpu"])
    if torch.cuda.is_available() and "rng.cuda" in tensors:
        torch.cuda.set_rng_state(tensors["rng.cuda"])
    return Progress(**state["progress"])


def _restore(
    optimizer: torch.optim.Optimizer, number: int, tensors: Mapping[str, torch.Tensor], scalars: Mapping[str, Any]
) -> None:
    per_parameter: dict[int, dict[str, Any]] = {}
    for key, tensor in tensors.items():
        owner, _, rest = key.partition(".")
        if owner == str(number):
            parameter, _, name = rest.partition(".")
            per_parameter.setdefault(int(parameter), {})[name] = tensor
    for key, value in scalars.items():
        parameter, _, name = key.partition(".")
        per_parameter.setdefault(int(parameter), {})[name] = value
    fresh = optimizer.state_dict()
    optimizer.load_state_dict({"state": per_parameter, "param_groups": fresh["param_groups"]})


def latest_checkpoint(folder: Path) -> Path | None:
    """Return the newest whole checkpoint, or None."""
    found = _checkpoints(folder)
    return found[-1] if found else None


def _checkpoints(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if re.fullmatch(r"step-\d{8,}", path.name))


def _unshared(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Keep the first name of tensors that share storage: safetensors refuses the others."""
    seen: set[int] = set()
    kept = {}
    for name, tensor in state.items():
        if tensor.data_ptr() not in seen or tensor.numel() == 0:
            seen.add(tensor.data_ptr())
            kept[name] = tensor.contiguous()
    return kept
