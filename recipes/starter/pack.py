"""Make the vocabulary and the packed corpus; filter the corpus first where that was not done.

    python -m recipes.starter.pack recipes/starter/configs/starter.yaml [corpus.packed=FOLDER …]

recipes.starter.train does the same; this needs no GPU. Takes about five minutes after filtering.
"""

from __future__ import annotations

import sys

from recipes.starter.command import make_parser, run_command
from recipes.starter.config import load_starter_config
from recipes.starter.corpus.pack_corpus import pack_corpus


def main() -> int:
    """Run the command."""
    parser = make_parser(__doc__)
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE")
    given = parser.parse_args()

    def work() -> None:
        print(f"packed: {pack_corpus(load_starter_config(given.config, given.overrides), print)}")

    return run_command(work)


if __name__ == "__main__":
    sys.exit(main())
