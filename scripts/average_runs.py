"""Begin a run at the mean of two others' weights: of a run and of its end phase, say, which is better than either.

    python scripts/average_runs.py runs/deep-6 runs/cooldown runs/deep-7 [--share 0.5]

The newest checkpoint of each is taken, its averaged weights where the run keeps them (as in "model soups", Wortsman et
al. 2022). Moments, progress and metrics are the second run's, whose configuration is copied as config.yaml. An
average that the run keeps begins at the mean.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from mt.config import load_config, save_config
from mt.files import replaced_directory
from mt.training.checkpoints import latest_checkpoint


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=Path, help="a run folder")
    parser.add_argument("second", type=Path, help="another, of the same model; the new run goes on from it")
    parser.add_argument("folder", type=Path, help="of the new run; it must not exist")
    parser.add_argument("--share", type=float, default=0.5, help="of the second run's weights in the mean")
    arguments = parser.parse_args()
    if not 0 < arguments.share < 1:
        parser.error("--share is to be between 0 and 1")
    if arguments.folder.exists():
        parser.error(f"{arguments.folder} exists: name another folder, or remove it")
    newest = []
    for run in (arguments.first, arguments.second):
        found = latest_checkpoint(run / "checkpoints")
        if found is None:
            parser.error(f"{run} has no checkpoint yet: train first")
        newest.append(found)
    first, second = map(_weights, newest)
    shapes = [{name: tensor.shape for name, tensor in weights.items()} for weights in (first, second)]
    unlike = sorted(name for name, _ in shapes[0].items() ^ shapes[1].items())
    if unlike:
        parser.error(f"{arguments.first} and {arguments.second} are not of one model ({unlike[0]})")
    mean = {name: torch.lerp(first[name].float(), second[name].float(), arguments.share) for name in second}
    config = load_config(arguments.second / "config.yaml")
    with replaced_directory(arguments.folder) as folder:
        checkpoint = folder / "checkpoints" / newest[1].name
        shutil.copytree(newest[1], checkpoint)
        save_file(mean, checkpoint / "model.safetensors")
        # What is not trained is not averaged over the steps: the first run, or the second, says what is.
        kept = next((path for path in (run / "ema.safetensors" for run in newest) if path.is_file()), None)
        if kept is not None:
            save_file({name: mean[name].clone() for name in load_file(kept)}, checkpoint / "ema.safetensors")
        metrics = arguments.second / "metrics.jsonl"
        if metrics.is_file():
            shutil.copy(metrics, folder)
        save_config(replace(config, run=replace(config.run, dir=str(arguments.folder))), folder / "config.yaml")
    print(f"zhen-mt train {arguments.folder}/config.yaml --resume")


def _weights(checkpoint: Path) -> dict[str, torch.Tensor]:
    averaged = checkpoint / "ema.safetensors"
    weights: dict[str, torch.Tensor] = load_file(checkpoint / "model.safetensors")
    return weights | (load_file(averaged) if averaged.is_file() else {})


if __name__ == "__main__":
    main()
