"""``zhen-mt train``."""

from __future__ import annotations

import logging

import click

from mt.config import load_config

_log = logging.getLogger("mt.cli")


@click.command()
@click.argument("config", type=click.Path())
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--resume", is_flag=True, help="Go on from the newest checkpoint of the run folder.")
@click.option("--overwrite", is_flag=True, help="Train anew although the run folder holds a finished model.")
def command(config: str, overrides: tuple[str, ...], resume: bool, overwrite: bool) -> None:
    """Fine-tune model.base on the prepared documents, as CONFIG says. KEY=VALUE replaces a value, for example
    training.max_steps=200.
    """
    tree = load_config(config, overrides)
    from mt.cli.progress import TrainingProgress
    from mt.training.hardware.processes import is_main, one_voice
    from mt.training.run import train_run

    with one_voice():
        folder = train_run(tree, resume=resume, overwrite=overwrite, watch=TrainingProgress)
    if is_main():
        click.echo(f"model: {folder}")
