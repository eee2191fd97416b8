"""Train configs/starter.yaml on a lent GPU machine that takes 64 MiB a call and gives 8 files of 16 MiB back.

Here:   python scripts/starter_gpu.py parts            packed corpus, translations -> work/gpu/part-N, each for one call
There, one call a line, carrying what is named:
        python3 scripts/starter_gpu.py smoke           carry work/gpu/mini: how fast, and whether all of it works there
        python3 scripts/starter_gpu.py take            carry work/gpu/part-1 (then part-2, …)
        python3 scripts/starter_gpu.py start 1400      all of it in the background, to end after so many seconds
        python3 scripts/starter_gpu.py follow 500      say how far it is, for so many seconds or until it is done
        python3 scripts/starter_gpu.py weights 0       files 0-3 of the weights to $OUT; then `weights 4`
Here:   python scripts/starter_gpu.py join FOLDER…     the files -> runs/starter/checkpoints
        python scripts/release_starter.py configs/starter.yaml --if-better

The training has three parts: both ways at once (BOTH of the time), then that model back-translates the English sides of
BACK, then Chinese into English alone on all of it, to the end. --config names another configuration, whose corpus and
run.dir then hold; --parts another folder for the parts.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
import lzma
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# Run as `python3 scripts/…` where the package is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mt.config import Config, RunConfig, load_config, save_config
from mt.training.data.packing import PackedPairs
from mt.training.data.ragged import Ragged

PART_BYTES = 56 << 20
PIECE_BYTES = 15 << 20
PIECES_A_CALL = 4
MINI_ROWS = 60_000
# Share of the seconds given that are for both ways at once.
BOTH = 0.25
# Folders of translations that the run itself makes, and what of; one that takes longer is left out.
BACK = {
    "work/back-near": ["--source", "near", "--source", "government"],
    "work/back-far": ["--source", "far", "--pairs", "300000"],
}
BACK_SECONDS = 150.0
LOG, DONE = Path("work/gpu.log"), Path("work/gpu.done")
_KINDS = ("source", "annotated", "target")
# Two bytes an identifier, and a window that holds the whole corpus: joined and annotated segments repeat others.
_FILTERS = [
    {"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 1 << 28, "lc": 0, "lp": 1, "pb": 1, "nice_len": 128},
]


def parts(config: Config, folder: Path) -> None:
    """Compress what the run reads into one stream, cut so that each part fits a call."""
    shutil.rmtree(folder, ignore_errors=True)
    packed = Path(config.corpus.packed)
    names = [packed, *(Path(source.path) for source in config.corpus.translations if source.path not in BACK)]
    _write(folder, {str(name): PackedPairs.load(name / "train") for name in names}, packed)
    pairs = PackedPairs.load(packed / "train")
    rows = np.sort(np.random.default_rng(1).permutation(len(pairs))[:MINI_ROWS])
    _write(folder / "mini", {"work/mini": _selected(pairs, rows)}, packed)
    (folder / "mini/part-1").rename(folder / "mini-1")
    shutil.rmtree(folder / "mini")
    (folder / "mini-1").rename(folder / "mini")
    print("parts, in bytes:", {part.name: _size(part) for part in sorted(folder.iterdir())})


def _selected(pairs: PackedPairs, rows: NDArray[np.int64]) -> PackedPairs:
    kinds = {kind: getattr(pairs, kind).select(rows) for kind in _KINDS}
    return PackedPairs(**kinds, origin=pairs.origin[rows], weights=pairs.weights)


def _write(folder: Path, corpora: dict[str, PackedPairs], packed: Path) -> None:
    """Row by row a pair's source, annotated source and target, then all the lengths and origins."""
    stream: list[bytes] = []
    index = {}
    for name, pairs in corpora.items():
        lengths = np.stack([getattr(pairs, kind).lengths for kind in _KINDS], axis=1)
        ids = np.empty(int(lengths.sum()), np.uint16)
        begins = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths.ravel())])[:-1].reshape(-1, len(_KINDS))
        for place, kind in enumerate(_KINDS):
            rows: Ragged = getattr(pairs, kind)
            starts = np.repeat(begins[:, place] - rows.offsets[:-1], rows.lengths)
            ids[np.arange(len(rows.ids)) + starts] = rows.ids
        stream += [ids.tobytes(), lengths.astype(np.uint16).tobytes(), pairs.origin.astype(np.uint16).tobytes()]
        index[name] = {"rows": len(pairs), "tokens": len(ids), "weights": pairs.weights}
    data = lzma.compress(b"".join(stream), format=lzma.FORMAT_RAW, filters=_FILTERS)
    count = -(-len(data) // PART_BYTES)
    for number in range(count):
        part = folder / f"part-{number + 1}"
        part.mkdir(parents=True)
        (part / f"rows-{number:02}").write_bytes(data[number * PART_BYTES : (number + 1) * PART_BYTES])
    first = folder / "part-1"
    (first / "index.json").write_text(json.dumps({"corpora": index, "pieces": count}))
    for name in ("tokenizer", "validation"):
        shutil.copytree(packed / name, first / name)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def take(carried: Path, store: Path) -> None:
    """Keep the parts that this call carried; with the last of them unpack them all."""
    store.mkdir(parents=True, exist_ok=True)
    for path in carried.glob("part-*/*") if carried.name != "mini" else carried.iterdir():
        if path.is_dir():
            shutil.copytree(path, store / path.name, dirs_exist_ok=True)
        else:
            shutil.copy(path, store / path.name)
    if not (store / "index.json").is_file():
        print("the first part is still to come")
        return
    index = json.loads((store / "index.json").read_text())
    pieces = sorted(store.glob("rows-*"))
    if len(pieces) < index["pieces"]:
        print(f"{len(pieces)} of {index['pieces']} parts are here")
        return
    data = lzma.decompress(b"".join(piece.read_bytes() for piece in pieces), lzma.FORMAT_RAW, filters=_FILTERS)
    place = 0
    for name, about in index["corpora"].items():
        rows, tokens = about["rows"], about["tokens"]
        ids = np.frombuffer(data, np.uint16, tokens, place)
        lengths = np.frombuffer(data, np.uint16, 3 * rows, place + 2 * tokens).astype(np.int64)
        origin = np.frombuffer(data, np.uint16, rows, place + 2 * (tokens + 3 * rows)).astype(np.uint8)
        place += 2 * (tokens + 4 * rows)
        every = Ragged(ids, np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]))
        kinds = {kind: every.select(np.arange(number, 3 * rows, 3)) for number, kind in enumerate(_KINDS)}
        pairs = PackedPairs(**kinds, origin=origin, weights=tuple(about["weights"]))
        for kind in ("tokenizer", "validation"):
            shutil.copytree(store / kind, Path(name) / kind, dirs_exist_ok=True)
        (Path(name) / "train").mkdir(parents=True, exist_ok=True)
        pairs.save(Path(name) / "train")
        manifest = {"pairs": rows, "sources": [{"weight": weight} for weight in pairs.weights]}
        (Path(name) / "train/packing.json").write_text(json.dumps(manifest))
        print(f"{name}: {rows} pairs, {len(pairs.target.ids)} target tokens")


def smoke(config: Config, carried: Path) -> None:
    """Try all of it on a small part of the corpus: shapes and settings for speed, NCCL, back-translation."""
    take(carried, Path("work/mini-store"))
    mini = config.replace(
        corpus=config.corpus.replace(packed="work/mini", translations=[], both_directions=True),
        training=config.training.replace(max_minutes=None, eval_steps=None),
    )
    for name, compiled, steps in (("plain", False, 50), ("compiled", True, 120)):
        training = mini.training.replace(torch_compile=compiled, max_steps=steps)
        _speed(name, mini.replace(training=training))
    launch = ["-m", "accelerate.commands.launch", "--config_file", "configs/accelerate/ddp.yaml"]
    nccl = mini.replace(
        run=RunConfig(dir="work/smoke/nccl", seed=1),
        training=mini.training.replace(max_steps=20, torch_compile=False),
    )
    save_config(nccl, "work/smoke/nccl.yaml")
    save_config(mini.replace(run=RunConfig(dir="work/smoke/compiled", seed=1)), "work/smoke/back.yaml")
    with ThreadPoolExecutor(2) as pool:
        pool.submit(_call, ["scripts/back_translate.py", "work/smoke/back.yaml", "work/smoke/back", "--source", "near"])
        pool.submit(_call, [*launch, "--num_processes", "1", "scripts/train.py", "work/smoke/nccl.yaml"])


def _call(command: list[str]) -> None:
    environment = {**os.environ, "NCCL_DEBUG": "INFO", "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run([sys.executable, *command], env=environment, capture_output=True, text=True)
    print(command[0], command[-1], "exit", done.returncode, done.stdout[-600:], done.stderr[-900:], flush=True)


def _speed(name: str, config: Config) -> None:
    """Train some steps in this process and print how fast the last ones were, and what they spent the time on."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    from mt.training.loop import TrainingEvent
    from mt.training.starter import train_starter

    run = Path("work/smoke") / name
    shutil.rmtree(run, ignore_errors=True)
    config = config.replace(run=RunConfig(dir=str(run), seed=1))
    times: list[float] = []
    profiler = profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA])
    steps = config.training.max_steps or 0

    def report(event: TrainingEvent) -> None:
        times.append(time.monotonic())
        if event.step == steps - 6:
            profiler.__enter__()
        if event.step == steps - 2:
            profiler.__exit__(None, None, None)

    begun = time.monotonic()
    trained = train_starter(config, report=report)
    each = trained.progress.target_tokens / steps
    for first, last in ((5, steps // 2), (steps // 2, steps - 7)):
        seconds = (times[last] - times[first]) / (last - first)
        print(f"{name}, steps {first} to {last}: {seconds * 1000:.0f} ms, {each / seconds:.0f} target tokens/s")
    print(f"{name}: loss {trained.loss:.3f}, {time.monotonic() - begun:.0f} s in all")
    if torch.cuda.is_available():
        print(f"{torch.cuda.max_memory_allocated() >> 20} MiB")
    table = profiler.key_averages()
    for by in ("self_cpu_time_total", "self_device_time_total"):
        for entry in sorted(table, key=lambda entry: -getattr(entry, by))[:14]:
            print(f"  {by[5:8]} {getattr(entry, by) / 4000:7.2f} ms {entry.count // 4:5} x {entry.key[:90]}")
    sys.stdout.flush()


def stage(config: Config, what: str, minutes: float) -> None:
    """Train a part of the run: ``both`` ways for so many minutes, or ``forward`` until so many minutes in all."""
    import torch

    from mt.training.data.batching import Epoch
    from mt.training.hardware.flops import model_flops, peak_flops
    from mt.training.starter import train_starter

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    there = [source for source in config.corpus.translations if (Path(source.path) / "train/packing.json").is_file()]
    both = what == "both"
    # The rate stays up while both ways are trained: it falls at the end of the whole run.
    scheduler = "constant" if both else config.training.lr_scheduler_type
    training = config.training.replace(max_minutes=minutes, lr_scheduler_type=scheduler)
    corpus = config.corpus.replace(translations=there, both_directions=both)
    config = config.replace(corpus=corpus, training=training)
    logging.info("%s: %s", what, [source.path for source in there])
    begun = time.monotonic()
    trained = train_starter(config, resume=True)
    progress = trained.progress
    logging.info("%s: %s, %.0f s", what, dataclasses.replace(progress, points=[]), time.monotonic() - begun)
    # What a target token costs, from some batches of the corpus.
    pairs = PackedPairs.load(Path(config.corpus.packed) / "train")
    from transformers import AutoConfig

    shape = AutoConfig.from_pretrained(Path(config.run.dir) / "model")
    epoch = Epoch(pairs, config.terms, config.training.batch_tokens, (0, 0, 0), seed=1, number=0)
    batches = [epoch.batch(number, 0) for number in range(min(20, len(epoch)))]
    flops = sum(model_flops(shape, batch) for batch in batches) / sum(batch.target_tokens for batch in batches)
    peak = peak_flops(torch.cuda.get_device_name()) if torch.cuda.is_available() else None
    metrics = Path(config.run.dir) / "metrics.jsonl"
    lines = [json.loads(line) for line in metrics.read_text().splitlines()] if metrics.is_file() else []
    speeds = [line["tokens_per_second"] for line in lines if "tokens_per_second" in line]
    speed = float(np.median(speeds[len(speeds) // 3 :])) if speeds else 0.0
    of_peak = f", {flops * speed / peak:.1%} of the peak" if peak else ""
    print(
        f"median {speed:.0f} target tokens/s, {flops / 1e6:.0f} MFLOP each: {flops * speed / 1e12:.0f} TFLOP/s{of_peak}"
    )


def everything(config_file: str, seconds: float) -> None:
    """Run the three parts, so that they end after so many seconds; what fails is left out."""
    config = load_config(config_file)
    begun = time.monotonic()

    def call(*words: str, seconds: float | None = None) -> int:
        print(f"--- {time.monotonic() - begun:.0f} s: {' '.join(words)}", flush=True)
        try:
            return subprocess.run([sys.executable, *words], timeout=seconds).returncode
        except subprocess.TimeoutExpired:
            return 124

    call(__file__, "stage", "both", "--minutes", str(BOTH * seconds / 60), "--config", config_file)
    for folder, given in BACK.items():
        call("scripts/back_translate.py", config_file, folder, *given, seconds=BACK_SECONDS)
    checkpoint = _newest(Path(config.run.dir))
    spent = json.loads((checkpoint / "state.json").read_text())["progress"]["seconds"]
    minutes = (spent + seconds - (time.monotonic() - begun) - 25) / 60
    code = call(__file__, "stage", "forward", "--minutes", f"{minutes:.2f}", "--config", config_file)
    print(f"--- {time.monotonic() - begun:.0f} s: done, {code}", flush=True)


def start(config_file: str, seconds: str) -> None:
    """Run ``everything`` in a session of its own, which goes on between calls."""
    DONE.unlink(missing_ok=True)
    command = f'"$0" -u "$@"; echo $? > {DONE}'
    words = [sys.executable, __file__, "everything", seconds, "--config", config_file]
    with LOG.open("w") as log:
        subprocess.Popen(["bash", "-c", command, *words], stdout=log, stderr=log, start_new_session=True)


def follow(config: Config, seconds: float) -> None:
    """Wait, then print the end of the log and of the metrics."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not DONE.is_file():
        time.sleep(1)
    print(LOG.read_text()[-3500:])
    metrics = Path(config.run.dir) / "metrics.jsonl"
    if metrics.is_file():
        lines = metrics.read_text().splitlines()
        print("\n".join([*[line for line in lines if "validation_loss" in line][-12:], *lines[-2:]]))
        if os.environ.get("OUT"):
            shutil.copy(metrics, Path(os.environ["OUT"]) / "metrics.jsonl")
            shutil.copy(LOG, Path(os.environ["OUT"]) / "gpu.log")
    print("done" if DONE.is_file() else "not done")


def _newest(run: Path) -> Path:
    from mt.training.saving.checkpoints import latest_checkpoint

    checkpoint = latest_checkpoint(run / "checkpoints")
    if checkpoint is None:
        raise SystemExit("there is no checkpoint")
    return checkpoint


def weights(run: Path, first: int) -> None:
    """Write pieces first, first+1, … of the newest checkpoint's weights (bfloat16) to $OUT."""
    import torch
    from safetensors.torch import load_file, save

    checkpoint = _newest(run)
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
    what = ["parts", "smoke", "take", "start", "follow", "weights", "join", "stage", "everything"]
    parser.add_argument("what", choices=what)
    parser.add_argument("arguments", nargs="*")
    parser.add_argument("--config", default="configs/starter.yaml")
    parser.add_argument("--parts", type=Path, default=Path("work/gpu"), help="folder of the parts")
    parser.add_argument("--minutes", type=float, default=0.0, help=argparse.SUPPRESS)
    given = parser.parse_intermixed_args()
    # Batches of ever other shapes would else leave holes that nothing fits.
    os.environ.setdefault("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True")
    config = load_config(given.config)
    run = Path(config.run.dir)
    first = given.arguments[0] if given.arguments else "0"
    if given.what == "parts":
        parts(config, given.parts)
    elif given.what == "smoke":
        smoke(config, given.parts / "mini")
    elif given.what == "take":
        take(given.parts, Path("work/gpu-store"))
    elif given.what == "start":
        start(given.config, first)
    elif given.what == "everything":
        everything(given.config, float(first))
    elif given.what == "stage":
        stage(config, first, given.minutes)
    elif given.what == "follow":
        follow(config, float(first))
    elif given.what == "weights":
        weights(run, int(first))
    else:
        join(run, given.arguments)


if __name__ == "__main__":
    main()
