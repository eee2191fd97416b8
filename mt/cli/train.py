"""``zhen-mt train``."""

from __future__ import annotations

import click

from mt.config import load_config


@click.command()
@click.argument("config", type=click.Path())
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--resume", is_flag=True, help="Continue from the newest checkpoint of the run folder.")
@click.option("--overwrite", is_flag=True, help="Delete an earlier training of the run folder first.")
def command(config: str, overrides: tuple[str, ...], resume: bool, overwrite: bool) -> None:
    """Fine-tune model.base on the prepared documents of CONFIG.

    KEY=VALUE replaces a value of CONFIG, for example training.max_steps=200.
    """
    tree = load_config(config, overrides)
    from mt.cli.progress import TrainingProgress
    from mt.training.hardware.processes import is_main, report_errors_once
    from mt.training.run import train_run

    with report_errors_once():
        folder = train_run(tree, resume=resume, overwrite=overwrite, watch=TrainingProgress)
    if is_main():
        click.echo(f"model: {folder}")
