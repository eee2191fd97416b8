"""Whether a model's vocabulary can write a string: without it no decoding can produce the term."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from mt.errors import ModelError

__all__ = ["load_speller"]


def load_speller(folder: str | Path) -> Callable[[str], bool]:
    """Return a test of targets against the vocabulary of a model folder, read without loading the model.

    Serves SentencePiece models with or without Marian's ``vocab.json`` (``target.spm``, ``source.spm``,
    ``sentencepiece.bpe.model``, ``spiece.model``) and ``tokenizer.json``.

    Raises:
        ModelError: the folder is missing or holds no vocabulary of a known kind.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ModelError("no such folder", path=folder, hint="give a model's folder, such as models/starter")
    names = ("target.spm", "sentencepiece.bpe.model", "spiece.model", "source.spm")
    model = next((folder / name for name in names if (folder / name).is_file()), None)
    if model is not None:
        return _sentencepiece(model, folder / "vocab.json")
    if (folder / "tokenizer.json").is_file():
        return _tokenizer(folder / "tokenizer.json")
    raise ModelError(
        "holds no vocabulary", path=folder, hint=f"it needs one of {', '.join((*names, 'tokenizer.json'))}"
    )


def _sentencepiece(model: Path, vocabulary: Path) -> Callable[[str], bool]:
    import sentencepiece

    try:
        processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
    except (OSError, RuntimeError) as error:
        raise ModelError(f"is not a SentencePiece model ({error})", path=model) from None
    known: set[str] | None = None
    if vocabulary.is_file():
        # Marian looks its pieces up here: a piece the file lacks is unknown to the model.
        try:
            known = set(json.loads(vocabulary.read_text("utf-8")))
        except (ValueError, TypeError) as error:
            raise ModelError(f"is not a vocabulary ({error})", path=vocabulary) from None

    def spells(text: str) -> bool:
        if known is not None:
            # A character SentencePiece does not know comes out as itself, and may still be in the file.
            return all(piece in known for piece in processor.encode(text, out_type=str))
        return processor.unk_id() not in processor.encode(text)

    return spells


def _tokenizer(path: Path) -> Callable[[str], bool]:
    import tokenizers

    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception
        raise ModelError(f"is not a tokenizer ({error})", path=path) from None
    unknown = json.loads(path.read_text("utf-8")).get("model", {}).get("unk_token")

    def spells(text: str) -> bool:
        return unknown not in tokenizer.encode(text, add_special_tokens=False).tokens

    return spells
