"""Translate one side of the packed corpus with a model of our own: more pairs for a run's corpus.translations.

    python scripts/translate_corpus.py runs/deep/config.yaml work/translated-near --source near --closest
    python scripts/translate_corpus.py runs/reverse/config.yaml work/back-translated --source near --pairs 100000

A Chinese-English model gives human Chinese beside machine English: self-training, or distillation where it is the
better model. With --closest that output of the beam is taken which is most like the human translation by chrF++
(sequence-level interpolation, Kim & Rush 2016), asked for in the human one's length. A model trained with
``corpus.reverse: true`` (English into Chinese) back-translates the English sides (Sennrich et al. 2016); that is
sampled from the ten likeliest tokens (Edunov et al. 2018), the other way a beam is searched; --sample and --beams
choose otherwise.

CTranslate2 does it in int8. It can be interrupted: what is done stands in FOLDER.parts and is not done again.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import ctranslate2
import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics import CHRF
from transformers import PreTrainedTokenizerBase

# Run as `python3 scripts/…` where the package is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mt.config import Config, load_config
from mt.errors import Interrupted, UserError
from mt.inference.export import CT2_FOLDER, export_ct2
from mt.io.files import remove_directory, write_json
from mt.models.length_tags import LENGTH_TAGS
from mt.models.load import prefix_ids, source_prefix
from mt.training.data.length_tagging import OwnLength
from mt.training.data.packing import PackedPairs
from mt.training.data.translations import write_translations
from mt.training.release import from_checkpoint
from mt.training.saving.publish import save_model
from mt.training.starter import source_rows, unknown_source

_log = logging.getLogger("translate_corpus")

# Pairs of one part: a minute or less, which is what an interruption costs.
_PART = 3_000
_BATCH_TOKENS = 2048
# Sources of fewer tokens say little, longer ones go clause by clause in requests.
_TOKENS = range(5, 61)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", help="of the run whose newest checkpoint translates")
    parser.add_argument("output", type=Path, help="folder to write; replaced as a whole")
    parser.add_argument("--source", action="append", default=[], help="take pairs of this source only; may be repeated")
    parser.add_argument("--pairs", type=int, default=0, help="at most so many, drawn at random (default: all)")
    parser.add_argument("--beams", type=int, default=4)
    parser.add_argument("--sample", type=int, metavar="K", help="sample from the K likeliest tokens; 0 for the beam")
    parser.add_argument("--closest", action="store_true", help="of a beam, what is most like the human translation")
    parser.add_argument(
        "--least", type=float, default=30.0, metavar="CHRF", help="with --closest: leave out what is less like it"
    )
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    try:
        config = load_config(given.config)
        if unknown := unknown_source(config, given.source):
            parser.error(f"--source {unknown}")
        if given.closest and (config.corpus.reverse or given.sample):
            parser.error("--closest chooses from the beam of a Chinese-English model: leave --sample out")
        written = _translate(config, given)
    except UserError as error:
        print(error, file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        print("interrupted: the same command goes on where it stopped", file=sys.stderr)
        return Interrupted.status
    print(f"{written} pairs: {given.output}")
    return 0


def _translate(config: Config, given: argparse.Namespace) -> int:
    model, tokenizer, progress = from_checkpoint(config)
    pairs = PackedPairs.load(Path(config.corpus.packed) / "train")
    if config.corpus.reverse:
        pairs = pairs.reversed()
    rows = source_rows(config, pairs, given.source, _TOKENS, given.pairs)
    top = (10 if config.corpus.reverse else 0) if given.sample is None else given.sample
    made = {
        "run": config.run.dir, "step": progress.step, "sources": given.source, "rows": len(rows), "sample": top,
        "beams": given.beams, "closest": given.closest, "least": given.least if given.closest else 0.0,
        "reverse": config.corpus.reverse, "seed": config.run.seed,
    }  # fmt: skip
    parts = given.output.with_name(given.output.name + ".parts")
    parts.mkdir(parents=True, exist_ok=True)
    begun = parts / "settings.json"
    if begun.is_file() and json.loads(begun.read_text("utf-8")) != made:
        raise UserError("was begun with other settings", path=parts, hint="go on with those, or remove it")
    write_json(begun, made)
    prefix = prefix_ids(tokenizer, source_prefix(model.config))
    with TemporaryDirectory() as temporary:
        folder = Path(temporary) / "model"
        save_model(model, tokenizer, folder)
        translator = _Translator(export_ct2(folder, folder), tokenizer, config, prefix, given, top)
        for number, begin in enumerate(range(0, len(rows), _PART)):
            path = parts / f"{number:05d}.json"
            if not path.is_file():
                write_json(path, list(translator.pairs(pairs, rows[begin : begin + _PART], config.run.seed + number)))
                _log.info("%d of %d pairs", min(begin + _PART, len(rows)), len(rows))
    done = [pair for path in sorted(parts.glob("0*.json")) for pair in json.loads(path.read_text("utf-8"))]
    write_translations(given.output, Path(config.corpus.packed) / "tokenizer", done, made)
    remove_directory(parts)
    return len(done)


class _Translator:
    """An exported model, which makes pairs of token ids in the order Chinese, English."""

    def __init__(
        self,
        folder: Path,
        tokenizer: PreTrainedTokenizerBase,
        config: Config,
        prefix: Sequence[int],
        given: argparse.Namespace,
        top: int,
    ) -> None:
        self._folder, self._tokenizer, self._prefix, self._given, self._top = folder, tokenizer, prefix, given, top
        self._reverse = config.corpus.reverse
        self._own_length = OwnLength.of(tokenizer, LENGTH_TAGS[0]) if config.corpus.length_tags else None
        self._end = tokenizer.eos_token_id
        self._chrf = CHRF(word_order=2)

    def pairs(self, pairs: PackedPairs, rows: NDArray[np.int64], seed: int) -> Iterator[tuple[list[int], list[int]]]:
        """Yield what is made of these rows."""
        sources = [pairs.source[row].tolist() for row in rows]
        targets = [pairs.target[row].tolist() for row in rows]
        read = [self._before(source, target) + source for source, target in zip(sources, targets, strict=True)]
        # A worker draws from a generator of its own, seeded when it starts: with one worker, anew for each part,
        # samples depend on nothing but the seed.
        workers = 1 if self._top else (os.cpu_count() or 1)
        ctranslate2.set_random_seed(seed)
        translator = ctranslate2.Translator(
            str(self._folder / CT2_FOLDER), device="cpu", inter_threads=workers,
            intra_threads=max(1, (os.cpu_count() or 1) // workers),
        )  # fmt: skip
        results = translator.translate_batch(
            [self._tokenizer.convert_ids_to_tokens(ids) for ids in read],
            beam_size=1 if self._top else self._given.beams,
            num_hypotheses=self._given.beams if self._given.closest else 1,
            sampling_topk=self._top or 1,
            max_batch_size=_BATCH_TOKENS,
            batch_type="tokens",
            max_decoding_length=2 * max(map(len, read)) + 10,
        )
        for source, target, result in zip(sources, targets, results, strict=True):
            found = [self._tokenizer.convert_tokens_to_ids(pieces) for pieces in result.hypotheses]
            chosen = self._closest(found, target) if self._given.closest else found[0]
            if chosen and self._decode(chosen).strip():
                made = [*chosen, self._end]
                yield (made, source) if self._reverse else (source, made)

    def _before(self, source: list[int], target: list[int]) -> list[int]:
        """What stands before a source: with --closest the tag of the human translation's length."""
        if not self._given.closest or self._own_length is None:
            return list(self._prefix)
        return self._own_length.before(source, target)

    def _closest(self, found: list[list[int]], target: list[int]) -> list[int]:
        """The output that is most like the target, or nothing where none is like it."""
        human = [self._decode(target)]
        scores = [self._chrf.sentence_score(self._decode(ids), human).score for ids in found]
        best = int(np.argmax(scores))
        return found[best] if scores[best] >= self._given.least else []

    def _decode(self, ids: list[int]) -> str:
        text: str = self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text


if __name__ == "__main__":
    sys.exit(main())
