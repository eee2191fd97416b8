"""How much of its corpus a starter knows by heart: its loss on pairs it has seen, and on pairs of the same kind.

    python scripts/compare_seen.py configs/starter-deep.yaml models/starter [MODEL …]

The filter keeps pairs whose target is fluent enough (filter.min_fluency). Pairs just above that line and just below
it are of one kind, but the ones have been trained on and the others never: what the loss falls by at the line, beyond
the slope beside it, is known by heart. Told are nats a target token on at most --pairs pairs of each band of fluency,
near and far, teacher-forced, with the tag of the pair's own length. Takes six minutes, most of them the filter's.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

# Run as `python3 scripts/…` where the package is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mt.config import Config, load_config
from mt.data.filter_report import FilterReport
from mt.data.filtering import filtered_name, measure_pairs, nearness
from mt.data.lexicon import Lexicon
from mt.data.words import Segmenter
from mt.errors import UserError
from mt.length_tags import LENGTH_TAGS
from mt.models import load_model, tag_ids
from mt.training.length_tagging import OwnLength
from mt.training.packing import PackedPairs
from mt.training.processes import Processes
from mt.training.validation import mean_loss

_log = logging.getLogger("compare_seen")

_WIDTH, _BANDS = 0.05, (-2, -1, 0, 1)
_CHARACTERS, _TOKENS = 10, 160
_BATCH_TOKENS = 4096

Pairs = list[tuple[str, str]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config")
    parser.add_argument("models", nargs="+", help="folders")
    parser.add_argument("--pairs", type=int, default=1200)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    try:
        bands = divided(load_config(given.config), given.pairs)
        for name in given.models:
            model, tokenizer = load_model(name)
            for (kind, low), pairs in bands.items():
                if not pairs:
                    continue
                figure = loss(model, tokenizer, pairs)
                print(f"{name}\t{kind}\t{low:.2f} to {low + _WIDTH:.2f}\t{len(pairs)} pairs\t{figure:.3f}")
    except UserError as error:
        print(error, file=sys.stderr)
        return error.status
    return 0


def divided(config: Config, most: int) -> dict[tuple[str, float], Pairs]:
    """Return pairs of the divided source by (near or far, lower bound of their fluency)."""
    settings = config.filter
    sources = list({source.path: source for source in config.corpus.sources}.values())
    wanted = [number for number, source in enumerate(sources) if source.part != "all"]
    segmenter = Segmenter(Lexicon.load(config.corpus.lexicon).words)
    report = FilterReport([filtered_name(source.path) for source in sources], config.run.seed)
    measured = measure_pairs(sources, config, segmenter, report, _log.info)
    near = nearness(measured.zh, measured.en, segmenter, settings) >= settings.near_score
    long = np.array([len(zh) >= _CHARACTERS for zh in measured.pairs.zh])
    own = np.isin(measured.pairs.origin, wanted) & measured.judged & (measured.scores >= settings.min_alignment) & long
    rng = np.random.default_rng(config.run.seed)
    bands: dict[tuple[str, float], Pairs] = {}
    for kind, part in (("near", near), ("far", ~near)):
        for band in _BANDS:
            low = settings.min_fluency + band * _WIDTH
            rows = np.flatnonzero(own & part & (measured.fluent >= low) & (measured.fluent < low + _WIDTH))
            rows = rng.permutation(rows)[:most]
            bands[kind, low] = [(measured.pairs.zh[row], measured.pairs.en[row]) for row in rows.tolist()]
    return bands


def loss(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, pairs: Sequence[tuple[str, str]]) -> float:
    """Mean loss a target token."""
    sources, targets = [], []
    known = LENGTH_TAGS[0] in tokenizer.get_vocab()
    own_length = OwnLength.of(tokenizer, LENGTH_TAGS[0]) if known else None
    for zh, en in pairs:
        source, target = tokenizer(zh)["input_ids"], tokenizer(text_target=en)["input_ids"]
        if max(len(source), len(target)) < _TOKENS:
            tag = [] if own_length is None else [own_length.tag(len(source) + 1, len(target))]
            sources.append(tag + source)
            targets.append(target)
    packed, pad, processes = PackedPairs.plain(sources, targets), int(model.config.pad_token_id), Processes()
    model.eval().to(processes.device)
    return mean_loss(model, packed, _BATCH_TOKENS, tag_ids(tokenizer), pad, processes, nullcontext)


if __name__ == "__main__":
    sys.exit(main())
