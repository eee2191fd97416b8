"""The weights back from a lent machine, in pieces that fit a call."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from mt.errors import DataError
from mt.training.saving.checkpoints import latest_checkpoint

_PIECE_BYTES = 15 << 20
_PIECES_PER_CALL = 4


def send_weights(run: Path, first: int) -> None:
    """Write some pieces of the newest checkpoint's weights (bfloat16) to $OUT, beginning with piece ``first``."""
    import torch
    from safetensors.torch import load_file, save

    checkpoint = latest_checkpoint(run / "checkpoints")
    if checkpoint is None:
        raise DataError("has no checkpoint", path=run)
    state = load_file(checkpoint / "model.safetensors")
    data = save({k: v.to(torch.bfloat16) if v.is_floating_point() else v for k, v in state.items()})
    count = -(-len(data) // _PIECE_BYTES)
    last = min(first + _PIECES_PER_CALL, count)
    out = Path(os.environ["OUT"])
    for number in range(first, last):
        piece = data[number * _PIECE_BYTES : (number + 1) * _PIECE_BYTES]
        (out / f"weights-{number:02}-of-{count:02}").write_bytes(piece)
    shutil.copy(checkpoint / "state.json", out / "state.json")
    print(f"{checkpoint.name}: pieces {first} to {last - 1} of {count}")


def join_weights(run: Path, folders: Sequence[str]) -> None:
    """Make a checkpoint of the run from the pieces in some folders.

    Raises:
        DataError: a piece is missing.
    """
    pieces = {path.name: path for folder in folders for path in Path(folder).glob("weights-*-of-*")}
    if not pieces:
        raise DataError("no pieces of weights there", path=", ".join(folders))
    count = int(min(pieces).rsplit("-", 1)[1])
    names = [f"weights-{number:02}-of-{count:02}" for number in range(count)]
    missing = [name for name in names if name not in pieces]
    if missing:
        raise DataError(f"missing: {', '.join(missing)}", path=", ".join(folders))
    state = next(path for folder in folders if (path := Path(folder) / "state.json").is_file())
    step = json.loads(state.read_text("utf-8"))["progress"]["step"]
    target = run / "checkpoints" / f"step-{step:08d}"
    target.mkdir(parents=True, exist_ok=True)
    (target / "model.safetensors").write_bytes(b"".join(pieces[name].read_bytes() for name in names))
    shutil.copy(state, target / "state.json")
    print(f"checkpoint: {target}")
