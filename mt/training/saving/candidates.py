"""Candidates for the final weights: those of evaluated steps, kept as long as they may be chosen."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from mt.errors import DataError
from mt.io.files import replaced_file


def _path(folder: Path, step: int) -> Path:
    return folder / f"step-{step:08d}.safetensors"


def save_candidate(folder: Path, step: int, weights: Mapping[str, torch.Tensor]) -> None:
    """Write the weights of a step (no two tensors sharing storage), whole or not at all."""
    with replaced_file(_path(folder, step)) as temporary:
        save_file(dict(weights), temporary)


def keep_candidates(folder: Path, steps: Collection[int]) -> None:
    """Delete the weights of all other steps."""
    for path in sorted(folder.glob("step-*.safetensors")):
        step = re.fullmatch(r"step-(\d{8,})\.safetensors", path.name)
        if step and int(step[1]) not in steps:
            path.unlink()


def averaged_candidates(folder: Path, steps: Sequence[int]) -> dict[str, torch.Tensor]:
    """Return the mean of the weights of ``steps``, summed in double precision; integers are the last step's.

    Checkpoint averaging goes back to Vaswani et al. 2017, section 6.1.

    Raises:
        DataError: the weights of a step are missing or damaged.
    """
    sums: dict[str, torch.Tensor] = {}
    weights: dict[str, torch.Tensor] = {}
    for step in steps:
        try:
            weights = load_file(_path(folder, step))
        except (OSError, SafetensorError) as error:
            raise DataError(
                f"cannot be read ({error})", path=_path(folder, step), hint="train again with --overwrite"
            ) from None
        if len(steps) == 1:
            return weights
        for name, tensor in weights.items():
            if tensor.is_floating_point():
                sums[name] = sums[name] + tensor.double() if name in sums else tensor.double()
    return {
        name: (sums[name] / len(steps)).to(tensor.dtype) if name in sums else tensor for name, tensor in weights.items()
    }
