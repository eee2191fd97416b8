"""Train configs/starter.yaml on a lent GPU machine that takes 64 MiB a call and gives 8 files of 16 MiB back.

Here:   python scripts/starter_gpu.py parts            packed corpus -> work/gpu3/part-N (each under 60 MiB)
There, one call a line, carrying what is named:
        python3 scripts/starter_gpu.py take            carry work/gpu3/part-1 (then part-2, …)
        python3 scripts/starter_gpu.py train           (again until it says it is done)
        python3 scripts/starter_gpu.py weights 0       files 0-3 of the weights to $OUT; then `weights 4`
Here:   python scripts/starter_gpu.py join FOLDER…     the files -> runs/starter/checkpoints
        python scripts/release_starter.py configs/starter.yaml --if-better
--config names another configuration, whose corpus.packed and run.dir then hold; --parts another folder for the parts.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

# Run as `python3 scripts/…` where the package is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mt.config import load_config

PART_BYTES = 58 << 20
PIECE_BYTES = 15 << 20
PIECES_A_CALL = 4


def parts(packed_folder: Path, folder: Path) -> None:
    """Compress the packed corpus and spread the files over folders that fit one call each."""
    shutil.rmtree(folder, ignore_errors=True)
    files = [path for path in sorted(packed_folder.rglob("*")) if path.is_file()]
    if not files:
        raise SystemExit(f"{packed_folder} is empty: run zhen-mt train on the configuration first")
    with ThreadPoolExecutor(2) as pool:
        packed = dict(zip(files, pool.map(_compressed, files), strict=True))
    number, room = 0, 0
    for path, data in packed.items():
        if len(data) > PART_BYTES:
            raise SystemExit(f"{path} is {len(data)} bytes compressed: too large for one call")
        if len(data) > room:
            number, room = number + 1, PART_BYTES
        room -= len(data)
        target = folder / f"part-{number}" / path.relative_to(packed_folder)
        target = target.with_name(target.name + ".xz")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    sizes = {part.name: _size(part) for part in sorted(folder.iterdir())}
    print("parts, in bytes:", sizes)


def _compressed(path: Path) -> bytes:
    if path.name.endswith(".offsets.npy"):
        # Lengths instead of offsets: small numbers that compress to almost nothing.
        data = np.diff(np.load(path, allow_pickle=False)).astype(np.uint16).tobytes()
    else:
        data = path.read_bytes()
    return lzma.compress(data, preset=6)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def take(packed_folder: Path, folder: Path) -> None:
    """Unpack the parts carried by this call into the packed corpus."""
    files = sorted(folder.rglob("*.xz"))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda path: _restore(path, packed_folder, folder), files))
    print(f"took {len(files)} files; packed corpus: {_size(packed_folder)} bytes")


def _restore(path: Path, packed_folder: Path, folder: Path) -> None:
    relative = Path(*path.relative_to(folder).parts[1:])
    target = packed_folder / relative.with_name(relative.name.removesuffix(".xz"))
    target.parent.mkdir(parents=True, exist_ok=True)
    data = lzma.decompress(path.read_bytes())
    if target.name.endswith(".offsets.npy"):
        lengths = np.frombuffer(data, np.uint16).astype(np.int64)
        np.save(target, np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]))
    else:
        target.write_bytes(data)


def train(config: str, run: Path, overrides: list[str]) -> None:
    """Train one session; the exit status says nothing about whether more is left, the output does."""
    import torch

    print(torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU", flush=True)
    command = [sys.executable, "-m", "mt.cli", "train", config, "--resume", *overrides]
    result = subprocess.run(command, env={**os.environ, "PYTHONUNBUFFERED": "1"}, check=False)
    metrics = run / "metrics.jsonl"
    if metrics.is_file():
        print("\n".join(metrics.read_text("utf-8").splitlines()[-5:]))
        if os.environ.get("OUT"):
            shutil.copy(metrics, Path(os.environ["OUT"]) / "metrics.jsonl")
    print("done" if result.returncode == 0 else f"not done (exit {result.returncode}): train again")


def weights(run: Path, first: int) -> None:
    """Write pieces first, first+1, … of the newest checkpoint's weights (bfloat16) to $OUT."""
    import torch
    from safetensors.torch import load_file, save

    from mt.training.checkpoints import latest_checkpoint

    checkpoint = latest_checkpoint(run / "checkpoints")
    if checkpoint is None:
        raise SystemExit("there is no checkpoint")
    state = load_file(checkpoint / "model.safetensors")
    data = save({k: v.to(torch.bfloat16) if v.is_floating_point() else v for k, v in state.items()})
    count = -(-len(data) // PIECE_BYTES)
    out = Path(os.environ["OUT"])
    for number in range(first, min(first + PIECES_A_CALL, count)):
        piece = data[number * PIECE_BYTES : (number + 1) * PIECE_BYTES]
        (out / f"weights-{number:02}-of-{count:02}").write_bytes(piece)
    shutil.copy(checkpoint / "state.json", out / "state.json")
    print(f"{checkpoint.name}: pieces {first} to {min(first + PIECES_A_CALL, count) - 1} of {count}")


def join(run: Path, folders: list[str]) -> None:
    """Make a checkpoint of the pieces that came back."""
    pieces = {path.name: path for folder in folders for path in Path(folder).glob("weights-*-of-*")}
    if not pieces:
        raise SystemExit("no pieces there")
    count = int(min(pieces).rsplit("-", 1)[1])
    names = [f"weights-{number:02}-of-{count:02}" for number in range(count)]
    missing = [name for name in names if name not in pieces]
    if missing:
        raise SystemExit(f"missing: {', '.join(missing)}")
    state = next(Path(folder) / "state.json" for folder in folders if (Path(folder) / "state.json").is_file())
    step = json.loads(state.read_text("utf-8"))["progress"]["step"]
    target = run / "checkpoints" / f"step-{step:08d}"
    target.mkdir(parents=True, exist_ok=True)
    (target / "model.safetensors").write_bytes(b"".join(pieces[name].read_bytes() for name in names))
    shutil.copy(state, target / "state.json")
    print(f"checkpoint: {target}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["parts", "take", "train", "weights", "join"])
    parser.add_argument("arguments", nargs="*")
    parser.add_argument("--config", default="configs/starter.yaml")
    parser.add_argument("--parts", type=Path, default=Path("work/gpu3"), help="folder of the parts")
    given = parser.parse_intermixed_args()
    config = load_config(given.config)
    packed, run = Path(config.corpus.packed), Path(config.run.dir)
    if given.what == "parts":
        parts(packed, given.parts)
    elif given.what == "take":
        take(packed, given.parts)
    elif given.what == "train":
        train(given.config, run, given.arguments)
    elif given.what == "weights":
        weights(run, int(given.arguments[0]) if given.arguments else 0)
    else:
        join(run, given.arguments)


if __name__ == "__main__":
    main()
