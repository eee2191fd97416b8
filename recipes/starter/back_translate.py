"""Back-translate the English sides of the packed corpus with a run that was trained in both directions, on a GPU.

    python -m recipes.starter.back_translate CONFIG work/back-near --source near --source government

The newest checkpoint of the run (corpus.both_directions) translates; the result, machine Chinese beside human English
(Sennrich et al. 2016), is for corpus.translations. The output is greedy; --sample K draws from the K likeliest tokens.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from pathlib import Path

import torch

from mt.errors import DataError
from mt.models.tags import LENGTH_TAGS
from mt.training.data.length_tagging import OwnLength
from recipes.starter.command import make_parser, run_command
from recipes.starter.config import StarterConfig, load_starter_config
from recipes.starter.corpus.pairs import load_pairs, reversed_pairs
from recipes.starter.corpus.sources import RowChoice
from recipes.starter.corpus.translations import write_translations
from recipes.starter.training.checkpoint import from_checkpoint
from recipes.starter.training.generation import Sampling, generate_rows

_log = logging.getLogger("back_translate")

# Shorter sides say little.
_TOKENS = range(5, sys.maxsize)


def main() -> int:
    """Run the command."""
    parser = make_parser(__doc__)
    parser.add_argument("output", type=Path, help="folder to write; replaced as a whole")
    parser.add_argument("--source", action="append", required=True, help="use pairs of this source; may be repeated")
    parser.add_argument("--pairs", type=int, default=0, help="at most this many, drawn at random (default: all)")
    parser.add_argument("--sample", type=int, metavar="K", default=1, help="sample from the K likeliest tokens")
    parser.add_argument("--temperature", type=float, default=1.0)
    given = parser.parse_args()

    def work() -> None:
        print(f"{_back_translate(load_starter_config(given.config), given)} pairs: {given.output}")

    return run_command(work)


def _back_translate(config: StarterConfig, given: argparse.Namespace) -> int:
    model, tokenizer, progress = from_checkpoint(config)
    packed = Path(config.corpus.packed)
    pairs = reversed_pairs(load_pairs(packed / "train"))
    rows = RowChoice(given.source, _TOKENS, given.pairs).rows(config, pairs)
    own_length = OwnLength.of(tokenizer, LENGTH_TAGS[0]) if config.corpus.length_tags else None
    english = [pairs.source[row].tolist() for row in rows]
    # As in training: before the source the tag of the human side's length.
    inputs = [
        ([own_length.tag(len(ids) + 1, len(pairs.target[row]))] if own_length is not None else []) + ids
        for row, ids in zip(rows, english, strict=True)
    ]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = model.to(device, torch.bfloat16 if device.type == "cuda" else torch.float32)
    started = time.monotonic()
    outputs = generate_rows(
        model,
        inputs,
        Sampling(given.sample, given.temperature, config.run.seed),
        progress=lambda done: _log.info("%d of %d pairs, %.0f s", done, len(rows), time.monotonic() - started),
    )
    done = [(chinese, ids) for chinese, ids in zip(outputs, english, strict=True) if len(chinese) > 1]
    for chinese, ids in done[:: max(1, len(done) // 5)]:
        _log.info("%s <- %s", *(tokenizer.decode(side, skip_special_tokens=True) for side in (chinese, ids)))
    if not done:
        raise DataError("no translation came to an end", path=config.run.dir, hint="train the run for longer")
    settings = {"run": config.run.dir, "step": progress.step, "sources": given.source, "rows": len(rows)}
    settings |= {"sample": given.sample, "temperature": given.temperature, "reverse": True, "seed": config.run.seed}
    write_translations(given.output, packed / "tokenizer", done, settings)
    return len(done)


if __name__ == "__main__":
    sys.exit(main())
