"""Noise in what the decoder reads: some of the words before the one to predict are blanked or exchanged.

On a small corpus seen many times, a decoder trained on correct beginnings alone learns the sentences by heart and
derails after an error of its own. Noise makes it rely on the source (Xie et al. 2017, "Data noising as smoothing in
neural network language models": blank and unigram noising). The words to predict stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class TargetNoise:
    """Replaces a ``share`` (0 to 1) of the tokens the decoder reads."""

    share: float

    def __call__(self, decoder_input: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return decoder inputs, half of the replaced tokens the start token, half other words of the batch.

        Draws from torch's generator of the device, as dropout does.

        Args:
            decoder_input: (segments, target tokens), with the start token in the first column, which stays.
            labels: (segments, target tokens), -100 for padding: the words to exchange for.
        """
        drawn = torch.rand(decoder_input.shape, device=decoder_input.device)
        drawn[:, 0] = 1.0
        words = labels[labels != -100]
        others = words[torch.randint(len(words), decoder_input.shape, device=decoder_input.device)]
        exchanged = torch.where(drawn < self.share, others, decoder_input)
        return torch.where(drawn < self.share / 2, decoder_input[:, :1], exchanged)
