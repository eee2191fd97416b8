"""COMET from a local folder: regression models such as COMET-22-DA (Rei et al. 2020, 2022), without the comet package.

Source, translation and reference each go through an XLM-R encoder; its layers are mixed by learnt weights, tokens
are averaged, and a feed-forward network scores the three sentence vectors with their products and differences.
Checkpoints are published as pickles, which are never loaded here: the folder has the same weights as safetensors
(docs/guides/evaluate.md tells how to convert a checkpoint).

    hparams.yaml        as published
    model.safetensors   the checkpoint's state_dict, names as published
    config.json, tokenizer files    of the encoder (xlm-roberta-large for COMET-22-DA)
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn
from transformers import AutoConfig, AutoTokenizer, XLMRobertaModel

from mt.errors import ModelError
from mt.io.files import sha256
from mt.metrics.base import Metric

_BATCH = 16
_CONVERT = "see docs/guides/evaluate.md for how to make such a folder"


class Comet(Metric):
    """The mean of a COMET model's segment scores, times 100; against the first reference.

    Raises:
        ModelError: the folder is absent, has only a pickle, or is of another kind.
    """

    key = "comet"
    name = "COMET"

    def __init__(self, folder: str | Path, **given: Any) -> None:
        self.model = CometModel.load(folder)
        self.settings = {"model": Path(folder).name, "sha256": sha256(Path(folder) / "model.safetensors")[:16]}
        super().__init__(**given)

    def statistics(self, hypotheses: Sequence[str]) -> NDArray[np.float64]:
        """Collect (score, 1) of each segment."""
        scores = self.model.score(self.sources, hypotheses, self.references[0])
        return np.column_stack([scores, np.ones(len(scores))])

    def score_rows(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Average, times 100."""
        return 100.0 * rows[:, 0] / np.maximum(1.0, rows[:, 1])


class CometModel(nn.Module):
    """A COMET regression model, of the encoder's configuration and the model's ``hparams.yaml``."""

    def __init__(self, config: Any, hparams: dict[str, Any], tokenizer: Any) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        # Containers give the weights their published names.
        self.encoder = nn.ModuleDict({"model": XLMRobertaModel(config, add_pooling_layer=False)})
        self.layer_norm = bool(hparams.get("layer_norm", True))
        self.sparse = hparams.get("layer_transformation", "softmax") == "sparsemax"
        self.longest = config.max_position_embeddings - 4
        self.layerwise_attention: Any = nn.Module()
        layers = config.num_hidden_layers + 1
        self.layerwise_attention.scalar_parameters = nn.ParameterList(torch.zeros(1) for _ in range(layers))
        self.layerwise_attention.gamma = nn.Parameter(torch.ones(1))
        sizes = [6 * config.hidden_size, *hparams.get("hidden_sizes", (3072, 1024))]
        steps: list[nn.Module] = []
        for narrow, wide in pairwise(sizes):
            # The dropout only keeps the published numbering of the layers.
            steps += [nn.Linear(narrow, wide), _activation(hparams.get("activations", "Tanh")), nn.Dropout(0.0)]
        steps.append(nn.Linear(sizes[-1], 1))
        if hparams.get("final_activation"):
            steps.append(_activation(hparams["final_activation"]))
        self.estimator = nn.ModuleDict({"ff": nn.Sequential(*steps)})

    @classmethod
    def load(cls, folder: str | Path) -> CometModel:
        """Load a folder in evaluation mode; errors as for :class:`Comet`."""
        folder = Path(folder)
        if not folder.is_dir():
            raise ModelError("no such folder", path=folder, hint=f"give --comet a local COMET folder; {_CONVERT}")
        for name in ("hparams.yaml", "model.safetensors", "config.json"):
            if not (folder / name).is_file():
                raise ModelError(f"has no {name}", path=folder, hint=_CONVERT)
        try:
            hparams = yaml.safe_load((folder / "hparams.yaml").read_text("utf-8"))
            _check(hparams)
            config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
            tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
            weights = load_file(folder / "model.safetensors")
            model = cls(config, hparams, tokenizer)
            missing, unexpected = model.load_state_dict(weights, strict=False)
        except (OSError, ValueError, TypeError, RuntimeError, SafetensorError, yaml.YAMLError) as error:
            reason = str(error).strip().split("\n")[0]
            raise ModelError(f"is no COMET model that can be used ({reason})", path=folder, hint=_CONVERT) from None
        # Position numbers are computed, and dropout masks serve training only.
        strange = [name for name in unexpected if not name.endswith(("position_ids", "dropout_mask", "dropout_fill"))]
        if missing or strange:
            raise ModelError(f"its weights are of another kind ({(missing or strange)[0]})", path=folder, hint=_CONVERT)
        return model.eval()

    @torch.inference_mode()
    def score(self, sources: Sequence[str], hypotheses: Sequence[str], references: Sequence[str]) -> list[float]:
        """Score each segment, unscaled: about 0 to 1 for COMET-22."""
        # Batches of similar length.
        order = sorted(range(len(hypotheses)), key=lambda number: -len(hypotheses[number]) - len(sources[number]))
        scores = [0.0] * len(order)
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            source, hypothesis, reference = (
                self.embed([texts[number] for number in batch]) for texts in (sources, hypotheses, references)
            )
            for number, value in zip(batch, self.estimate(source, hypothesis, reference).tolist(), strict=True):
                scores[number] = value
        return scores

    def embed(self, texts: list[str]) -> torch.Tensor:
        """Compute sentence vectors, shape (texts, hidden)."""
        inputs = self.tokenizer(texts, truncation=True, max_length=self.longest, padding=True, return_tensors="pt")
        mask = inputs["attention_mask"]
        hidden = self.encoder["model"](
            input_ids=inputs["input_ids"], attention_mask=mask, output_hidden_states=True
        ).hidden_states  # layers × (texts, tokens, hidden)
        mixing = torch.cat(list(self.layerwise_attention.scalar_parameters))
        weights = _sparsemax(mixing) if self.sparse else mixing.softmax(0)  # (layers,)
        words = mask.unsqueeze(-1).float()  # (texts, tokens, 1)
        mixed = torch.zeros_like(hidden[0])
        for weight, layer in zip(weights, hidden, strict=True):
            mixed += weight * (_normalised(layer, words) if self.layer_norm else layer)
        mixed = self.layerwise_attention.gamma * mixed
        return (mixed * words).sum(1) / words.sum(1)

    def estimate(self, source: torch.Tensor, hypothesis: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
        """Score sentence vectors, shape (segments, hidden) each → (segments,)."""
        features = [hypothesis, reference]
        for other in (reference, source):
            features += [hypothesis * other, (hypothesis - other).abs()]
        scores: torch.Tensor = self.estimator["ff"](torch.cat(features, dim=1)).view(-1)
        return scores


def _check(hparams: Any) -> None:
    if not isinstance(hparams, dict):
        raise ValueError("hparams.yaml is no mapping")
    supported = {"class_identifier": "regression_metric", "encoder_model": "XLM-RoBERTa", "layer": "mix", "pool": "avg"}
    for key, known in supported.items():
        if hparams.get(key, known) != known:
            raise ValueError(f"hparams.yaml has {key}: {hparams[key]}, and only {known} is supported")


def _activation(name: str) -> nn.Module:
    if name not in ("Tanh", "ReLU", "Sigmoid", "GELU", "LeakyReLU"):
        raise ValueError(f"unknown activation {name}")
    found: nn.Module = getattr(nn, name)()
    return found


def _normalised(layer: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
    """Scale to mean 0 and variance 1 over the tokens and units of each text, shape (texts, tokens, hidden)."""
    count = words.sum((1, 2), keepdim=True) * layer.size(-1)
    mean = (layer * words).sum((1, 2), keepdim=True) / count
    variance = (((layer - mean) * words) ** 2).sum((1, 2), keepdim=True) / count
    return (layer - mean) / torch.sqrt(variance + 1e-12)


def _sparsemax(scores: torch.Tensor) -> torch.Tensor:
    """Project onto the simplex (Martins & Astudillo 2016), shape (scores,)."""
    ordered = scores.sort(descending=True).values
    sums = ordered.cumsum(0) - 1
    ranks = torch.arange(1, len(scores) + 1, dtype=scores.dtype)
    support = int((ranks * ordered > sums).sum())
    return (scores - sums[support - 1] / support).clamp(min=0)
