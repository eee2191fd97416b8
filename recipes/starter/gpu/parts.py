"""The packed corpus in parts that each fit one call of a lent machine.

The format of a part: files ``rows-NN``, pieces of one LZMA stream. Unpacked it holds for each corpus the token ids of
all pairs (source, annotated source and target of a pair after each other), their lengths, and the pairs' origins, all
as 16-bit integers. ``index.json`` in the first part says how many of each.
"""

from __future__ import annotations

import json
import lzma
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mt.training.data.packed_pairs import PackedPairs, Ragged
from recipes.starter.config import StarterConfig
from recipes.starter.corpus.pairs import load_pairs, save_pairs, select_pairs, select_rows
from recipes.starter.gpu.stages import BACK_TRANSLATIONS

_PART_BYTES = 56 << 20
_MINI_ROWS = 60_000
_SIDES = ("source", "annotated", "target")
# Two-byte symbols, and a window that holds the whole corpus: joined and annotated segments repeat others.
_FILTERS = [
    {"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 1 << 28, "lc": 0, "lp": 1, "pb": 1, "nice_len": 128},
]


def make_parts(config: StarterConfig, folder: Path) -> None:
    """Write ``part-1``, ``part-2``, … of all that the run reads, and ``mini``, a small sample of it."""
    shutil.rmtree(folder, ignore_errors=True)
    packed = Path(config.corpus.packed)
    translations = [Path(source.path) for source in config.corpus.translations if source.path not in BACK_TRANSLATIONS]
    corpora = {str(name): load_pairs(name / "train") for name in (packed, *translations)}
    _write(folder, corpora, packed)
    pairs = corpora[str(packed)]
    rows = np.sort(np.random.default_rng(1).permutation(len(pairs))[:_MINI_ROWS])
    _write(folder / "mini", {"work/mini": select_pairs(pairs, rows)}, packed)
    # One part, which is the folder itself.
    (folder / "mini/part-1").rename(folder / "mini-1")
    shutil.rmtree(folder / "mini")
    (folder / "mini-1").rename(folder / "mini")
    sizes = {
        part.name: sum(path.stat().st_size for path in part.rglob("*") if path.is_file())
        for part in sorted(folder.iterdir())
    }
    print("parts, in bytes:", sizes)


def _write(folder: Path, corpora: Mapping[str, PackedPairs], packed: Path) -> None:
    stream: list[bytes] = []
    index = {}
    for name, pairs in corpora.items():
        lengths = np.stack([getattr(pairs, side).lengths for side in _SIDES], axis=1)  # (pairs, sides)
        ids = np.empty(int(lengths.sum()), np.uint16)
        begins = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths.ravel())])[:-1].reshape(-1, len(_SIDES))
        for place, side in enumerate(_SIDES):
            rows: Ragged = getattr(pairs, side)
            shift = np.repeat(begins[:, place] - rows.offsets[:-1], rows.lengths)
            ids[np.arange(len(rows.ids)) + shift] = rows.ids
        stream += [ids.tobytes(), lengths.astype(np.uint16).tobytes(), pairs.origin.astype(np.uint16).tobytes()]
        index[name] = {"rows": len(pairs), "tokens": len(ids), "weights": pairs.weights}
    data = lzma.compress(b"".join(stream), format=lzma.FORMAT_RAW, filters=_FILTERS)
    count = -(-len(data) // _PART_BYTES)
    for number in range(count):
        part = folder / f"part-{number + 1}"
        part.mkdir(parents=True)
        (part / f"rows-{number:02}").write_bytes(data[number * _PART_BYTES : (number + 1) * _PART_BYTES])
    first = folder / "part-1"
    (first / "index.json").write_text(json.dumps({"corpora": index, "pieces": count}))
    for name in ("tokenizer", "validation"):
        shutil.copytree(packed / name, first / name)


def take_parts(carried: Path, store: Path) -> None:
    """Keep the parts that this call carried in ``store``; once all of them are there, unpack them."""
    store.mkdir(parents=True, exist_ok=True)
    for path in carried.iterdir() if carried.name == "mini" else carried.glob("part-*/*"):
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
    _unpack(b"".join(piece.read_bytes() for piece in pieces), index["corpora"], store)


def _unpack(compressed: bytes, corpora: Mapping[str, Mapping[str, Any]], store: Path) -> None:
    data = lzma.decompress(compressed, lzma.FORMAT_RAW, filters=_FILTERS)
    place = 0
    for name, about in corpora.items():
        rows, tokens = about["rows"], about["tokens"]
        ids = np.frombuffer(data, np.uint16, tokens, place)
        lengths = np.frombuffer(data, np.uint16, 3 * rows, place + 2 * tokens).astype(np.int64)
        origin = np.frombuffer(data, np.uint16, rows, place + 2 * (tokens + 3 * rows)).astype(np.uint8)
        place += 2 * (tokens + 4 * rows)
        every = Ragged(ids, np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]))
        sides = {side: select_rows(every, np.arange(number, 3 * rows, 3)) for number, side in enumerate(_SIDES)}
        pairs = PackedPairs(**sides, origin=origin, weights=tuple(about["weights"]))
        folder = Path(name)
        for kind in ("tokenizer", "validation"):
            shutil.copytree(store / kind, folder / kind, dirs_exist_ok=True)
        (folder / "train").mkdir(parents=True, exist_ok=True)
        save_pairs(pairs, folder / "train")
        manifest = {"pairs": rows, "sources": [{"weight": weight} for weight in pairs.weights]}
        (folder / "train/packing.json").write_text(json.dumps(manifest))
        print(f"{name}: {rows} pairs, {len(pairs.target.ids)} target tokens")
