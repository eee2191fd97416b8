"""Train the starter on a lent GPU machine that takes 64 MiB per call and returns 8 files of 16 MiB.

Here:   python -m recipes.starter.gpu parts            packed corpus, translations -> work/gpu/part-N, each for one call
There, one call per line, carrying what is named (README.md says how to bring the packages that are missing there):
        python3 -m recipes.starter.gpu smoke           carry work/gpu/mini: how fast it is, and whether all of it works
        python3 -m recipes.starter.gpu take            carry work/gpu/part-1 (then part-2, …)
        python3 -m recipes.starter.gpu start 1400      everything in the background, to end after this many seconds
        python3 -m recipes.starter.gpu follow 500      wait this many seconds or until it is done, and print the log
        python3 -m recipes.starter.gpu weights 0       files 0-3 of the weights to $OUT; then `weights 4`
Here:   python -m recipes.starter.gpu join FOLDER…     the files -> runs/starter/checkpoints
        python -m recipes.starter.release recipes/starter/configs/starter.yaml --if-better

On a machine of one's own: python -m recipes.starter.gpu everything 1300

The training has three stages: both directions at once (a quarter of the time), then that model back-translates English
sides, then Chinese into English alone on all of it, to the end. README.md says more.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from recipes.starter.command import run_command
from recipes.starter.config import load_starter_config
from recipes.starter.gpu import parts, stages, weights

_ACTIONS = ("parts", "smoke", "take", "start", "follow", "weights", "join", "stage", "everything")


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m recipes.starter.gpu",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("action", choices=_ACTIONS)
    parser.add_argument("arguments", nargs="*")
    parser.add_argument("--config", default="recipes/starter/configs/starter.yaml")
    parser.add_argument("--parts", type=Path, default=Path("work/gpu"), help="folder of the parts")
    parser.add_argument("--minutes", type=float, default=0.0, help=argparse.SUPPRESS)
    given = parser.parse_intermixed_args()
    # Batches of ever different shapes would otherwise fragment the memory.
    os.environ.setdefault("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True")
    return run_command(lambda: _act(given))


def _act(given: argparse.Namespace) -> None:
    config, action = load_starter_config(given.config), given.action
    run = Path(config.run.dir)
    first = given.arguments[0] if given.arguments else "0"
    if action == "parts":
        parts.make_parts(config, given.parts)
    elif action == "smoke":
        from recipes.starter.gpu.smoke import smoke

        smoke(config, given.parts / "mini")
    elif action == "take":
        parts.take_parts(given.parts, Path("work/gpu-store"))
    elif action == "start":
        stages.start(given.config, first)
    elif action == "everything":
        stages.run_all(given.config, float(first))
    elif action == "stage":
        stages.run_stage(config, first, given.minutes)
    elif action == "follow":
        stages.follow(config, float(first))
    elif action == "weights":
        weights.send_weights(run, int(first))
    else:
        weights.join_weights(run, given.arguments)


if __name__ == "__main__":
    sys.exit(main())
