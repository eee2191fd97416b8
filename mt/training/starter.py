"""A model from scratch: vocabulary, packed corpus, then the same loop that fine-tunes."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from transformers import AutoTokenizer, PreTrainedTokenizerBase

from mt.config import Config, CorpusSource
from mt.data.corpus import read_pairs
from mt.errors import ConfigError, DataError
from mt.models import tag_ids
from mt.training.loop import Trained, TrainingEvent, train_loop
from mt.training.model import new_marian
from mt.training.packing import PackedPairs, pack_corpus, pack_texts
from mt.training.publish import save_model
from mt.training.vocabulary import train_vocabulary

__all__ = ["pack", "train_starter"]

_log = logging.getLogger(__name__)

# Pairs of one source the vocabulary is learnt from; so no source alone decides it.
_VOCABULARY_PAIRS = 300_000


def pack(config: Config, progress: Callable[[str], None] | None = None) -> Path:
    """Make the vocabulary and the packed corpus of ``config.corpus`` unless they are there already.

    Returns the folder: ``tokenizer/``, ``train/`` and ``validation/`` under ``corpus.packed``.

    Raises:
        ConfigError: the configuration names no corpus.
        DataError: a corpus file is missing or broken.
    """
    corpus = config.corpus
    folder = Path(corpus.packed)
    if (folder / "train" / "packing.json").is_file() and (folder / "validation" / "packing.json").is_file():
        return folder
    if not corpus.sources:
        raise ConfigError("names no bilingual file", field="corpus.sources", mend="list at least one path")
    tokenizer = folder / "tokenizer"
    if not (tokenizer / "vocab.json").is_file():
        _log.info("learning a vocabulary of %d pieces", config.model.vocab_size)
        train_vocabulary(_sentences(corpus.sources), config.model.vocab_size, tokenizer)
    _pack_validation(config, tokenizer, folder / "validation")
    pack_corpus(
        corpus.sources,
        corpus.lexicon,
        tokenizer,
        folder / "train",
        config.terms,
        max_tokens=corpus.max_tokens,
        seed=config.run.seed,
        progress=progress,
    )
    return folder


def train_starter(
    config: Config,
    *,
    resume: bool = False,
    report: Callable[[TrainingEvent], None] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Trained:
    """Train a new Marian model and save it under ``run.dir/model`` (and ``model.publish``)."""
    folder = pack(config, progress)
    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder / "tokenizer")
    model = new_marian(config.model, tokenizer, seed=config.run.seed)
    _log.info("a model of %.1f M parameters", sum(weight.numel() for weight in model.parameters()) / 1e6)
    run = Path(config.run.dir)
    trained = train_loop(
        model,
        PackedPairs.load(folder / "train").reweighted([source.weight for source in config.corpus.sources]),
        PackedPairs.load(folder / "validation"),
        run,
        config.training,
        config.terms,
        tag_ids(tokenizer),
        seed=config.run.seed,
        resume=resume,
        report=report,
    )
    save_model(model, tokenizer, run / "model")
    if config.model.publish:
        save_model(model, tokenizer, Path(config.model.publish), half=True)
    return trained


def _sentences(sources: list[CorpusSource]) -> Iterator[str]:
    """Both sides of an even sample of each source."""
    drops: Counter[str] = Counter()
    for source in sources:
        pairs = list(read_pairs(source, drops))
        stride = max(1, len(pairs) // _VOCABULARY_PAIRS)
        for zh, en in pairs[::stride]:
            yield zh
            yield en


def _pack_validation(config: Config, tokenizer: Path, folder: Path) -> None:
    corpus = config.corpus
    sides = []
    for path in (corpus.validation_zh, corpus.validation_en):
        try:
            with open(path, encoding="utf-8") as file:
                sides.append([line.strip() for line in islice(file, corpus.validation_pairs)])
        except OSError as error:
            raise DataError(
                f"cannot be read ({error.strerror})", path=path, mend="correct corpus.validation_*"
            ) from None
    if len(sides[0]) != len(sides[1]):
        raise DataError(f"{len(sides[0])} lines against {len(sides[1])}", path=corpus.validation_zh)
    pack_texts(sides[0], sides[1], tokenizer, folder)
