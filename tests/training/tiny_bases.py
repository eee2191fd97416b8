"""Bases of every family, tiny: random weights, but real tokenizer classes over a vocabulary of the seed document.

Their folders hold what the hub folders of the real models hold: M2M100 its vocab.json and SentencePiece model,
mBART-50, T5 and mT5 the SentencePiece model alone, NLLB a tokenizer.json; more rows than tokens where those have them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import sentencepiece
import torch
from transformers import (
    AutoTokenizer,
    M2M100Config,
    M2M100ForConditionalGeneration,
    MarianConfig,
    MarianMTModel,
    MBartConfig,
    MBartForConditionalGeneration,
    MT5Config,
    MT5ForConditionalGeneration,
    NllbTokenizer,
    PreTrainedModel,
    T5Config,
    T5ForConditionalGeneration,
)
from transformers.tokenization_utils_base import generate_merges

FAMILIES = ("m2m100", "nllb", "mbart50", "t5", "mt5")

_BART = {
    "d_model": 32, "encoder_layers": 1, "decoder_layers": 2, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64,
    "encoder_attention_heads": 2, "decoder_attention_heads": 2, "max_position_embeddings": 512,
}  # fmt: skip
_FAIRSEQ = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2}
_T5 = {"d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 1, "num_heads": 2, "decoder_start_token_id": 0}


def make(family: str, texts: Sequence[str], folder: Path) -> Path:
    """Write a base of a family, its vocabulary made from texts."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    {"m2m100": _m2m100, "nllb": _nllb, "mbart50": _mbart50, "t5": _t5, "mt5": _mt5}[family](texts, folder)
    return folder


def _sentencepiece(texts: Sequence[str], prefix: Path, kind: str, **options: int) -> list[str]:
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(list(texts) * 3), model_prefix=str(prefix), model_type=kind, vocab_size=900,
        hard_vocab_limit=False, character_coverage=1.0, minloglevel=2, num_threads=1, **options,
    )  # fmt: skip
    prefix.with_name(prefix.name + ".vocab").unlink()
    model = sentencepiece.SentencePieceProcessor(str(prefix) + ".model")
    return [model.id_to_piece(number) for number in range(len(model))]


def _write(folder: Path, model: PreTrainedModel, **tokenizer: object) -> None:
    if tokenizer:
        (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer), "utf-8")
    # Random weights at the size torch gives them are nearly the same for every token: nothing could be compared.
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(2.0)
    model.save_pretrained(folder)


def _m2m100(texts: Sequence[str], folder: Path) -> None:
    pieces = ["<s>", "<pad>", "</s>", "<unk>", *_sentencepiece(texts, folder / "sentencepiece.bpe", "bpe")[3:]]
    (folder / "vocab.json").write_text(json.dumps({piece: row for row, piece in enumerate(pieces)}), "utf-8")
    # A hundred languages, and eight rows that stand for nothing.
    config = M2M100Config(vocab_size=len(pieces) + 108, **_BART, **_FAIRSEQ)
    _write(folder, M2M100ForConditionalGeneration(config), tokenizer_class="M2M100Tokenizer")


def _nllb(texts: Sequence[str], folder: Path) -> None:
    pieces = ["<s>", "<pad>", "</s>", "<unk>", *_sentencepiece(texts, folder / "sentencepiece.bpe", "bpe")[3:]]
    vocabulary = {piece: row for row, piece in enumerate(pieces)}
    NllbTokenizer(vocab=vocabulary, merges=generate_merges(vocabulary)).save_pretrained(folder)
    rows = len(AutoTokenizer.from_pretrained(folder, config=M2M100Config())) + 2
    _write(folder, M2M100ForConditionalGeneration(M2M100Config(vocab_size=rows, **_BART, **_FAIRSEQ)))


def _mbart50(texts: Sequence[str], folder: Path) -> None:
    pieces = _sentencepiece(texts, folder / "sentencepiece.bpe", "unigram")
    config = MBartConfig(
        vocab_size=len(pieces) + 1 + 52 + 1,  # <pad>, the languages, <mask>
        **_BART, **_FAIRSEQ, forced_eos_token_id=2, normalize_before=True, scale_embedding=True,
        tokenizer_class="MBart50Tokenizer",
    )  # fmt: skip
    _write(folder, MBartForConditionalGeneration(config), tokenizer_class="MBart50Tokenizer")


def _t5(texts: Sequence[str], folder: Path) -> None:
    pieces = _sentencepiece(texts, folder / "spiece", "unigram", pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    config = T5Config(vocab_size=len(pieces) + 100 + 28, **_T5)
    _write(folder, T5ForConditionalGeneration(config), tokenizer_class="T5Tokenizer", extra_ids=100)


def _mt5(texts: Sequence[str], folder: Path) -> None:
    pieces = _sentencepiece(texts, folder / "spiece", "unigram", pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    model = MT5ForConditionalGeneration(MT5Config(vocab_size=len(pieces) + 2, feed_forward_proj="gated-gelu", **_T5))
    # mT5's output layer has weights of its own, whatever its configuration says.
    model.config.tie_word_embeddings = False
    model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.shared.weight))
    _write(folder, model, tokenizer_class="T5Tokenizer", extra_ids=0)


def make_marian(tokenizer: Path, folder: Path) -> Path:
    """Write a Marian base with the real tokenizer and configuration of a folder, fewer and narrower layers."""
    given = json.loads((tokenizer / "config.json").read_text("utf-8"))
    small = {"d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32}
    torch.manual_seed(1)
    model = MarianMTModel(MarianConfig(**{**given, **small}))
    AutoTokenizer.from_pretrained(tokenizer).save_pretrained(folder)
    model.save_pretrained(folder)
    return folder
