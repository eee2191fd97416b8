"""The checkpoints of a training run as models that can translate, for a curve of scores over steps."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mt.errors import DataError, ModelError

_WEIGHTS = ("model.safetensors", "ema.safetensors")


def find_checkpoints(run: str | Path) -> dict[int, Path]:
    """List the complete checkpoints of a run: training step -> folder, in order."""
    folder = Path(run) / "checkpoints"
    found = {
        int(match[1]): path
        for path in sorted(folder.glob("step-*"))
        if (match := re.fullmatch(r"step-(\d+)", path.name)) and (path / _WEIGHTS[0]).is_file()
    }
    if not found:
        raise DataError("has no checkpoints", path=folder, hint="give the folder of a run (run.dir) that has trained")
    return dict(sorted(found.items()))


@contextmanager
def assembled(run: str | Path, checkpoint: Path) -> Iterator[Path]:
    """Yield a temporary model folder with a checkpoint's weights, the averaged ones where it has them.

    Configuration and tokenizer are those of the run's ``model`` folder, or of its base.

    Raises:
        DataError: the run has neither.
        ModelError: the weights cannot be read, or are LoRA matrices alone.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file, save_file

    frame = _frame(Path(run))
    with tempfile.TemporaryDirectory(prefix="zhen-mt-checkpoint-") as name:
        folder = Path(name)
        for path in frame.iterdir():
            if path.is_file() and path.suffix != ".safetensors" and not path.name.endswith(".safetensors.index.json"):
                shutil.copyfile(path, folder / path.name)
        try:
            weights = load_file(checkpoint / _WEIGHTS[0])
            if (checkpoint / _WEIGHTS[1]).is_file():
                weights |= load_file(checkpoint / _WEIGHTS[1])
        except (OSError, SafetensorError) as error:
            raise ModelError(f"cannot be read ({error})", path=checkpoint) from None
        if any("lora_" in key for key in weights):
            raise ModelError(
                "contains LoRA matrices, not a model", path=checkpoint, hint="evaluate the run's merged model folder"
            )
        save_file(weights, folder / _WEIGHTS[0], metadata={"format": "pt"})
        yield folder


def _frame(run: Path) -> Path:
    """Find the folder whose configuration and tokenizer belong to the run's weights."""
    if (run / "model" / "config.json").is_file():
        return run / "model"
    from mt.config import load_config

    if (run / "config.yaml").is_file():
        base = Path(load_config(run / "config.yaml").model.base)
        if (base / "config.json").is_file():
            return base
    raise DataError("has no model folder yet, nor a base on disk", path=run, hint="let it write run.dir/model first")


def averaged(checkpoint: Path) -> bool:
    """Whether a checkpoint has averaged weights beside the last."""
    return (checkpoint / _WEIGHTS[1]).is_file()
