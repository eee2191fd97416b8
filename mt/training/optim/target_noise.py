"""Noise in what the decoder reads: some of the words before the one to be predicted are blanked or exchanged.

A decoder trained on faultless beginnings alone leans on them, and on a small corpus seen many times it learns the
sentences by heart; what it then writes after a slip of its own repeats or strays. Noise sends it back to the source
(Xie et al. 2017, "Data noising as smoothing in neural network language models": blank and unigram noising). What is to
be predicted stays as it is.
"""

from __future__ import annotations

import torch

__all__ = ["noised"]


def noised(read: torch.Tensor, labels: torch.Tensor, share: float) -> torch.Tensor:
    """Return decoder inputs with some tokens replaced: half by the start token, half by other words of the batch.

    Draws from torch's generator of the device, as dropout does.

    Args:
        read: (segments, target tokens), the start token in the first column, which stays.
        labels: of the same shape, -100 for padding: the words to exchange for.
        share: of the tokens to be replaced, 0 to 1.
    """
    drawn = torch.rand(read.shape, device=read.device)
    drawn[:, 0] = 1.0
    words = labels[labels != -100]
    others = words[torch.randint(len(words), read.shape, device=read.device)]
    return torch.where(drawn < share / 2, read[:, :1], torch.where(drawn < share, others, read))
