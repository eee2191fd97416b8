"""Dropout with masks from a pool: on a CPU drawing a mask takes longer than the layer it is applied to.

Each step draws one long mask per probability, and every dropout of the step uses a stretch of it from a random offset.
Two layers may share part of their masks, at different places of their inputs; nothing is shared between steps. All
draws come from torch's generator, so a resumed run draws what it would have drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

# Elements of a mask: 16 MB in bfloat16, a few times what a small model drops at once.
_SIZE = 2**23
# Sixteen random bits decide on each element.
_BITS = 16


class MaskPool:
    """The masks of one step."""

    def __init__(self, size: int = _SIZE) -> None:
        self._size = size
        self._masks: dict[tuple[float, torch.dtype], torch.Tensor] = {}

    def renew(self) -> None:
        """Forget the masks: those of the next step are drawn when first needed."""
        self._masks.clear()

    def dropped(self, values: torch.Tensor, p: float) -> torch.Tensor:
        """Return ``values`` (any shape) with a share of about ``p`` set to zero and the rest scaled by 1 / (1 - p)."""
        mask = self._mask(p, values.dtype)
        # At most half of the mask at a time, so that there is always a choice of offsets.
        longest = self._size // 2
        lengths = [longest] * (values.numel() // longest) + [values.numel() % longest]
        offsets = torch.randint(longest, (len(lengths),)).tolist()
        parts = [mask[offset : offset + length] for offset, length in zip(offsets, lengths, strict=True)]
        stretch = parts[0] if len(parts) == 1 else torch.cat(parts)
        return values * stretch.view(values.shape)

    def _mask(self, p: float, dtype: torch.dtype) -> torch.Tensor:
        if (p, dtype) not in self._masks:
            # One random int64 decides on four elements.
            bits = torch.empty(self._size * _BITS // 64, dtype=torch.int64).random_(-(2**63), None)
            kept = bits.view(torch.int16) >= round(p * 2**_BITS) - 2 ** (_BITS - 1)  # (size,), true with 1 - p
            self._masks[p, dtype] = kept.to(dtype).mul_(1 / (1 - p))
        return self._masks[p, dtype]


class PooledDropout(TorchFunctionMode):
    """Context in which ``torch.nn.functional.dropout`` on CPU tensors uses a pool; of this thread alone.

    Attributes:
        pool: to be renewed after each step.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pool = MaskPool()

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """Replace dropout; pass every other function of torch through."""
        if func is nn.functional.dropout:
            return self._dropout(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))

    def _dropout(
        self, input: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
    ) -> torch.Tensor:
        if not training or inplace or not 0 < p < 1 or input.device.type != "cpu" or not input.is_floating_point():
            return nn.functional.dropout(input, p, training, inplace)
        return self.pool.dropped(input, p)
