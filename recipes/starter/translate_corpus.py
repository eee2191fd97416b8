"""Translate the Chinese sides of the packed corpus with a starter, for the corpus.translations of the next run.

    python -m recipes.starter.translate_corpus runs/starter/config.yaml work/translated-5 --source near --closest

The newest checkpoint of CONFIG's run translates, in int8 with CTranslate2. The result is human Chinese beside machine
English: self-training, or distillation where that model is the better one. With --closest the output of the beam is
used that is most similar to the human translation by chrF++ (sequence-level interpolation, Kim & Rush 2016), and the
length of the human translation is requested. It can be interrupted: what is done stays in FOLDER.parts.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import ctranslate2
import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics import CHRF
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mt.errors import UserError
from mt.inference.engines.base import CT2_FOLDER
from mt.inference.export import export_ct2
from mt.io.files import remove_directory, write_json
from mt.io.text import read_json
from mt.models.load import prefix_ids, source_prefix
from mt.models.tags import LENGTH_TAGS
from mt.training.data.length_tagging import OwnLength
from mt.training.data.packed_pairs import PackedPairs
from mt.training.saving.publish import save_model
from recipes.starter.command import make_parser, run_command
from recipes.starter.config import StarterConfig, load_starter_config
from recipes.starter.corpus.pairs import load_pairs
from recipes.starter.corpus.sources import RowChoice
from recipes.starter.corpus.translations import write_translations
from recipes.starter.training.checkpoint import from_checkpoint

_log = logging.getLogger("translate_corpus")

# Pairs of one part: a minute or less, which is what an interruption costs.
_PART = 3_000
_BATCH_TOKENS = 2048
# Shorter sources say little; longer ones are translated clause by clause in requests.
_TOKENS = range(5, 61)

_Pair = tuple[list[int], list[int]]


def main() -> int:
    """Run the command."""
    parser = make_parser(__doc__)
    parser.add_argument("output", type=Path, help="folder to write; replaced as a whole")
    parser.add_argument("--source", action="append", default=[], help="use pairs of this source only; may be repeated")
    parser.add_argument("--pairs", type=int, default=0, help="at most this many, drawn at random (default: all)")
    parser.add_argument("--beams", type=int, default=4)
    parser.add_argument("--closest", action="store_true", help="of a beam, the output most similar to the human one")
    parser.add_argument(
        "--least", type=float, default=30.0, metavar="CHRF", help="with --closest: leave out what is less similar"
    )
    given = parser.parse_args()

    def work() -> None:
        print(f"{_translate(load_starter_config(given.config), given)} pairs: {given.output}")

    return run_command(work)


def _translate(config: StarterConfig, given: argparse.Namespace) -> int:
    model, tokenizer, progress = from_checkpoint(config)
    packed = Path(config.corpus.packed)
    pairs = load_pairs(packed / "train")
    rows = RowChoice(given.source, _TOKENS, given.pairs).rows(config, pairs)
    settings = {"run": config.run.dir, "step": progress.step, "sources": given.source, "rows": len(rows)}
    settings |= {"beams": given.beams, "closest": given.closest, "least": given.least if given.closest else 0.0}
    settings |= {"seed": config.run.seed}
    parts = _open_parts(given.output, settings)
    with TemporaryDirectory() as temporary:
        own_length = OwnLength.of(tokenizer, LENGTH_TAGS[0]) if config.corpus.length_tags else None
        translator = _Translator(Path(temporary), model, tokenizer, given, own_length)
        for number, begin in enumerate(range(0, len(rows), _PART)):
            path = parts / f"{number:05d}.json"
            if not path.is_file():
                write_json(path, list(translator.translate(pairs, rows[begin : begin + _PART])))
                _log.info("%d of %d pairs", min(begin + _PART, len(rows)), len(rows))
    done = [pair for path in sorted(parts.glob("0*.json")) for pair in read_json(path)]
    write_translations(given.output, packed / "tokenizer", done, settings)
    remove_directory(parts)
    return len(done)


def _open_parts(output: Path, settings: dict[str, object]) -> Path:
    """Make the folder of finished parts, or return it if it was begun with the same settings."""
    parts = output.with_name(output.name + ".parts")
    parts.mkdir(parents=True, exist_ok=True)
    begun = parts / "settings.json"
    if begun.is_file() and read_json(begun) != settings:
        raise UserError("was begun with other settings", path=parts, hint="continue with those, or remove it")
    write_json(begun, settings)
    return parts


class _Translator:
    """A model exported to CTranslate2 in ``folder``, which translates packed sources."""

    def __init__(
        self,
        folder: Path,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        given: argparse.Namespace,
        own_length: OwnLength | None,
    ) -> None:
        self._tokenizer, self._given = tokenizer, given
        self._own_length = own_length if given.closest else None
        self._prefix = prefix_ids(tokenizer, source_prefix(model.config))
        self._chrf = CHRF(word_order=2)
        save_model(model, tokenizer, folder / "model")
        export_ct2(folder / "model", folder / "exported")
        self._translator = ctranslate2.Translator(
            str(folder / "exported" / CT2_FOLDER), device="cpu", inter_threads=os.cpu_count() or 1, intra_threads=1
        )

    def translate(self, pairs: PackedPairs, rows: NDArray[np.int64]) -> Iterator[_Pair]:
        """Yield human source and machine target of these rows, as token ids; some rows give nothing."""
        sources = [pairs.source[row].tolist() for row in rows]
        targets = [pairs.target[row].tolist() for row in rows]
        inputs = [self._before(source, target) + source for source, target in zip(sources, targets, strict=True)]
        results = self._translator.translate_batch(
            [self._tokenizer.convert_ids_to_tokens(ids) for ids in inputs],
            beam_size=self._given.beams,
            num_hypotheses=self._given.beams if self._given.closest else 1,
            max_batch_size=_BATCH_TOKENS,
            batch_type="tokens",
            max_decoding_length=2 * max(map(len, inputs)) + 10,
        )
        for source, target, result in zip(sources, targets, results, strict=True):
            outputs = [self._tokenizer.convert_tokens_to_ids(pieces) for pieces in result.hypotheses]
            chosen = self._closest(outputs, target) if self._given.closest else outputs[0]
            if chosen and self._decode(chosen).strip():
                yield source, [*chosen, self._tokenizer.eos_token_id]

    def _before(self, source: list[int], target: list[int]) -> list[int]:
        """Return what goes before a source: with --closest the tag of the human translation's length."""
        if self._own_length is None:
            return list(self._prefix)
        return [self._own_length.tag(len(source) + 1, len(target))]

    def _closest(self, outputs: list[list[int]], target: list[int]) -> list[int]:
        """Return the output most similar to the target, or nothing if none is similar to it."""
        human = [self._decode(target)]
        scores = [self._chrf.sentence_score(self._decode(ids), human).score for ids in outputs]
        best = int(np.argmax(scores))
        return outputs[best] if scores[best] >= self._given.least else []

    def _decode(self, ids: list[int]) -> str:
        text: str = self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text


if __name__ == "__main__":
    sys.exit(main())
