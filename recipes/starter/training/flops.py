"""Floating-point operations of a training step, and the peak of a GPU."""

from __future__ import annotations

from typing import Any

from mt.training.data.batching import Batch

# Dense bfloat16 FLOP/s from data sheets.
PEAKS = {"H100": 989e12, "H200": 989e12, "A100": 312e12}


def peak_flops(device: str) -> float | None:
    """Return the bfloat16 FLOP/s of a GPU by the name that torch gives it; None for an unknown one."""
    return next((value for name, value in PEAKS.items() if name in device), None)


def model_flops(config: Any, batch: Batch) -> float:
    """Return the floating-point operations of a step, forward and backward, without padding.

    As in Chowdhery et al. 2022 ("PaLM", appendix B): six per weight and token, and those of attention.

    Args:
        config: of a Marian model.
        batch: the batch of the step.
    """
    width, encoder_ffn, decoder_ffn = config.d_model, config.encoder_ffn_dim, config.decoder_ffn_dim
    source, target = batch.source_lengths.astype(float), batch.target_lengths.astype(float)
    encoder = config.encoder_layers * (4 * width**2 + 2 * width * encoder_ffn)
    # Cross-attention has queries and outputs per target token, keys and values per source token.
    decoder = config.decoder_layers * (6 * width**2 + 2 * width * decoder_ffn) + width * config.vocab_size
    weights = encoder * source.sum() + decoder * target.sum() + config.decoder_layers * 2 * width**2 * source.sum()
    attention = config.encoder_layers * (source**2).sum() + config.decoder_layers * (target**2 + target * source).sum()
    return float(6 * weights + 12 * width * attention)
