"""Training state on disk: tensors as safetensors, the rest as JSON, each checkpoint whole or absent.

A checkpoint holds whole tensors whatever the processes: one written by a process alone goes on with
two, or with shards, and the other way round.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from mt.errors import DataError, UserError
from mt.io.files import remove_directory, remove_leftovers, replaced_directory, write_json
from mt.training.hardware.processes import Processes, full, like
from mt.training.logging.metrics_file import rewind_metrics

__all__ = [
    "Progress",
    "kept_steps",
    "latest_checkpoint",
    "load_checkpoint",
    "load_weights",
    "save_checkpoint",
    "take_up",
    "whole_weights",
]


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
    # What validation has measured so far (``points``).
    points: list[dict[str, float]] = field(default_factory=list)
    # Bytes of ``metrics.jsonl`` that were written by then; -1 where it was not noted.
    metrics_bytes: int = -1


def save_checkpoint(
    folder: Path,
    progress: Progress,
    model: nn.Module,
    optimizers: Sequence[torch.optim.Optimizer],
    ema: Mapping[str, torch.Tensor] | None,
    keep: int,
    processes: Processes,
) -> Path:
    """Write ``folder/step-N`` and delete all but the newest ``keep``; called by all processes, the main one writes.

    Of a whole checkpoint of this step that is there already only what was measured since is written.
    """
    path = folder / f"step-{progress.step:08d}"
    metrics = folder.parent / "metrics.jsonl"
    if processes.main and metrics.is_file():
        progress.metrics_bytes = metrics.stat().st_size
    there = bool(processes.total(float(processes.main and path.is_dir()))[0])
    if there:
        if processes.main:
            state = json.loads((path / "state.json").read_text("utf-8"))
            write_json(path / "state.json", {**state, "progress": asdict(progress)})
        return path
    weights = whole_weights(model, processes)
    averages = _whole(ema or {}, processes)
    tensors: dict[str, torch.Tensor] = {}
    scalars: list[dict[str, Any]] = []
    for number, optimizer in enumerate(optimizers):
        scalars.append({})
        for parameter, values in optimizer.state_dict()["state"].items():
            for key, value in values.items():
                if isinstance(value, torch.Tensor):
                    tensors[f"{number}.{parameter}.{key}"] = value
                else:
                    scalars[-1][f"{parameter}.{key}"] = value
    tensors = _whole(tensors, processes)
    for kind, state in _rng_states().items():
        for index, part in enumerate(processes.gather(state)):
            tensors[_rng_name(kind, index)] = part
    if processes.main:
        with replaced_directory(path) as temporary:
            save_file(weights, temporary / "model.safetensors")
            if ema is not None:
                save_file(averages, temporary / "ema.safetensors")
            save_file(tensors, temporary / "optimizer.safetensors")
            write_json(temporary / "state.json", {"progress": asdict(progress), "optimizers": scalars})
        for old in _checkpoints(folder)[:-keep]:
            remove_directory(old)
    processes.wait()
    return path


def load_weights(path: Path, model: nn.Module) -> None:
    """Put a checkpoint's weights into a whole model.

    Raises:
        DataError: the checkpoint is damaged or belongs to another model.
    """
    try:
        missing, unexpected = model.load_state_dict(load_file(path / "model.safetensors"), strict=False)
        # Tied weights are stored once; all else must be there.
        lacking = sorted(set(missing) & _stored(model))
        if unexpected or lacking:
            raise ValueError(f"its weights are not this model's: {lacking or unexpected}")
    except (OSError, SafetensorError, ValueError, RuntimeError) as error:
        raise _unusable(path, error) from None


def load_checkpoint(
    path: Path,
    optimizers: Sequence[torch.optim.Optimizer],
    ema: Mapping[str, torch.Tensor] | None,
    processes: Processes,
) -> Progress:
    """Put all but the weights back: into ``optimizers``, ``ema`` and the global RNG.

    Raises:
        DataError: the checkpoint is damaged or belongs to another model.
    """
    try:
        tensors = load_file(path / "optimizer.safetensors")
        state = json.loads((path / "state.json").read_text("utf-8"))
        progress = Progress(**state["progress"])
        for number, optimizer in enumerate(optimizers):
            _restore(optimizer, number, tensors, state["optimizers"][number])
        # A run that did not average may begin to: the averages then begin at the weights.
        if ema is not None and (path / "ema.safetensors").is_file():
            averages = load_file(path / "ema.safetensors")
            for name, tensor in ema.items():
                tensor.copy_(like(tensor, averages[name]))
    except (OSError, SafetensorError, ValueError, KeyError, RuntimeError, IndexError, TypeError) as error:
        raise _unusable(path, error) from None
    if _rng_name("cpu", processes.index) in tensors:
        torch.set_rng_state(tensors[_rng_name("cpu", processes.index)])
        cuda = tensors.get(_rng_name("cuda", processes.index))
        if torch.cuda.is_available() and cuda is not None:
            torch.cuda.set_rng_state(cuda)
    else:  # a process more than the checkpoint knows
        torch.manual_seed(torch.initial_seed() + progress.step)
    return progress


def _unusable(path: Path, error: Exception) -> DataError:
    return DataError(f"cannot be resumed from ({error})", path=path, hint="delete it, or start a new run.dir")


def _restore(
    optimizer: torch.optim.Optimizer, number: int, tensors: Mapping[str, torch.Tensor], scalars: Mapping[str, Any]
) -> None:
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    per_parameter: dict[int, dict[str, Any]] = {}
    for key, tensor in tensors.items():
        owner, _, rest = key.partition(".")
        if owner == str(number):
            place, _, name = rest.partition(".")
            parameter = parameters[int(place)]
            # Moments are shaped, and shared out, as their parameter is; the step count is not.
            value = like(parameter, tensor) if tensor.shape == parameter.shape else tensor.clone()
            per_parameter.setdefault(int(place), {})[name] = value
    for key, value in scalars.items():
        place, _, name = key.partition(".")
        per_parameter.setdefault(int(place), {})[name] = value
    fresh = optimizer.state_dict()
    optimizer.load_state_dict({"state": per_parameter, "param_groups": fresh["param_groups"]})


def take_up(folder: Path, resume: bool, processes: Processes) -> Path | None:
    """Make a run folder ready: return the checkpoint to go on from, or None to begin.

    What killed writers left is deleted, and ``metrics.jsonl`` is cut back to the checkpoint, so that
    no step is told twice.

    Raises:
        UserError: the folder holds checkpoints, and ``resume`` was not asked for.
    """
    checkpoints = folder / "checkpoints"
    if processes.main:
        folder.mkdir(parents=True, exist_ok=True)
        for part in (folder, folder / "points", checkpoints, *_checkpoints(checkpoints)):
            remove_leftovers(part)
    processes.wait()
    found = latest_checkpoint(checkpoints)
    if found is not None and not resume:
        raise UserError(
            f"holds an unfinished run, at {found.name}",
            path=folder,
            hint="give --resume to go on with it, or --overwrite to begin anew",
        )
    if processes.main:
        _rewind(folder / "metrics.jsonl", found)
    return found


def _rewind(metrics: Path, checkpoint: Path | None) -> None:
    """Cut what was written after the checkpoint: the run writes it again."""
    if checkpoint is None:
        metrics.unlink(missing_ok=True)
        return
    try:
        written = int(json.loads((checkpoint / "state.json").read_text("utf-8"))["progress"]["metrics_bytes"])
    except (OSError, ValueError, KeyError, TypeError):  # an older checkpoint, or a damaged one: told when it is loaded
        written = -1
    if written < 0 or not metrics.is_file() or metrics.stat().st_size < written:
        rewind_metrics(metrics, int(checkpoint.name.removeprefix("step-")))
    else:
        os.truncate(metrics, written)


def latest_checkpoint(folder: Path) -> Path | None:
    """Return the newest whole checkpoint, or None."""
    found = _checkpoints(folder)
    return found[-1] if found else None


def kept_steps(folder: Path) -> list[int]:
    """Return the steps of the whole checkpoints in a folder, in order."""
    return [int(path.name.removeprefix("step-")) for path in _checkpoints(folder)]


def whole_weights(model: nn.Module, processes: Processes) -> dict[str, torch.Tensor]:
    """Return the weights to store, by name; called by all processes, and empty in all but the main one."""
    stored = _stored(model)
    return _whole({name: tensor for name, tensor in model.state_dict().items() if name in stored}, processes)


def _checkpoints(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if re.fullmatch(r"step-\d{8,}", path.name))


def _stored(model: nn.Module) -> set[str]:
    """Names of the tensors to store: of those that are tied the first alone, for safetensors refuses the others.

    Frozen weights (LoRA's base) are not stored: a resumed run loads the base first.
    """
    first: dict[int, str] = {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        if tensor.requires_grad or not isinstance(tensor, nn.Parameter):
            first.setdefault(id(tensor), name)
    return set(first.values())


def _whole(tensors: Mapping[str, torch.Tensor], processes: Processes) -> dict[str, torch.Tensor]:
    """Gather shards; only the main process, which writes, keeps what is gathered."""
    kept = {}
    for name, tensor in tensors.items():
        tensor = full(tensor)
        if processes.main:
            kept[name] = tensor.contiguous() if not processes.sharded else tensor.cpu().contiguous()
    return kept


def _rng_states() -> dict[str, torch.Tensor]:
    states = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state()
    return states


def _rng_name(kind: str, index: int) -> str:
    return f"rng.{kind}.{index}" if index else f"rng.{kind}"
