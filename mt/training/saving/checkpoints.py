"""Checkpoints: the state of a run on disk, tensors as safetensors and the rest as JSON, each whole or absent.

A checkpoint holds whole tensors whatever the number of processes: one written by a single process can be resumed by
two, or with shards, and the reverse.
"""

import json
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
from mt.io.files import remove_directory, replaced_directory, write_json
from mt.training.hardware.processes import Processes, distributed_like, gathered
from mt.training.progress import Progress


@dataclass
class TrainingState:
    """What a checkpoint holds, besides the state of the random number generators."""

    # Holds the trained weights, or this process's shards of them.
    model: nn.Module
    optimizers: Sequence[torch.optim.Optimizer]
    progress: Progress = field(default_factory=Progress)
    # What decides the weights (``mt.training.fingerprint``); None if that is not checked.
    fingerprint: Mapping[str, Any] | None = None


def save_checkpoint(folder: Path, state: TrainingState, processes: Processes) -> Path:
    """Write ``folder/step-N`` and delete all older ones; called by all processes, the main one writes.

    If a checkpoint of this step exists, only the evaluations since are added to it.
    """
    progress = state.progress
    path = folder / f"step-{progress.step:08d}"
    if processes.sum(float(processes.main and path.is_dir()))[0]:
        if processes.main:
            saved = json.loads((path / "state.json").read_text("utf-8"))
            write_json(path / "state.json", {**saved, "progress": asdict(progress)})
        return path
    weights = whole_weights(state.model, processes)
    tensors, scalars = _optimizer_state(state.optimizers)
    tensors = _whole(tensors, processes)
    for index, part in enumerate(processes.gather(torch.get_rng_state())):
        tensors[_rng_name("cpu", index)] = part
    if torch.cuda.is_available():
        for index, part in enumerate(processes.gather(torch.cuda.get_rng_state())):
            tensors[_rng_name("cuda", index)] = part
    if processes.main:
        fingerprint = None if state.fingerprint is None else dict(state.fingerprint)
        with replaced_directory(path, "checkpoint") as temporary:
            write_tensors(weights, temporary / "model.safetensors")
            write_tensors(tensors, temporary / "optimizer.safetensors")
            write_json(
                temporary / "state.json",
                {"progress": asdict(progress), "optimizers": scalars, "fingerprint": fingerprint},
            )
        for old in [*find_checkpoints(folder).values()][:-1]:
            remove_directory(old)
    processes.wait()
    return path


def write_tensors(tensors: dict[str, torch.Tensor], path: Path) -> None:
    """Write tensors, no two of which share storage; raises ``UserError`` where they cannot be written."""
    try:
        save_file(tensors, path)
    except SafetensorError as error:
        raise UserError(f"cannot be written ({error})", path=path) from None


def _optimizer_state(
    optimizers: Sequence[torch.optim.Optimizer],
) -> tuple[dict[str, torch.Tensor], list[dict[str, Any]]]:
    """Return the tensors as ``OPTIMIZER.PARAMETER.NAME``, and the numbers of each optimiser as ``PARAMETER.NAME``."""
    tensors: dict[str, torch.Tensor] = {}
    scalars: list[dict[str, Any]] = [{} for _ in optimizers]
    for number, optimizer in enumerate(optimizers):
        for parameter, values in optimizer.state_dict()["state"].items():
            for name, value in values.items():
                if isinstance(value, torch.Tensor):
                    tensors[f"{number}.{parameter}.{name}"] = value
                else:
                    scalars[number][f"{parameter}.{name}"] = value
    return tensors, scalars


def load_weights(path: Path, model: nn.Module) -> None:
    """Load a checkpoint's weights into a whole model; raises ``DataError`` if they are damaged or of another model."""
    try:
        missing, unexpected = model.load_state_dict(load_file(path / "model.safetensors"), strict=False)
        # Tied weights are stored once; everything else must be there.
        lacking = sorted(set(missing) & _stored(model))
        if unexpected or lacking:
            raise ValueError(f"its weights are not this model's: {lacking or unexpected}")
    except (OSError, SafetensorError, ValueError, RuntimeError) as error:
        raise _unusable(path, error) from None


def load_state(path: Path, state: TrainingState, processes: Processes) -> None:
    """Load all but the weights into ``state`` and the global RNG; raises ``DataError`` if it is damaged."""
    try:
        tensors = load_file(path / "optimizer.safetensors")
        saved = json.loads((path / "state.json").read_text("utf-8"))
        state.progress = Progress.read(saved["progress"])
        for number, optimizer in enumerate(state.optimizers):
            _restore(optimizer, number, tensors, saved["optimizers"][number])
        if _rng_name("cpu", processes.index) in tensors:
            torch.set_rng_state(tensors[_rng_name("cpu", processes.index)])
            cuda = tensors.get(_rng_name("cuda", processes.index))
            if torch.cuda.is_available() and cuda is not None:
                torch.cuda.set_rng_state(cuda)
        else:  # more processes than the checkpoint was written by
            torch.manual_seed(torch.initial_seed() + state.progress.step)
    except Exception as error:  # a damaged file may raise anything: KeyError, AttributeError, SafetensorError, …
        raise _unusable(path, error) from None


def _unusable(path: Path, error: Exception) -> DataError:
    return DataError(f"cannot be resumed from ({error})", path=path, hint="delete it, or start a new run.dir")


def _restore(
    optimizer: torch.optim.Optimizer, number: int, tensors: Mapping[str, torch.Tensor], scalars: Mapping[str, Any]
) -> None:
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Any]] = {}
    for key, tensor in tensors.items():
        owner, _, rest = key.partition(".")
        if owner == str(number):
            index, _, name = rest.partition(".")
            parameter = parameters[int(index)]
            # Moments have the shape of their parameter and are sharded as it is; the step count is not.
            value = distributed_like(parameter, tensor) if tensor.shape == parameter.shape else tensor.clone()
            state.setdefault(int(index), {})[name] = value
    for key, value in scalars.items():
        index, _, name = key.partition(".")
        state.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def find_checkpoints(folder: Path) -> dict[int, Path]:
    """Return the whole checkpoints of a folder by their steps, in order."""
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    return {int(path.name[5:]): path for path in paths if re.fullmatch(r"step-\d{8,}", path.name)}


def latest_checkpoint(folder: Path) -> Path | None:
    """Return the newest whole checkpoint, or None."""
    return next(reversed(find_checkpoints(folder).values()), None)


def whole_weights(model: nn.Module, processes: Processes) -> dict[str, torch.Tensor]:
    """Return the weights to store, by name; called by all processes, and empty in all but the main one."""
    stored = _stored(model)
    return _whole({name: tensor for name, tensor in model.state_dict().items() if name in stored}, processes)


def initial_weights(model: nn.Module) -> dict[str, torch.Tensor]:
    """Return copies of all that :func:`whole_weights` would store."""
    stored = _stored(model)
    return {name: tensor.clone() for name, tensor in model.state_dict().items() if name in stored}


def _stored(model: nn.Module) -> set[str]:
    """Names of the tensors to store: only the first of tied ones, for safetensors refuses the others.

    Frozen weights (the base under LoRA) are not stored: a resumed run loads the base first.
    """
    first: dict[int, str] = {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        if tensor.requires_grad or not isinstance(tensor, nn.Parameter):
            first.setdefault(id(tensor), name)
    return set(first.values())


def _whole(tensors: Mapping[str, torch.Tensor], processes: Processes) -> dict[str, torch.Tensor]:
    """Gather shards; only the main process, which writes, keeps the result."""
    kept = {}
    for name, tensor in tensors.items():
        tensor = gathered(tensor)
        if processes.main:
            kept[name] = tensor.contiguous() if not processes.sharded else tensor.cpu().contiguous()
    return kept


def _rng_name(device: str, index: int) -> str:
    return f"rng.{device}.{index}" if index else f"rng.{device}"
