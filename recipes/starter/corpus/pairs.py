"""Packed pairs on disk, and selections and changes of them.

A packed folder holds three ragged arrays (plain source, annotated source, target), the number of the corpus file of
each pair, and ``packing.json``. A source is kept both plain and annotated, so each epoch draws which terms it requests.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

from mt.errors import DataError
from mt.io.text import read_json
from mt.training.data.packed_pairs import PackedPairs, Ragged, offsets_of

_SIDES = ("source", "annotated", "target")
# The length ratio of a pair of at most this many source tokens means little.
_FEW_TOKENS = 8


def save_pairs(pairs: PackedPairs, folder: Path) -> None:
    """Write the arrays; ``packing.json`` is the caller's."""
    for side in _SIDES:
        rows: Ragged = getattr(pairs, side)
        np.save(folder / f"{side}.ids.npy", rows.ids)
        np.save(folder / f"{side}.offsets.npy", rows.offsets)
    np.save(folder / "origin.npy", pairs.origin)


def load_pairs(folder: str | Path) -> PackedPairs:
    """Read a packed folder.

    Raises:
        DataError: the folder is missing or incomplete.
    """
    folder = Path(folder)
    packing = read_json(folder / "packing.json", hint="pack it again")
    try:
        weights = tuple(float(source["weight"]) for source in packing["sources"])
        arrays = {path.name: np.load(path, allow_pickle=False) for path in folder.glob("*.npy")}
        sides = {side: Ragged(arrays[f"{side}.ids.npy"], arrays[f"{side}.offsets.npy"]) for side in _SIDES}
        return PackedPairs(**sides, origin=arrays["origin.npy"], weights=weights)
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise DataError(f"is not a packed corpus ({error})", path=folder, hint="pack it again") from None


def check_vocabulary(packed: Path, tokenizer: PreTrainedTokenizerBase, *, hint: str) -> None:
    """Raise ``DataError`` if a packed folder has another vocabulary: its ids would mean nothing."""
    if read_json(packed.parent / "tokenizer" / "vocab.json", hint="pack the corpus again") != tokenizer.get_vocab():
        raise DataError("was packed with another vocabulary than the model's", path=packed, hint=hint)


def reweighted(pairs: PackedPairs, weights: Sequence[float]) -> PackedPairs:
    """Return the same pairs with other weights, one for each file.

    Raises:
        DataError: there are not as many weights as packed files.
    """
    if len(weights) != len(pairs.weights):
        raise DataError(
            f"{len(weights)} corpus sources where {len(pairs.weights)} were packed", hint="delete corpus.packed"
        )
    return dataclasses.replace(pairs, weights=tuple(weights))


def select_rows(ragged: Ragged, rows: NDArray[np.int64]) -> Ragged:
    """Return the rows of these numbers, in this order."""
    lengths = ragged.lengths[rows]
    offsets = offsets_of(lengths)
    # Token t of the result is in row r of it, at t - offsets[r]; in the original at ragged.offsets[rows[r]] + that.
    shift = np.repeat(ragged.offsets[rows] - offsets[:-1], lengths)  # (tokens of the result,)
    return Ragged(ragged.ids[np.arange(offsets[-1]) + shift], offsets)


def select_pairs(pairs: PackedPairs, rows: NDArray[np.int64]) -> PackedPairs:
    """Return the pairs of these numbers, in this order."""
    sides = {side: select_rows(getattr(pairs, side), rows) for side in _SIDES}
    return PackedPairs(**sides, origin=pairs.origin[rows], weights=pairs.weights)


def prefixed(pairs: PackedPairs, prefix: Sequence[int]) -> PackedPairs:
    """Return the same pairs with tokens before every source; empty ones stay empty."""
    source, annotated = (_prefixed_rows(rows, prefix) for rows in (pairs.source, pairs.annotated))
    return dataclasses.replace(pairs, source=source, annotated=annotated)


def _prefixed_rows(rows: Ragged, prefix: Sequence[int]) -> Ragged:
    return Ragged.of([[*prefix, *rows[number].tolist()] if len(rows[number]) else [] for number in range(len(rows))])


def without_short_targets(pairs: PackedPairs, least: float) -> PackedPairs:
    """Return the pairs with at least ``least`` target tokens per source token, and all pairs with short sources."""
    # </s> does not count.
    source, target = pairs.source.lengths - 1, pairs.target.lengths - 1
    return select_pairs(pairs, np.flatnonzero((source <= _FEW_TOKENS) | (target >= least * source)))


def reversed_pairs(pairs: PackedPairs) -> PackedPairs:
    """Return the pairs from target to source, plain; those that may only be used annotated are left out."""
    kept = select_pairs(pairs, np.flatnonzero(pairs.source.lengths > 0))
    empty = Ragged(np.zeros(0, np.uint16), np.zeros(len(kept) + 1, np.int64))
    return PackedPairs(kept.target, empty, kept.source, kept.origin, kept.weights)
