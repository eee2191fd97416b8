"""A Marian model's tokenizer on SentencePiece alone: what ``MarianTokenizer`` gives, without importing transformers."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

from sentencepiece import SentencePieceProcessor

from mt.errors import ModelError
from mt.io.text import read_json

_FILES = ("source.spm", "target.spm", "vocab.json", "tokenizer_config.json")
_SPECIAL = {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
_LANGUAGE = re.compile(r">>.*?<<", re.DOTALL)
# Options of added tokens and of the tokenizer that change the text; a model with one of them is left to transformers.
_TOKEN_OPTIONS = ("lstrip", "rstrip", "single_word")
_OPTIONS = ("separate_vocabs", "sp_model_kwargs", "clean_up_tokenization_spaces", "split_special_tokens")


class SentencePieceTokenizer:
    """The part of transformers' tokenizer interface that translation needs, for a Marian model with one vocabulary.

    Args:
        folder: of the model.
        config: its ``tokenizer_config.json``.
    """

    is_fast = False

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        self._source, self._target = (_load(folder / name) for name in ("source.spm", "target.spm"))
        vocabulary = read_json(folder / "vocab.json", error=ModelError)
        if not isinstance(vocabulary, dict) or not all(type(number) is int for number in vocabulary.values()):
            raise ModelError("is no vocabulary", path=folder / "vocab.json", hint="copy the model again")
        self._ids: dict[str, int] = dict(vocabulary)
        self.added_tokens_decoder = {
            int(number): SimpleNamespace(content=token["content"], special=token["special"])
            for number, token in config.get("added_tokens_decoder", {}).items()
        }
        extra = config.get("extra_special_tokens") or config.get("additional_special_tokens") or []
        names = [_content(config.get(key, default)) for key, default in _SPECIAL.items()]
        self.all_special_tokens = list(dict.fromkeys([*names, *map(_content, extra)]))
        self._ids.update({token.content: number for number, token in self.added_tokens_decoder.items()})
        for token in self.all_special_tokens:
            number = self._ids.setdefault(token, len(self._ids))
            self.added_tokens_decoder.setdefault(number, SimpleNamespace(content=token, special=True))
        self._pieces = {number: piece for piece, number in self._ids.items()}
        self.eos_token_id, self.unk_token_id, self.pad_token_id = (self._ids[name] for name in names)
        self.all_special_ids = [self._ids[token] for token in self.all_special_tokens]
        self._unk, self._special = names[1], frozenset(self.all_special_ids)
        self.model_max_length = config.get("model_max_length", 512)
        added = sorted((token.content for token in self.added_tokens_decoder.values()), key=len, reverse=True)
        self._added = re.compile("|".join(map(re.escape, added)))

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """Load the tokenizer of a model folder; None where it is not one that this class reads as transformers would.

        Raises:
            ModelError: a file is damaged.
        """
        if (folder / "tokenizer.json").is_file() or not all((folder / name).is_file() for name in _FILES):
            return None
        config = read_json(folder / "tokenizer_config.json", error=ModelError)
        if not isinstance(config, dict) or any(config.get(option) for option in _OPTIONS):
            return None
        added = config.get("added_tokens_decoder", {})
        if any(token.get(option) for token in added.values() for option in _TOKEN_OPTIONS):
            return None
        return cls(folder, config)

    def __len__(self) -> int:
        return len(self._ids)

    def get_vocab(self) -> dict[str, int]:
        """Return the identifier of every piece, added tokens included."""
        return dict(self._ids)

    def __call__(
        self,
        text: str | Sequence[str] | None = None,
        text_target: str | Sequence[str] | None = None,
        add_special_tokens: bool = True,
    ) -> "Encoding":
        """Encode a source, a target, or a list of either; ``</s>`` is added unless told otherwise."""
        processor, given = (self._source, text) if text_target is None else (self._target, text_target)
        end = [self.eos_token_id] if add_special_tokens else []
        texts = [given] if isinstance(given, str) else given or []
        ids = [[*self._encode(one, processor), *end] for one in texts]
        return Encoding(input_ids=ids[0] if isinstance(given, str) else ids)

    def _encode(self, text: str, processor: SentencePieceProcessor) -> Iterable[int]:
        start = 0
        for token in self._added.finditer(text):
            yield from self._encode_plain(text[start : token.start()], processor)
            yield self._ids[token.group()]
            start = token.end()
        yield from self._encode_plain(text[start:], processor)

    def _encode_plain(self, text: str, processor: SentencePieceProcessor) -> Iterable[int]:
        if language := _LANGUAGE.match(text):
            yield self._ids.get(language.group(), self.unk_token_id)
            text = text[language.end() :]
        if text:
            yield from self.convert_tokens_to_ids(processor.encode(text, out_type=str))

    def convert_tokens_to_ids(self, tokens: str | Sequence[str]) -> Any:
        """Return the identifier of a piece, or those of a list of pieces; that of ``<unk>`` for unknown ones."""
        if isinstance(tokens, str):
            return self._ids.get(tokens, self.unk_token_id)
        return [self._ids.get(token, self.unk_token_id) for token in tokens]

    def convert_ids_to_tokens(self, ids: int | Iterable[int]) -> Any:
        """Return the piece of an identifier, or those of several."""
        if isinstance(ids, int):
            return self._pieces.get(ids, self._unk)
        return [self._pieces.get(number, self._unk) for number in ids]

    def decode(self, ids: Iterable[int], skip_special_tokens: bool = False, **_: Any) -> str:
        """Return the text of identifiers; a special token that is kept is followed by a space."""
        text, pieces = "", list[str]()
        for number in ids:
            if number not in self._special:
                pieces.append(self.convert_ids_to_tokens(number))
            elif not skip_special_tokens:
                text += self._source.decode_pieces(pieces) + self._pieces[number] + " "
                pieces = []
        return (text + self._source.decode_pieces(pieces)).replace("▁", " ").strip()


class Encoding(dict[str, Any]):
    """Token ids by ``["input_ids"]`` or ``.input_ids``, as transformers' ``BatchEncoding`` gives them."""

    @property
    def input_ids(self) -> Any:
        """A list of ids for a string, a list of such lists for several."""
        return self["input_ids"]


def _load(path: Path) -> SentencePieceProcessor:
    try:
        return SentencePieceProcessor(model_file=str(path))
    except (OSError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise ModelError(f"is no SentencePiece model ({reason})", path=path, hint="copy the model again") from None


def _content(token: Any) -> str:
    return str(token["content"] if isinstance(token, dict) else token)
