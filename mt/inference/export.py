"""Export to CTranslate2: a model folder with quantised weights for fast CPU decoding added."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mt.errors import ModelError
from mt.inference.engines.base import CT2_FOLDER
from mt.io.files import replaced_directory, write_json
from mt.models.folder import find_folder
from mt.models.load import load_model, load_tokenizer, loading


def export_ct2(model: str | Path, output: str | Path, quantization: str = "int8") -> Path:
    """Write a folder that holds ``model`` and, under ``ct2/``, its CTranslate2 conversion.

    Args:
        model: folder or hub name.
        output: the new folder; an earlier export there is replaced as a whole.
        quantization: CTranslate2's name of the weights' type.

    Raises:
        ModelError: there is no such model, or CTranslate2 is not installed or cannot convert it.
    """
    source = find_folder(model)
    try:
        from ctranslate2.converters import TransformersConverter
    except ImportError:
        raise ModelError("ctranslate2 is not installed", hint="pip install 'zhen-mt[ct2]'") from None
    with replaced_directory(output, "model", [source]) as temporary:
        for path in source.iterdir():
            if path.is_file():
                shutil.copy2(path, temporary / path.name)
        with loading(model, "cannot be converted"), _padding_last(source) as readable:
            _converter(TransformersConverter, readable).convert(str(temporary / CT2_FOLDER), quantization=quantization)
    return Path(output)


def _converter(base: Any, folder: Path) -> Any:
    """Return CTranslate2's converter, made to read the folder as ``load_model`` does."""

    class Converter(base):
        rows = 0

        def load_model(self, model_class: Any, name: str, **options: Any) -> PreTrainedModel:
            # Left to itself it would also try pickled weights.
            model: PreTrainedModel = super().load_model(model_class, name, use_safetensors=True, **options)
            self.rows = model.config.vocab_size
            if model.config.model_type in ("t5", "mt5"):
                # transformers says that every T5 is tied; CTranslate2 scales the outputs of those that are.
                model.config.tie_word_embeddings = getattr(model.config, "scale_decoder_outputs", False)
            if model.config.model_type == "mbart":
                # Without it the model is taken for an mBART-25, which begins its outputs otherwise.
                model.config.tokenizer_class = "MBart50Tokenizer"
            return model

        def load_tokenizer(self, _class: Any, name: str, **_options: Any) -> PreTrainedTokenizerBase:
            tokenizer = load_tokenizer(name)
            if tokenizer.bos_token is None and tokenizer.cls_token is not None:
                tokenizer.bos_token = tokenizer.cls_token  # mBART-50's, which CTranslate2 must be able to name
            if hasattr(tokenizer, "num_madeup_words"):
                # M2M100's unused rows: the tags have taken some of them.
                tokenizer.num_madeup_words = self.rows - len(tokenizer)
            return tokenizer

    return Converter(str(folder))


@contextmanager
def _padding_last(folder: Path) -> Iterator[Path]:
    """Yield a folder whose last vocabulary entry is the padding, as CTranslate2 expects of a Marian model.

    A base that was given term tags has them after its padding. The copy has other ids for them, which does not
    matter: our engine gives CTranslate2 pieces, not ids.
    """
    config = json.loads((folder / "config.json").read_text("utf-8"))
    if config.get("model_type") != "marian" or config["pad_token_id"] == config["vocab_size"] - 1:
        yield folder
        return
    model, tokenizer = load_model(str(folder))
    pad, size = config["pad_token_id"], config["vocab_size"]
    order = [*(number for number in range(size) if number != pad), pad]
    state = model.state_dict()
    with torch.no_grad():
        for name in ("model.shared.weight", "final_logits_bias"):
            state[name].copy_(state[name].index_select(-2 if name.endswith("weight") else -1, torch.tensor(order)))
    last = size - 1
    model.config.pad_token_id = model.config.decoder_start_token_id = last
    pieces = tokenizer.convert_ids_to_tokens(order)
    with TemporaryDirectory() as name:
        model.save_pretrained(name)
        for path in folder.iterdir():
            if path.suffix == ".spm":
                shutil.copy2(path, Path(name) / path.name)
        write_json(Path(name) / "vocab.json", {piece: number for number, piece in enumerate(pieces)})
        kept = {key: getattr(tokenizer, key) for key in ("source_lang", "target_lang", "pad_token", "unk_token")}
        kept |= {"eos_token": tokenizer.eos_token, "tokenizer_class": "MarianTokenizer"}
        write_json(Path(name) / "tokenizer_config.json", kept)
        yield Path(name)
