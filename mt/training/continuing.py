"""A run begun at a released starter: its weights, its vocabulary, and how far it had come.

Released are the averaged weights alone, in bfloat16, so the optimiser's moments and the average begin anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer

from mt.config import Config
from mt.errors import ConfigError, DataError
from mt.files import replaced_directory, write_json
from mt.training.checkpoints import Progress, latest_checkpoint
from mt.training.ema import trainable
from mt.training.model import new_marian
from mt.training.optimizer import build_optimizers
from mt.training.vocabulary import copy_vocabulary, read_vocabulary, vocabulary_pieces

__all__ = ["begin_at_release"]

_EMBEDDINGS, _BIAS = "model.shared.weight", "final_logits_bias"


def begin_at_release(config: Config, starter: Path) -> Path:
    """Write the first checkpoint of ``config.run.dir`` from a released starter, and return it.

    ``corpus.packed`` gets the starter's vocabulary, if nothing is packed there yet, with the length tags if
    ``corpus.length_tags`` asks for them and the starter has none.

    Args:
        config: a starter's; its model must have the released one's shape.
        starter: a folder of ``scripts/release_starter.py``.

    Raises:
        ConfigError: the run has a checkpoint already, or the model is of another shape.
        DataError: the folder cannot be read, or the corpus is packed with another vocabulary.
    """
    run = Path(config.run.dir)
    if latest_checkpoint(run / "checkpoints") is not None:
        raise ConfigError("holds a checkpoint already", path=run, mend="go on with --resume, or name another run.dir")
    progress = _progress(starter)
    vocabulary = Path(config.corpus.packed) / "tokenizer"
    _share_vocabulary(starter, vocabulary, config.corpus.length_tags)
    model = new_marian(config.model, AutoTokenizer.from_pretrained(vocabulary), seed=config.run.seed)
    try:
        released = load_file(starter / "model.safetensors")
    except (OSError, SafetensorError) as error:
        raise DataError(f"cannot be read ({error})", path=starter / "model.safetensors") from None
    fresh = model.state_dict()
    released = _widened(released, fresh, read_vocabulary(starter), read_vocabulary(vocabulary))
    # Tied weights are stored once, and positions, which are computed, not at all.
    unfit = sorted(
        name for name, value in released.items() if name not in fresh or fresh[name].shape != value.shape
    ) + sorted(name for name, _ in trainable(model) if name not in released)
    if unfit:
        raise ConfigError(
            f"is not the shape of {starter} ({unfit[0]})", field="model", mend="take it from the starter's card"
        )
    weights = {name: value.to(torch.float32) for name, value in released.items()}
    checkpoint = run / "checkpoints" / f"step-{progress.step:08d}"
    with replaced_directory(checkpoint) as folder:
        save_file(weights, folder / "model.safetensors")
        save_file({}, folder / "optimizer.safetensors")
        scalars: list[dict[str, Any]] = [{} for _ in build_optimizers(model, config.training)]
        write_json(folder / "state.json", {"progress": asdict(progress), "optimizers": scalars})
    return checkpoint


def _share_vocabulary(starter: Path, tokenizer: Path, length_tags: bool) -> None:
    if not (tokenizer / "vocab.json").is_file():
        copy_vocabulary(starter, tokenizer, length_tags=length_tags)
        return
    if vocabulary_pieces(tokenizer, length_tags=False) != vocabulary_pieces(starter, length_tags=length_tags):
        raise DataError("is another vocabulary than the starter's", path=tokenizer, mend="name another corpus.packed")


def _widened(
    released: Mapping[str, torch.Tensor],
    fresh: Mapping[str, torch.Tensor],
    before: Mapping[str, int],
    after: Mapping[str, int],
) -> dict[str, torch.Tensor]:
    """Give the rows of a released model the places of a vocabulary that has tags besides; theirs are the mean row."""
    widened = dict(released)
    if before == after:
        return widened
    kept = [piece for piece in after if piece in before]
    old, new = ([vocabulary[piece] for piece in kept] for vocabulary in (before, after))
    shared, bias = (released[name].float() for name in (_EMBEDDINGS, _BIAS))
    rows = shared.mean(dim=0).repeat(len(after), 1)
    rows[new] = shared[old]
    biases = fresh[_BIAS].clone()
    biases[0, new] = bias[0, old]
    return widened | {_EMBEDDINGS: rows, _BIAS: biases}


def _progress(starter: Path) -> Progress:
    """How far the released run had come; it begins an epoch, for its place in the data is not known."""
    try:
        record = json.loads((starter / "scores.json").read_text("utf-8"))
        return Progress(
            step=int(record["step"]),
            epoch=int(record.get("epoch", 0)) + 1,
            target_tokens=int(record["target_tokens"]),
            seconds=float(record.get("seconds", 0.0)),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"does not say how far it was trained ({error})", path=starter / "scores.json", mend="release it again"
        ) from None
