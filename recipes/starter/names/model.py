"""The linear model with which ``mt.text.person_names`` finds names, learnt from ``recipes.starter.names.labels``.

Logistic regression over hashed features. A translation that spells a name differently (Lee, Chang) gives it a wrong
label: doubtful spans that look like names to a model of the other half of the corpus are left out.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from mt.io.files import replaced_file
from mt.text.han import is_han
from mt.text.person_names import BUCKETS, features
from recipes.starter.names.labels import NameLabel

_BATCH, _RATE, _DECAY = 4096, 0.7, 2e-7
_ROUNDS, _FIRST_ROUNDS = 8, 4
# A doubtful span with a higher logit is left out.
_LOOKS_LIKE_ONE = -1.5
# Other names put in the place of each name.
_COPIES = 3


@dataclass(frozen=True)
class NameModel:
    """Weights by feature, (``BUCKETS``,), the bias, (1,), and the surnames that occur."""

    weights: torch.Tensor
    bias: torch.Tensor
    surnames: str


def learn_names(labels: Sequence[NameLabel], *, kept: float, seed: int) -> tuple[NameModel, int]:
    """Learn from labels; return the model and how many doubtful ones were left out.

    Args:
        labels: of a corpus.
        kept: share of the spans without a name that was drawn; they are weighted accordingly.
        seed: of the order.
    """
    rng = random.Random(seed)
    labels = [*labels, *_exchanged(labels, rng)]
    examples = _Examples.of(labels, kept)
    halves = [zlib.crc32(label.text.encode()) % 2 for label in labels]
    left_out: set[int] = set()
    for half in (0, 1):
        weights, bias = _fit(examples, [n for n, own in enumerate(halves) if own != half], rng, _FIRST_ROUNDS)
        doubtful = [n for n, label in enumerate(labels) if halves[n] == half and label.doubtful]
        logits = _logits(weights, bias, examples.places[doubtful])
        left_out |= {n for n, logit in zip(doubtful, logits.tolist(), strict=True) if logit > _LOOKS_LIKE_ONE}
    weights, bias = _fit(examples, [n for n in range(len(labels)) if n not in left_out], rng, _ROUNDS)
    surnames = "".join(sorted({label.text[label.start] for label in labels}))
    return NameModel(weights, bias, surnames), len(left_out)


def _exchanged(labels: Sequence[NameLabel], rng: random.Random) -> Iterator[NameLabel]:
    """Put other names of the corpus in the places of names: the context of a name does not depend on it."""
    known = [label for label in labels if label.is_name]
    names = [label.text[label.start : label.end] for label in known]
    for label in known:
        for name in rng.choices(names, k=_COPIES):
            text = label.text[: label.start] + name + label.text[label.end :]
            yield NameLabel(text, label.start, label.start + len(name), True)
            # The same surname with one character less or more is no name.
            other = label.start + (2 if len(name) == 3 else 3)
            if other <= len(text) and is_han(text[other - 1]):
                yield NameLabel(text, label.start, other, False, overlaps=True)


def save_names(model: NameModel, path: Path) -> None:
    """Write the model as ``mt.text.person_names`` reads it."""
    with replaced_file(path) as temporary:
        save_file(
            {"weights": model.weights.to(torch.float16), "bias": model.bias.to(torch.float32)},
            temporary,
            metadata={"surnames": model.surnames},
        )


@dataclass(frozen=True)
class _Examples:
    """Labels as tensors: features (labels, features), whether each is a name and its weight, (labels,)."""

    places: torch.Tensor
    targets: torch.Tensor
    shares: torch.Tensor

    @classmethod
    def of(cls, labels: Sequence[NameLabel], kept: float) -> _Examples:
        return cls(
            torch.tensor([features(label.text, label.start, label.end) for label in labels]),
            torch.tensor([float(label.is_name) for label in labels]),
            torch.tensor([1.0 if label.is_name or label.overlaps else 1 / kept for label in labels]),
        )


def _fit(
    examples: _Examples, rows: Sequence[int], rng: random.Random, rounds: int
) -> tuple[torch.Tensor, torch.Tensor]:
    weights = nn.Parameter(torch.zeros(BUCKETS))
    bias = nn.Parameter(torch.tensor([-3.0]))
    optimizer = torch.optim.Adagrad([weights, bias], lr=_RATE)
    order = list(rows)
    for _ in range(rounds):
        rng.shuffle(order)
        for begin in range(0, len(order), _BATCH):
            part = torch.tensor(order[begin : begin + _BATCH])
            shares = examples.shares[part]
            loss = nn.functional.binary_cross_entropy_with_logits(
                _logits(weights, bias, examples.places[part]), examples.targets[part], weight=shares, reduction="sum"
            )
            optimizer.zero_grad()
            (loss / shares.sum() + _DECAY * weights.square().sum()).backward()
            optimizer.step()
    return weights.detach(), bias.detach()


def _logits(weights: torch.Tensor, bias: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    return weights[places].sum(1) + bias
