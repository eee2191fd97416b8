"""Word alignment: which words of a translation, by whomever, belong to which of its source.

The model reads the given translation (teacher forcing) and its cross-attention is taken as the alignment: that of the
step at which a token is the decoder's input, which aligns better than that of the step that predicts it (Chen et al.
2020, "Accurate Word Alignment Induction from Neural Machine Translation", SHIFT-ATT). Which heads, chosen on
hand-aligned pairs by ``benchmarks/alignment.py``, is an option of the model, ``alignment_heads``.
"""

import re
import threading
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.modeling_outputs import BaseModelOutput

from mt.documents.placement import Link
from mt.errors import ModelError
from mt.models.load import encode_sources, encode_targets, load_model, longest_input, prefix_ids, source_prefix
from mt.models.options import ModelOptions
from mt.models.tags import special_ids
from mt.text.script import to_simplified

Span = tuple[int, int]
Heads = Sequence[Sequence[int]]  # (layer, head), both counted from 0

_BATCH_TOKENS = 2000  # of padded source and target together
_WORD = re.compile(r"[^\W_]+(?:[-'’.,&/][^\W_]+)*|\S")
# A source unit is a piece of the tokenizer, but a word where it is in Latin letters or digits.
_SOURCE_WORD = re.compile(r"[A-Za-z0-9]+(?:[.,&-][A-Za-z0-9]+)*")
# Chosen on the same pairs as the heads: a link's probability is share_of_source ** w * share_of_target ** (1 - w).
_TARGET_WEIGHT, _LEAST, _LEAST_ALONE = 0.65, 0.35, 0.2


class Aligner:
    """Aligns translations with their sources by a model's cross-attention. Several threads may use one."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, heads: Heads | None = None) -> None:
        self.model, self.tokenizer = model.eval(), tokenizer
        self.prefix = source_prefix(model.config)
        self.heads: Heads = heads or ModelOptions.read(model.config).alignment_heads
        self._special = special_ids(tokenizer)
        self._lock = threading.Lock()
        config = model.config
        layers = getattr(config, "decoder_layers", None) or config.num_decoder_layers
        size = getattr(config, "decoder_attention_heads", config.num_attention_heads)
        for layer, head in self.heads:
            if not (0 <= layer < layers and 0 <= head < size):
                hint = f"it has {layers} layers of {size}: give task_specific_params.zhen_mt.alignment_heads of these"
                raise ModelError(f"there is no cross-attention head ({layer}, {head})", hint=hint)

    @classmethod
    def from_pretrained(cls, name: str | Path, device: str = "cpu") -> Self:
        """Load any sequence-to-sequence model by folder or hub name; raises ``ModelError``."""
        model, tokenizer = load_model(name, attn_implementation="eager")  # others do not return attention
        return cls(model.to(torch.device(device)), tokenizer)

    def align(self, sources: Sequence[str], targets: Sequence[str]) -> list[list[Link]]:
        """Return the links of each pair, in the order of the target, with offsets into the texts as given.

        What is beyond the tokens that the model takes has no links.

        Raises:
            ValueError: there are more sources than targets, or fewer.
        """
        found = []
        for source, target, attention in zip(sources, targets, self.attention(sources, targets), strict=True):
            found.append(_links(source, target, attention, self.heads))
        return found

    def attention(self, sources: Sequence[str], targets: Sequence[str]) -> "list[Attention]":
        """Return all cross-attention of each pair."""
        if len(sources) != len(targets):
            raise ValueError(f"{len(sources)} sources and {len(targets)} targets")
        limit = longest_input(self.model, self.tokenizer) - 1
        simple = [to_simplified(source) for source in sources]
        with self._lock:  # Marian's tokenizer switches between its two sides
            source_ids = [ids[:limit] for ids in encode_sources(self.tokenizer, simple, self.prefix)]
            target_ids = [ids[:limit] for ids in encode_targets(self.tokenizer, targets)]
            skipped = len(prefix_ids(self.tokenizer, self.prefix))
            weights: dict[int, NDArray[np.float32]] = {}
            for batch in _batches(list(map(len, source_ids)), list(map(len, target_ids))):
                own = self._forward([source_ids[i] for i in batch], [target_ids[i] for i in batch])
                weights.update(zip(batch, own, strict=True))
            return [
                Attention(
                    weights[i][..., skipped:],
                    self._offsets(source_ids[i][skipped:], simple[i]),
                    self._offsets(target_ids[i], targets[i]),
                )
                for i in range(len(sources))
            ]

    @torch.inference_mode()
    def _forward(self, source_ids: list[list[int]], target_ids: list[list[int]]) -> list[NDArray[np.float32]]:
        """Return the cross-attention (layers, heads, T, S) of B pairs, each without padding."""
        inputs = self.tokenizer.pad({"input_ids": source_ids}, return_tensors="pt").to(self.model.device)
        targets = self.tokenizer.pad({"input_ids": target_ids}, return_tensors="pt")["input_ids"]  # (B, T)
        start = torch.full((len(target_ids), 1), self.model.config.decoder_start_token_id)
        base = self.model.base_model  # without the projection on the vocabulary, where it can be had apart
        encoded = base.get_encoder()(**inputs).last_hidden_state  # (B, S, D)
        layers = base(
            encoder_outputs=BaseModelOutput(last_hidden_state=encoded),
            attention_mask=inputs["attention_mask"],
            decoder_input_ids=torch.cat([start, targets], 1).to(self.model.device),
            output_attentions=True,
            use_cache=False,
        ).cross_attentions
        if not layers or layers[0] is None:
            raise ModelError("gives no cross-attention", hint="align with a Marian, M2M100, mBART or T5 model")
        weights = torch.stack(layers, 1)[..., 1:, :].float().cpu().numpy()  # (B, layers, heads, T, S)
        return [
            own[..., : len(target), : len(source)]
            for own, source, target in zip(weights, source_ids, target_ids, strict=True)
        ]

    def _offsets(self, ids: list[int], text: str) -> list[Span | None]:
        """Return where each token is in its text; None for special tokens and lone word boundaries."""
        place, offsets = 0, list[Span | None]()
        for number, piece in zip(ids, self.tokenizer.convert_ids_to_tokens(ids), strict=True):
            letters = piece.replace("▁", "").strip()
            span = None if number in self._special or not letters else _find(letters, text, place)
            place = span[1] if span else place
            offsets.append(span)
        return offsets


class Attention(NamedTuple):
    """What a pair's target tokens attend to."""

    weights: NDArray[np.float32]  # (layers, heads, target tokens, source tokens)
    source: list[Span | None]  # where the tokens are in the text
    target: list[Span | None]


def _find(letters: str, text: str, place: int) -> Span | None:
    """Find a token soon after a place, comparing as tokenizers normalise (NFKC)."""
    begin = place + len(text[place:]) - len(text[place:].lstrip())
    for start in range(begin, min(begin + 6, len(text))):
        end, seen = start, ""
        while end < len(text) and len(seen) < len(letters):
            seen += unicodedata.normalize("NFKC", text[end]).strip()
            end += 1
        if seen == letters:
            return start, end
    return None


def _batches(sources: list[int], targets: list[int]) -> list[list[int]]:
    """Cut pairs of like length into batches, by their numbers of tokens."""
    batches: list[list[int]] = []
    longest = (0, 0)
    for number in sorted(range(len(sources)), key=lambda number: (sources[number], targets[number])):
        longest = max(longest[0], sources[number]), max(longest[1], targets[number])
        if batches and (len(batches[-1]) + 1) * sum(longest) <= _BATCH_TOKENS:
            batches[-1].append(number)
        else:
            batches.append([number])
            longest = sources[number], targets[number]
    return batches


def _units(offsets: list[Span | None], words: Sequence[Span]) -> tuple[list[Span], NDArray[np.float32]]:
    """Return the spans of words, and of tokens in none, in order, and which (U, tokens) are of which."""
    spans: dict[Span, list[int]] = {}
    for token, span in enumerate(offsets):
        if span is not None:
            word = next((own for own in words if own[0] < span[1] and span[0] < own[1]), span)
            spans.setdefault(word, []).append(token)
    member = np.zeros((len(spans), len(offsets)), np.float32)
    for row, tokens in enumerate(spans.values()):
        member[row, tokens] = 1
    return list(spans), member


def _links(source: str, target: str, attention: Attention, heads: Heads) -> list[Link]:
    source_units, source_member = _units(attention.source, [m.span() for m in _SOURCE_WORD.finditer(source)])
    target_units, target_member = _units(attention.target, [m.span() for m in _WORD.finditer(target)])
    if not source_units or not target_units:
        return []
    layers = attention.weights.shape[0]
    # Where none are chosen: all of the middle layer, as Chen et al. found best.
    chosen = heads or [((layers - 1) // 2, head) for head in range(attention.weights.shape[1])]
    mean = np.mean([attention.weights[layer, head] for layer, head in chosen], 0)  # (target tokens, source tokens)
    mass = target_member @ mean @ source_member.T  # (target units, source units)
    mass /= target_member.sum(1, keepdims=True)
    of_source = mass / mass.sum(0, keepdims=True).clip(1e-9)
    of_target = mass / mass.sum(1, keepdims=True).clip(1e-9)
    strength = of_source**_TARGET_WEIGHT * of_target ** (1 - _TARGET_WEIGHT)
    # Where attention is diffuse, what is each other's best.
    kept = (strength > _LEAST) | ((strength == strength.max(0)) & (strength == strength.max(1, keepdims=True)))
    # A source unit that has no link yet takes its best.
    kept |= ~kept.any(0) & (strength == strength.max(0)) & (strength > _LEAST_ALONE)
    found = []
    for row, word in enumerate(target_units):
        columns = np.flatnonzero(kept[row])
        # Neighbouring units of the source that go with one word are one span.
        for group in np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1) if len(columns) else []:
            span = source_units[group[0]][0], source_units[group[-1]][1]
            found.append(Link(*span, *word, round(float(strength[row, group].max()), 3)))
    return found
