"""Filter the corpus, find its terms, make synthetic pairs: CONFIG -> filter.folder.

    python -m recipes.starter.filter recipes/starter/configs/starter.yaml [filter.min_alignment=1.2 …]

recipes.starter.train does the same when the folder is absent; this replaces what is there and prints the table. Read
report.md: counts by source and reason, and examples of what was dropped. Takes about 20 minutes on one core and 5 GB of
memory (estimated).
"""

from __future__ import annotations

import logging
import sys

from recipes.starter.command import make_parser, run_command
from recipes.starter.config import load_starter_config
from recipes.starter.filtering.filter_corpus import filter_corpus

_log = logging.getLogger("filter")


def main() -> int:
    """Run the command."""
    parser = make_parser(__doc__)
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE")
    given = parser.parse_args()

    def work() -> None:
        folder = filter_corpus(load_starter_config(given.config, given.overrides), _log.info)
        print((folder / "report.md").read_text("utf-8").split("\n## ", 1)[0])
        print(f"report: {folder / 'report.md'}")

    return run_command(work)


if __name__ == "__main__":
    sys.exit(main())
