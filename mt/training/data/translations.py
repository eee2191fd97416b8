"""The corpus's own sides translated by a model of ours, as more pairs to train on.

Human Chinese beside machine English (sequence-level knowledge distillation, Kim & Rush 2016), or machine Chinese beside
human English (back-translation, Sennrich et al. 2016): other ways to say what a small corpus says in one way, which a
model would else learn by heart (data diversification, Nguyen et al. 2020). They are token ids of the packed corpus and
their translations', so nothing is packed anew; ``scripts/translate_corpus.py`` makes them.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerBase

from mt.config import CorpusSource
from mt.errors import DataError
from mt.io.files import replaced_directory, write_json
from mt.training.data.packing import PackedPairs
from mt.training.data.vocabulary import read_vocabulary

__all__ = ["check_vocabulary_of", "load_translations", "write_translations"]


def write_translations(
    folder: str | Path,
    tokenizer: Path,
    pairs: Sequence[tuple[Sequence[int], Sequence[int]]],
    made: Mapping[str, Any],
) -> None:
    """Write a folder like one of ``corpus.packed``, of one source: ``tokenizer/`` and ``train/``.

    Args:
        folder: written whole, replacing what was there.
        tokenizer: folder of the vocabulary.
        pairs: token ids of source and target, each with ``</s>`` at its end.
        made: from what and how, as JSON values.
    """
    packed = PackedPairs.plain([source for source, _ in pairs], [target for _, target in pairs])
    with replaced_directory(folder) as temporary:
        shutil.copytree(tokenizer, temporary / "tokenizer")
        (temporary / "train").mkdir()
        packed.save(temporary / "train")
        source = {"path": str(folder), "weight": 1.0, "kept": len(packed), "target_tokens": len(packed.target.ids)}
        write_json(
            temporary / "train" / "packing.json", {"pairs": len(packed), "sources": [source], "made": dict(made)}
        )


def load_translations(sources: Sequence[CorpusSource], tokenizer: PreTrainedTokenizerBase) -> list[PackedPairs]:
    """Read folders that ``write_translations`` wrote, each with the weight that the configuration gives it.

    Raises:
        DataError: one is missing or broken, or is of another vocabulary.
    """
    loaded = []
    for source in sources:
        folder = Path(source.path) / "train"
        if not folder.is_dir():
            raise DataError(
                "is not there", path=source.path, hint="make it with scripts/translate_corpus.py, or leave it out"
            )
        pairs = PackedPairs.load(folder)
        check_vocabulary_of(folder, tokenizer, hint="translate the corpus again")
        loaded.append(pairs.reweighted([source.weight] * len(pairs.weights)))
    return loaded


def check_vocabulary_of(packed: Path, tokenizer: PreTrainedTokenizerBase, *, hint: str) -> None:
    """Raise ``DataError`` if a packed folder has another vocabulary: its ids would mean nothing."""
    folder = packed.parent / "tokenizer"
    try:
        same = read_vocabulary(folder) == tokenizer.get_vocab()
    except (OSError, ValueError) as error:
        raise DataError(f"cannot be read ({error})", path=folder / "vocab.json", hint="pack the corpus again") from None
    if not same:
        raise DataError("was packed with another vocabulary than the model's", path=packed, hint=hint)
