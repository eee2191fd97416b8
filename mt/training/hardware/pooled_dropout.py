"""Dropout from a pool of masks: on a CPU, to draw each mask anew takes longer than the layer that it falls upon.

A step draws one long mask of each probability, and every dropout in it takes a stretch of that from a random place on.
Two layers may so share a part of their masks, at other places of their inputs; from step to step nothing is shared.
All is drawn from torch's generator, so a resumed run draws what it would have drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

__all__ = ["MaskPool", "pooled_dropout"]

# Elements of a mask: 16 MB in bfloat16, and some times what a small model drops at once.
_SIZE = 2**23
# Sixteen random bits decide on each element.
_BITS = 16


class MaskPool:
    """Masks of one step, and stretches of them."""

    def __init__(self, size: int = _SIZE) -> None:
        self._size = size
        self._masks: dict[tuple[float, torch.dtype], torch.Tensor] = {}

    def renew(self) -> None:
        """Forget the masks: the next step's are drawn when first asked for."""
        self._masks.clear()

    def dropped(self, values: torch.Tensor, share: float) -> torch.Tensor:
        """Return ``values`` with about that share of them zero and the others scaled up, as dropout does."""
        mask = self._mask(share, values.dtype)
        # Half of the mask, from any place on, at a time: there is always a choice of places.
        longest = self._size // 2
        lengths = [longest] * (values.numel() // longest) + [values.numel() % longest]
        places = torch.randint(longest, (len(lengths),)).tolist()
        parts = [mask[place : place + length] for place, length in zip(places, lengths, strict=True)]
        stretch = parts[0] if len(parts) == 1 else torch.cat(parts)
        return values * stretch.view(values.shape)

    def _mask(self, share: float, dtype: torch.dtype) -> torch.Tensor:
        if (share, dtype) not in self._masks:
            # 64 random bits at a time are four elements' worth.
            drawn = torch.empty(self._size * _BITS // 64, dtype=torch.int64).random_(-(2**63), None)
            kept = drawn.view(torch.int16) >= round(share * 2**_BITS) - 2 ** (_BITS - 1)
            self._masks[share, dtype] = kept.to(dtype).mul_(1 / (1 - share))
        return self._masks[share, dtype]


@contextmanager
def pooled_dropout() -> Iterator[MaskPool]:
    """Have every dropout of torch's take its mask from a pool within; the caller renews it after each step."""
    pool = MaskPool()
    drawn_anew = nn.functional.dropout

    def dropout(input: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> torch.Tensor:
        if not training or inplace or not 0 < p < 1 or input.device.type != "cpu" or not input.is_floating_point():
            return drawn_anew(input, p, training, inplace)
        return pool.dropped(input, p)

    nn.functional.dropout = dropout
    try:
        yield pool
    finally:
        nn.functional.dropout = drawn_anew
