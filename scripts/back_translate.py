"""Back-translate the English sides of the packed corpus with a run that was trained both ways, on a GPU.

    python scripts/back_translate.py configs/starter.yaml work/back-near --source near --source government

The newest checkpoint of the run translates (``corpus.both_directions`` or ``corpus.reverse``); the result is for
``corpus.translations``: machine Chinese beside human English (Sennrich et al. 2016). It is greedy; --sample K draws
from the K likeliest tokens. On a CPU scripts/translate_corpus.py is faster.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from pathlib import Path

import torch

# Run as `python3 scripts/…` where the package is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mt.config import Config, load_config
from mt.errors import DataError, UserError
from mt.models.length_tags import LENGTH_TAGS
from mt.training.data.length_tagging import OwnLength
from mt.training.data.packing import PackedPairs
from mt.training.data.translations import write_translations
from mt.training.generation import generate_rows
from mt.training.release import from_checkpoint
from mt.training.starter import source_rows, unknown_source

_log = logging.getLogger("back_translate")

# Sides of fewer tokens say little.
_TOKENS = range(5, sys.maxsize)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config")
    parser.add_argument("output", type=Path, help="folder to write; replaced as a whole")
    parser.add_argument("--source", action="append", required=True, help="take pairs of this source; may be repeated")
    parser.add_argument("--pairs", type=int, default=0, help="at most so many, drawn at random (default: all)")
    parser.add_argument("--sample", type=int, metavar="K", default=1, help="sample from the K likeliest tokens")
    parser.add_argument("--temperature", type=float, default=1.0)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    try:
        config = load_config(given.config)
        if unknown := unknown_source(config, given.source):
            parser.error(f"--source {unknown}")
        print(f"{_back_translate(config, given)} pairs: {given.output}")
    except UserError as error:
        print(error, file=sys.stderr)
        return error.status
    return 0


def _back_translate(config: Config, given: argparse.Namespace) -> int:
    model, tokenizer, progress = from_checkpoint(config)
    packed = Path(config.corpus.packed)
    pairs = PackedPairs.load(packed / "train").reversed()
    rows = source_rows(config, pairs, given.source, _TOKENS, given.pairs)
    own = OwnLength.of(tokenizer, LENGTH_TAGS[0]) if config.corpus.length_tags else None
    english = [pairs.source[int(row)].tolist() for row in rows]
    # As in training: the tag of how long the human side is.
    read = [
        (own.before(ids, pairs.target[int(row)].tolist()) if own is not None else []) + ids
        for row, ids in zip(rows, english, strict=True)
    ]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = model.to(device, torch.bfloat16 if device.type == "cuda" else torch.float32)
    begun = time.monotonic()
    made = generate_rows(
        model,
        read,
        top=given.sample,
        temperature=given.temperature,
        seed=config.run.seed,
        progress=lambda done: _log.info("%d of %d pairs, %.0f s", done, len(rows), time.monotonic() - begun),
    )
    done = [(chinese, ids) for chinese, ids in zip(made, english, strict=True) if len(chinese) > 1]
    for chinese, ids in done[:: max(1, len(done) // 5)]:
        _log.info("%s <- %s", *(tokenizer.decode(side, skip_special_tokens=True) for side in (chinese, ids)))
    if not done:
        raise DataError("no translation came to an end", path=config.run.dir, hint="train the run for longer")
    write_translations(
        given.output,
        packed / "tokenizer",
        done,
        {
            "run": config.run.dir, "step": progress.step, "sources": given.source, "rows": len(rows),
            "sample": given.sample, "temperature": given.temperature, "reverse": True, "seed": config.run.seed,
        },
    )  # fmt: skip
    return len(done)


if __name__ == "__main__":
    sys.exit(main())
