"""Begin a run with a deeper model where another run stands: new layers that change nothing yet are put in.

    python scripts/grow_starter.py configs/starter-cpu.yaml runs/starter-deep --encoder-layers 12 --decoder-layers 3

The new run begins at the newest checkpoint, from its averaged weights where the run keeps them, and
takes over the optimiser's state and the place in the data. Prints the command that goes on with it.
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, PreTrainedModel

from mt.config import Config, ModelConfig, load_config, save_config
from mt.files import replaced_directory
from mt.training.checkpoints import latest_checkpoint
from mt.training.growth import grown_layers, grown_moments, grown_weights
from mt.training.model import new_marian
from mt.training.optimizer import build_optimizers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config")
    parser.add_argument("folder", type=Path, help="of the new run; it must not exist")
    parser.add_argument("--encoder-layers", type=int, required=True)
    parser.add_argument("--decoder-layers", type=int, required=True)
    arguments = parser.parse_args()
    if arguments.folder.exists():
        parser.error(f"{arguments.folder} exists: name another folder, or remove it")
    config = load_config(arguments.config)
    newest = latest_checkpoint(Path(config.run.dir) / "checkpoints")
    if newest is None:
        parser.error(f"{config.run.dir} has no checkpoint yet: train first")
    shape = replace(
        config.model, encoder_layers=arguments.encoder_layers, decoder_layers=arguments.decoder_layers, publish=""
    )
    for side in ("encoder", "decoder"):
        before, after = getattr(config.model, f"{side}_layers"), getattr(shape, f"{side}_layers")
        if after < before:
            parser.error(f"--{side}-layers is to be at least {before}, as many as there are")
    grown = replace(config, model=shape, run=replace(config.run, dir=str(arguments.folder)))
    with replaced_directory(arguments.folder) as folder:
        checkpoint = folder / "checkpoints" / newest.name
        checkpoint.mkdir(parents=True)
        _grow(newest, checkpoint, config, shape)
        metrics = Path(config.run.dir) / "metrics.jsonl"
        if metrics.is_file():
            shutil.copy(metrics, folder)
        save_config(grown, folder / "config.yaml")
    print(f"zhen-mt train {arguments.folder}/config.yaml --resume")


def _grow(newest: Path, checkpoint: Path, config: Config, shape: ModelConfig) -> None:
    tokenizer = AutoTokenizer.from_pretrained(Path(config.corpus.packed) / "tokenizer")
    before, after = (new_marian(form, tokenizer, seed=config.run.seed) for form in (config.model, shape))
    layers = {
        side: grown_layers(getattr(config.model, f"{side}_layers"), getattr(shape, f"{side}_layers"))
        for side in ("encoder", "decoder")
    }
    weights = load_file(newest / "model.safetensors")
    averaged = newest / "ema.safetensors"
    if averaged.is_file():
        weights |= load_file(averaged)
    weights = grown_weights(weights, layers)
    save_file(weights, checkpoint / "model.safetensors")
    trained = {name for name, parameter in after.named_parameters() if parameter.requires_grad}
    save_file({name: weights[name] for name in trained}, checkpoint / "ema.safetensors")
    tensors = load_file(newest / "optimizer.safetensors")
    moved = {name: tensor for name, tensor in tensors.items() if name.startswith("rng.")}
    # These would be parted by parameter too; AdamW and Muon keep none.
    state = json.loads((newest / "state.json").read_text("utf-8"))
    assert not any(state["optimizers"]), "the optimiser keeps scalars a parameter, which cannot be moved"
    orders = [_names(model, build_optimizers(model, config.training)) for model in (before, after)]
    for number, (old, new) in enumerate(zip(*orders, strict=True)):
        own = {
            name.removeprefix(f"{number}."): tensor for name, tensor in tensors.items() if name.startswith(f"{number}.")
        }
        for name, tensor in grown_moments(own, old, new, layers).items():
            moved[f"{number}.{name}"] = tensor.clone()
    save_file(moved, checkpoint / "optimizer.safetensors")
    shutil.copy(newest / "state.json", checkpoint)


def _names(model: PreTrainedModel, optimizers: list[torch.optim.Optimizer]) -> list[list[str]]:
    """The parameters' names in each optimiser's order."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return [
        [names[id(parameter)] for group in optimizer.param_groups for parameter in group["params"]]
        for optimizer in optimizers
    ]


if __name__ == "__main__":
    main()
