"""Prepare the end of a run without an end: a copy in which the learning rate falls to 0, so the run itself can go on.

    python scripts/cooldown.py configs/starter-cpu.yaml runs/cooldown [--minutes 10] [--begin 0.4]

The copy begins at the newest checkpoint, from its averaged weights where the run keeps them, with ``--begin`` of the
peak learning rate. Prints the command that trains it.
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path

from safetensors.torch import load_file, save_file

from mt.config import load_config, save_config
from mt.files import replaced_directory
from mt.training.checkpoints import latest_checkpoint


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config")
    parser.add_argument("folder", type=Path, help="of the copy; it must not exist")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--begin", type=float, default=0.4, help="the first learning rate, as a share of the peak")
    arguments = parser.parse_args()
    if not (arguments.minutes > 0 and 0 < arguments.begin <= 1):
        parser.error("--minutes is to be above 0, --begin above 0 and at most 1")
    if arguments.folder.exists():
        parser.error(f"{arguments.folder} exists: name another folder, or remove it")
    config = load_config(arguments.config)
    newest = latest_checkpoint(Path(config.run.dir) / "checkpoints")
    if newest is None:
        parser.error(f"{config.run.dir} has no checkpoint yet: train first")
    trained = json.loads((newest / "state.json").read_text("utf-8"))["progress"]["seconds"] / 60
    whole = trained + arguments.minutes
    if arguments.minutes > arguments.begin * whole:
        most = trained * arguments.begin / (1 - arguments.begin)
        parser.error(f"the run is {trained:.1f} minutes old: give --minutes at most {most:.1f}, or a higher --begin")
    ending = replace(
        config,
        run=replace(config.run, dir=str(arguments.folder)),
        training=replace(
            config.training,
            steps=0,
            epochs=0,
            minutes=whole,
            schedule="wsd",
            # The factor is what is left of the run over this share, so it begins at --begin.
            cooldown_share=arguments.minutes / whole / arguments.begin,
            ema_decay=0.0,
        ),
    )
    with replaced_directory(arguments.folder) as folder:
        shutil.copytree(newest, folder / "checkpoints" / newest.name)
        metrics = Path(config.run.dir) / "metrics.jsonl"
        if metrics.is_file():
            shutil.copy(metrics, folder)
        _begin_from_average(folder / "checkpoints" / newest.name)
        save_config(ending, folder / "config.yaml")
    print(
        "OMP_NUM_THREADS=1 accelerate launch --config_file configs/accelerate/cpu.yaml scripts/train.py "
        f"{arguments.folder}/config.yaml --resume"
    )


def _begin_from_average(checkpoint: Path) -> None:
    averaged = checkpoint / "ema.safetensors"
    if averaged.is_file():
        # What is not trained is not averaged.
        weights = load_file(checkpoint / "model.safetensors") | load_file(averaged)
        save_file(weights, checkpoint / "model.safetensors")
        averaged.unlink()


if __name__ == "__main__":
    main()
