"""Begin a run at the released starter's weights, on a machine that has no checkpoint of the run they come from.

    python scripts/continue_starter.py configs/starter-deep.yaml [KEY=VALUE …] [--starter models/starter]
    python scripts/continue_starter.py configs/starter-deep.yaml run.dir=runs/reverse corpus.reverse=true

The optimiser and the average begin anew; the packed corpus gets the starter's vocabulary. Prints what trains it. The
second line begins a model of the other direction, to back-translate with (scripts/translate_corpus.py).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

# Run as `python3 scripts/…` where the package is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mt.config import load_config
from mt.errors import UserError
from mt.training.continuing import begin_at_release


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config")
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE")
    parser.add_argument("--starter", type=Path, default=Path("models/starter"))
    arguments = parser.parse_args()
    try:
        begin_at_release(load_config(arguments.config, arguments.overrides), arguments.starter)
    except UserError as error:
        print(error, file=sys.stderr)
        return error.status
    print(
        "OMP_NUM_THREADS=1 nice -n 19 accelerate launch --config_file configs/accelerate/cpu.yaml scripts/train.py "
        f"{' '.join([arguments.config, *arguments.overrides])} --resume"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
