"""A joint SentencePiece vocabulary, kept as a tokenizer folder that ``AutoTokenizer`` loads.

Unigram pieces (Kudo 2018) over both languages with byte fallback, so that any term can be spelt.
The identifiers follow Marian's layout: ``</s>`` 0, ``<unk>`` 1, the pieces, then the term tags, and
``<pad>``, which also starts the decoder, last. Source and target share the pieces; the source model
normalises with NMT-NFKC (width-blind), the target model keeps every character as it is.
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from mt.errors import ConfigError, DataError
from mt.io.files import replaced_directory, write_json
from mt.models.length_tags import LENGTH_TAGS
from mt.models.term_tags import TAGS

__all__ = ["EOS", "PAD", "UNK", "copy_vocabulary", "read_vocabulary", "train_vocabulary", "vocabulary_pieces"]

EOS, UNK, PAD = "</s>", "<unk>", "<pad>"

# With half a million sentences the pieces no longer change; more only costs memory.
_SAMPLE_SENTENCES = 600_000
_LONGEST_SENTENCE_BYTES = 1200


def train_vocabulary(
    sentences: Iterable[str],
    size: int,
    folder: str | Path,
    *,
    length_tags: bool = False,
    character_coverage: float = 0.9995,
) -> None:
    """Train a vocabulary of ``size`` entries in all and write a Marian tokenizer folder.

    Args:
        sentences: text of both languages.
        size: entries including tags and specials.
        folder: written whole, replacing what was there.
        length_tags: whether it has the tags of ``mt.models.length_tags`` too.
        character_coverage: share of the characters that get a piece of their own; the rest, rare
            Chinese characters, are spelt in bytes.

    Raises:
        ConfigError: the text does not hold a vocabulary of this size.
    """
    model = io.BytesIO()
    tags = (*TAGS, *LENGTH_TAGS) if length_tags else TAGS
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences),
            model_writer=model,
            model_type="unigram",
            vocab_size=size - len(tags) - 1,
            character_coverage=character_coverage,
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
    pieces = [piece.piece for piece in source.pieces]
    with replaced_directory(folder) as temporary:
        (temporary / "source.spm").write_bytes(source.SerializeToString())
        (temporary / "target.spm").write_bytes(target.SerializeToString())
        _write_vocabulary(temporary, [*pieces, *tags, PAD])


def vocabulary_pieces(folder: str | Path, *, length_tags: bool) -> list[str]:
    """Return a vocabulary's pieces in their order, with the length tags before ``<pad>`` if it is to have them."""
    known = read_vocabulary(folder)
    pieces = sorted(known, key=known.__getitem__)
    if length_tags and LENGTH_TAGS[0] not in known:
        pieces[-1:] = [*LENGTH_TAGS, PAD]
    return pieces


def copy_vocabulary(source: Path, folder: Path, *, length_tags: bool) -> None:
    """Copy a tokenizer folder of ``train_vocabulary``; with the length tags before its ``<pad>`` if it lacks them.

    Raises:
        DataError: it cannot be read.
    """
    pieces = vocabulary_pieces(source, length_tags=length_tags)
    with replaced_directory(folder) as temporary:
        for name in ("source.spm", "target.spm"):
            try:
                shutil.copy(source / name, temporary)
            except OSError as error:
                raise DataError(f"cannot be copied ({error.strerror})", path=source / name) from None
        _write_vocabulary(temporary, pieces)


def _write_vocabulary(folder: Path, pieces: Sequence[str]) -> None:
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    write_json(folder / "vocab.json", vocabulary)
    write_json(folder / "tokenizer_config.json", _tokenizer_config(vocabulary))


def _tokenizer_config(vocabulary: dict[str, int]) -> dict[str, Any]:
    def special(token: str) -> dict[str, Any]:
        return {
            "content": token,
            "lstrip": False,
            "normalized": False,
            "rstrip": False,
            "single_word": False,
            "special": True,
        }

    tags = [tag for tag in (*TAGS, *LENGTH_TAGS) if tag in vocabulary]
    return {
        "tokenizer_class": "MarianTokenizer",
        "source_lang": "zho",
        "target_lang": "eng",
        "eos_token": EOS,
        "unk_token": UNK,
        "pad_token": PAD,
        "model_max_length": 512,
        "extra_special_tokens": tags,
        "added_tokens_decoder": {str(vocabulary[token]): special(token) for token in (EOS, UNK, *tags, PAD)},
    }


def read_vocabulary(folder: str | Path) -> dict[str, int]:
    """Return piece → identifier of a tokenizer folder."""
    vocabulary: dict[str, int] = json.loads((Path(folder) / "vocab.json").read_text("utf-8"))
    return vocabulary
