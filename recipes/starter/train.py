"""Train a starter from random weights; filter and pack its corpus first where that was not done.

    python -m recipes.starter.train recipes/starter/configs/starter.yaml [--resume] [training.max_steps=100 …]
    accelerate launch --config_file configs/accelerate/ddp.yaml -m recipes.starter.train CONFIG    # several processes

The model is written to run.dir/model. Interrupt it at any time: --resume continues.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mt.cli.progress import show_training
from mt.config import save_config
from mt.errors import Interrupted
from mt.training.hardware.processes import is_main, report_errors_once
from recipes.starter.command import make_parser, run_command
from recipes.starter.config import StarterConfig, load_starter_config
from recipes.starter.training.starter import train_starter


def main() -> int:
    """Run the command."""
    parser = make_parser(__doc__)
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="replaces a value of the configuration")
    parser.add_argument("--resume", action="store_true", help="continue from the newest checkpoint of the run folder")
    given = parser.parse_args()
    return run_command(lambda: train(load_starter_config(given.config, given.overrides), resume=given.resume))


def train(config: StarterConfig, *, resume: bool) -> None:
    """Train, and show the progress.

    Raises:
        Interrupted: a signal stopped it.
    """
    run = Path(config.run.dir)
    if is_main():
        save_config(config, run / "config.yaml")
    with report_errors_once(), show_training("starter") as report:
        trained = train_starter(config, resume=resume, report=report, progress=print if is_main() else None)
    if trained.interrupted:
        raise Interrupted(f"interrupted after step {trained.progress.step}", path=run, hint="continue with --resume")
    if is_main():
        print(f"model: {run / 'model'}")


if __name__ == "__main__":
    sys.exit(main())
