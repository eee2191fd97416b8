"""Export to CTranslate2: a model folder with quantised weights for fast CPU decoding added."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mt.errors import ModelError
from mt.inference.engines.base import CT2_FOLDER
from mt.io.files import replaced_directory
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
    with replaced_directory(output, "model", [source]) as temporary:
        for path in source.iterdir():
            if path.is_file():
                shutil.copy2(path, temporary / path.name)
        convert(source, temporary / CT2_FOLDER, quantization)
    return Path(output)


def convert(folder: Path, output: Path, quantization: str) -> None:
    """Write a model's weights for CTranslate2 into a new folder; errors as for :func:`export_ct2`."""
    try:
        from ctranslate2.converters import TransformersConverter
    except ImportError:
        raise ModelError("ctranslate2 is not installed", hint="pip install ctranslate2") from None
    with loading(folder, "cannot be converted"):
        _converter(TransformersConverter, folder).convert(str(output), quantization=quantization)


def _converter(base: Any, folder: Path) -> Any:
    """Return CTranslate2's converter, made to read the folder as ``load_model`` does."""

    class Converter(base):
        rows = 0
        order: Sequence[int] = ()

        def load_model(self, model_class: Any, name: str, **options: Any) -> PreTrainedModel:
            # Left to itself it would also try pickled weights, and take random ones for those that are missing.
            model, _ = load_model(name)
            self.rows = model.config.vocab_size
            if model.config.model_type == "marian":
                self.order = _move_padding_last(model)
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
            if self.order:
                pieces = tokenizer.convert_ids_to_tokens(self.order)
                tokenizer.get_vocab = lambda: {piece: number for number, piece in enumerate(pieces)}
            return tokenizer

    return Converter(str(folder))


@torch.no_grad()
def _move_padding_last(model: PreTrainedModel) -> list[int]:
    """Reorder a Marian model's vocabulary so that the padding is its last entry, as CTranslate2 expects.

    A base that was given term tags has them after its padding. That ids change does not matter: our engine gives
    CTranslate2 pieces.
    """
    pad, size = model.config.pad_token_id, model.config.vocab_size
    order = [*(number for number in range(size) if number != pad), pad]
    for name, dimension in (("model.shared.weight", 0), ("final_logits_bias", 1)):
        tensor = model.state_dict()[name]
        tensor.copy_(tensor.index_select(dimension, torch.tensor(order)))
    return order
