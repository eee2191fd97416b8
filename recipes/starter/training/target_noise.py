"""Noise in what the decoder reads: some of the words before the one to predict are blanked or exchanged.

On a small corpus seen many times, a decoder trained on correct beginnings alone learns the sentences by heart and
derails after an error of its own. Noise makes it rely on the source (Xie et al. 2017, "Data noising as smoothing in
neural network language models": blank and unigram noising). The words to predict stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn


@dataclass(frozen=True)
class TargetNoise:
    """Replaces a ``share`` (0 to 1) of the tokens the decoder reads."""

    share: float

    def add_to(self, model: nn.Module) -> None:
        """Change what a model's decoder reads, while it is trained."""
        model.register_forward_pre_hook(self._changed, with_kwargs=True)

    def _changed(self, model: nn.Module, arguments: Any, named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        if model.training:
            named = {**named, "decoder_input_ids": self(named["decoder_input_ids"])}
        return arguments, named

    def __call__(self, decoder_input: torch.Tensor) -> torch.Tensor:
        """Return decoder inputs, half of the replaced tokens the start token, half other words of the batch.

        Draws from torch's generator of the device, as dropout does.

        Args:
            decoder_input: (segments, target tokens), with the start token, which is also the padding, in the first
                column, which stays.
        """
        drawn = torch.rand(decoder_input.shape, device=decoder_input.device)
        drawn[:, 0] = 1.0
        words = decoder_input[decoder_input != decoder_input[0, 0]]
        if not len(words):
            return decoder_input
        others = words[torch.randint(len(words), decoder_input.shape, device=decoder_input.device)]
        exchanged = torch.where(drawn < self.share, others, decoder_input)
        return torch.where(drawn < self.share / 2, decoder_input[:, :1], exchanged)
