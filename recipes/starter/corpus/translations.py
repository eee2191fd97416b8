"""Packed folders of pairs one side of which one of our models wrote.

Human Chinese with machine English (sequence-level knowledge distillation, Kim & Rush 2016), or machine Chinese with
human English (back-translation, Sennrich et al. 2016): other ways to say what a small corpus says in one way, which a
model would otherwise learn by heart (data diversification, Nguyen et al. 2020). The ids are those of the packed corpus
and of the model's output, so nothing is packed again.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerBase

from mt.errors import DataError
from mt.io.files import replaced_directory, write_json
from mt.training.data.packed_pairs import PackedPairs
from recipes.starter.config import Source
from recipes.starter.corpus.pairs import check_vocabulary, load_pairs, reweighted, save_pairs


def write_translations(
    folder: Path, tokenizer: Path, pairs: Sequence[tuple[Sequence[int], Sequence[int]]], settings: Mapping[str, Any]
) -> None:
    """Write a folder with ``tokenizer/`` and ``train/``, like that of ``corpus.packed``.

    Args:
        folder: written whole, replacing what was there.
        tokenizer: folder of the vocabulary.
        pairs: token ids of source and target, each with ``</s>`` at its end.
        settings: how they were made, as JSON values.
    """
    packed = PackedPairs.plain([source for source, _ in pairs], [target for _, target in pairs])
    source = {"path": str(folder), "weight": 1.0, "kept": len(packed), "target_tokens": len(packed.target.ids)}
    with replaced_directory(folder, "packed corpus") as temporary:
        shutil.copytree(tokenizer, temporary / "tokenizer")
        (temporary / "train").mkdir()
        save_pairs(packed, temporary / "train")
        manifest = {"pairs": len(packed), "sources": [source], "made": dict(settings)}
        write_json(temporary / "train" / "packing.json", manifest)


def load_translations(sources: Sequence[Source], tokenizer: PreTrainedTokenizerBase) -> list[PackedPairs]:
    """Read folders that ``write_translations`` wrote, each with the weight in the configuration.

    Raises:
        DataError: a folder is missing or broken, or has another vocabulary.
    """
    loaded = []
    for source in sources:
        folder = Path(source.path) / "train"
        if not folder.is_dir():
            hint = "make it with recipes.starter.translate_corpus or back_translate, or leave it out"
            raise DataError("no such folder", path=source.path, hint=hint)
        pairs = load_pairs(folder)
        check_vocabulary(folder, tokenizer, hint="translate the corpus again")
        loaded.append(reweighted(pairs, [source.weight] * len(pairs.weights)))
    return loaded
