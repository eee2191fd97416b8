"""Learn which characters are a Chinese person's name, from a filtered corpus, into mt/text/person_names.safetensors.

    python -m recipes.starter.train_names recipes/starter/configs/starter.yaml

Takes under a minute. benchmarks/names.py measures it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

from mt.text.person_names import WEIGHTS
from recipes.starter.command import make_parser, run_command
from recipes.starter.config import StarterConfig, load_starter_config
from recipes.starter.filtering.filter_corpus import filtered_name
from recipes.starter.filtering.filtered_pairs import read_filtered
from recipes.starter.names.labels import name_labels
from recipes.starter.names.model import learn_names, save_names

# Prose that mentions persons; manuals, games and the Bible mention none, or none in pinyin.
_PROSE = ("jiyu-examples", "tatoeba", "d2l", "train")
# Share of the spans that are no names which are looked at.
_KEPT = 0.15

_log = logging.getLogger("train_names")


def main() -> int:
    """Run the command."""
    parser = make_parser(__doc__)
    parser.add_argument("-o", "--output", type=Path, default=WEIGHTS)
    given = parser.parse_args()

    def work() -> None:
        labels = list(name_labels(_pairs(load_starter_config(given.config)), kept=_KEPT, seed=1))
        _log.info("%d spans, %d of them names", len(labels), sum(label.is_name for label in labels))
        model, left_out = learn_names(labels, kept=_KEPT, seed=1)
        save_names(model, given.output)
        print(f"{given.output}: {len(model.surnames)} surnames; {left_out} doubtful spans left out")

    return run_command(work)


def _pairs(config: StarterConfig) -> Iterator[tuple[str, str]]:
    for path in dict.fromkeys(source.path for source in config.corpus.sources):
        if Path(path).name.split(".")[0] in _PROSE:
            for pair in read_filtered(Path(config.filter.folder) / filtered_name(path)):
                if not pair.annotated_only:
                    yield pair.zh, pair.en


if __name__ == "__main__":
    sys.exit(main())
