"""A joint SentencePiece vocabulary, saved as a tokenizer folder that ``AutoTokenizer`` loads.

Unigram pieces (Kudo 2018) over both languages, with byte fallback, so that any term can be spelt. The identifiers have
Marian's order: ``</s>`` 0, ``<unk>`` 1, the pieces, the tags, and last ``<pad>``, which also starts the decoder. Source
and target share the pieces; the source model normalises with NMT-NFKC, the target model keeps every character.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from mt.errors import ConfigError
from mt.io.files import replaced_directory, write_json
from mt.io.text import read_json
from mt.models.tags import LENGTH_TAGS, TAGS

EOS, UNK, PAD = "</s>", "<unk>", "<pad>"

# With half a million sentences the pieces no longer change; more only costs memory.
_SAMPLE_SENTENCES = 600_000
_LONGEST_SENTENCE_BYTES = 1200
# Share of the characters with a piece of their own; the rest, rare Chinese characters, are spelt in bytes.
_CHARACTER_COVERAGE = 0.9995


def train_vocabulary(sentences: Iterable[str], size: int, folder: Path, *, length_tags: bool = False) -> None:
    """Train a vocabulary and write a Marian tokenizer folder.

    Args:
        sentences: text of both languages.
        size: entries, including tags and special tokens.
        folder: written whole, replacing what was there.
        length_tags: whether it has the tags of ``mt.models.tags``.

    Raises:
        ConfigError: no vocabulary of this size can be made of the text.
    """
    model = io.BytesIO()
    tags = (*TAGS, *LENGTH_TAGS) if length_tags else TAGS
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences),
            model_writer=model,
            model_type="unigram",
            vocab_size=size - len(tags) - 1,
            character_coverage=_CHARACTER_COVERAGE,
            byte_fallback=True,
            normalization_rule_name="nmt_nfkc",
            input_sentence_size=_SAMPLE_SENTENCES,
            shuffle_input_sentence=True,
            max_sentence_length=_LONGEST_SENTENCE_BYTES,
            split_digits=True,
            eos_id=0,
            unk_id=1,
            bos_id=-1,
            pad_id=-1,
            num_threads=2,
            minloglevel=1,
        )
    except RuntimeError as error:
        # The text may be too small for the vocabulary, or the vocabulary for the text's characters.
        reason = str(error).rsplit("] ", 1)[-1]
        raise ConfigError(f"no vocabulary of {size} can be made: {reason}", field="model.vocab_size") from None
    source = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
    target = sentencepiece_model_pb2.ModelProto()
    target.CopyFrom(source)
    target.normalizer_spec.name = "identity"
    target.normalizer_spec.precompiled_charsmap = b""
    pieces = [*(piece.piece for piece in source.pieces), *tags, PAD]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    with replaced_directory(folder, "vocabulary") as temporary:
        (temporary / "source.spm").write_bytes(source.SerializeToString())
        (temporary / "target.spm").write_bytes(target.SerializeToString())
        write_json(temporary / "vocab.json", vocabulary)
        write_json(temporary / "tokenizer_config.json", _tokenizer_config(vocabulary, tags))


def _tokenizer_config(vocabulary: dict[str, int], tags: Sequence[str]) -> dict[str, Any]:
    flags = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
    return {
        "tokenizer_class": "MarianTokenizer",
        "source_lang": "zho",
        "target_lang": "eng",
        "eos_token": EOS,
        "unk_token": UNK,
        "pad_token": PAD,
        "model_max_length": 512,
        "extra_special_tokens": list(tags),
        "added_tokens_decoder": {
            str(vocabulary[token]): {"content": token, **flags} for token in (EOS, UNK, *tags, PAD)
        },
    }


def read_vocabulary(folder: Path) -> dict[str, int]:
    """Return piece → identifier of a tokenizer folder."""
    vocabulary: dict[str, int] = read_json(folder / "vocab.json")
    return vocabulary
