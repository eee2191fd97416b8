"""Filter the corpus of a starter's configuration, find its terms, make synthetic pairs: CONFIG -> filter.folder.

    python scripts/filter_corpus.py configs/starter.yaml [filter.min_alignment=1.2 …]

`zhen-mt train` does the same when the folder is absent; this replaces what is there and prints the table. Read
report.md: counts by source and reason, and examples of what was dropped. Takes about 20 minutes of one core and
5 GB of memory (estimated).
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

# Run as `python3 scripts/…` where the package is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mt.config import load_config
from mt.data.filtering import filter_corpus
from mt.errors import UserError


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config")
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    try:
        folder = filter_corpus(load_config(given.config, given.overrides), logging.getLogger("filter_corpus").info)
    except UserError as error:
        print(error, file=sys.stderr)
        return error.status
    print((folder / "report.md").read_text("utf-8").split("\n## ", 1)[0])
    print(f"report: {folder / 'report.md'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
