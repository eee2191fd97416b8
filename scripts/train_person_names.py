"""Learn which signs are a Chinese person's name, from a filtered corpus, into mt/text/person_names.safetensors.

    python scripts/train_person_names.py configs/starter.yaml

Takes under a minute. ``benchmarks/names.py`` says how good it is.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mt.config import Config, load_config
from mt.data.filtered import read_filtered
from mt.data.filtering import filtered_name
from mt.data.name_labels import name_labels
from mt.errors import UserError
from mt.text.person_names import WEIGHTS
from mt.training.name_model import learn_names, save_names

# Prose, with persons in it; in manuals, games and the Bible there are none, or none in pinyin.
_PROSE = ("jiyu-examples", "tatoeba", "d2l", "train")
_KEPT = 0.15

_log = logging.getLogger("names")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config")
    parser.add_argument("-o", "--output", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        labels = list(name_labels(_pairs(load_config(arguments.config)), kept=_KEPT, seed=1))
    except UserError as error:
        print(error, file=sys.stderr)
        return error.status
    _log.info("%d spans, %d of them names", len(labels), sum(label.is_name for label in labels))
    model, left_out = learn_names(labels, kept=_KEPT, seed=1)
    save_names(model, arguments.output)
    _log.info("%d doubtful spans left out; %d surnames; %s", left_out, len(model.surnames), arguments.output)
    return 0


def _pairs(config: Config) -> Iterator[tuple[str, str]]:
    for path in dict.fromkeys(source.path for source in config.corpus.sources):
        if Path(path).name.split(".")[0] in _PROSE:
            for pair in read_filtered(Path(config.filter.folder) / filtered_name(path)):
                if not pair.annotated_only:
                    yield pair.zh, pair.en


if __name__ == "__main__":
    sys.exit(main())
