"""``zhen-mt prepare``, ``train`` and ``run``: the commands of a configuration."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mt.config import load_config
from mt.errors import one_line

_log = logging.getLogger("mt.cli")


def _configured(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take a configuration and values that replace some of its own."""
    command = click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")(command)
    return click.argument("config", type=click.Path())(command)


_overwrite = click.option("--overwrite", is_flag=True, help="Delete an earlier training of the run folder first.")
_resume = click.option("--resume", is_flag=True, help="Continue from the newest checkpoint of the run folder.")


@click.command()
@_configured
def prepare(config: str, overrides: tuple[str, ...]) -> None:
    """Clean, align and split the documents of CONFIG into a Hugging Face dataset.

    Writes RUN/data: the dataset, a manifest, and a data card (data_card.html) of what there is, what was left
    out and which pairs and terms to look at. KEY=VALUE replaces a value of the configuration, for example
    data.folds=documents.
    """
    tree = load_config(config, overrides)
    from mt.data import dataset

    folder = Path(tree.run.dir) / "data"
    dataset.prepare(tree, folder, _log.info)
    click.echo(one_line(f"dataset: {folder}"))
    click.echo(one_line(f"data card: {folder / 'data_card.html'}"))


@click.command()
@_configured
@_resume
@_overwrite
def train(config: str, overrides: tuple[str, ...], **flags: bool) -> None:
    """Fine-tune model.base on the prepared documents of CONFIG.

    KEY=VALUE replaces a value of CONFIG, for example training.max_steps=200.
    """
    tree = load_config(config, overrides)
    from mt.cli.progress import show_training
    from mt.training.hardware.processes import is_main, report_errors_once
    from mt.training.run import train_run

    with report_errors_once():
        folder = train_run(tree, **flags, watch=show_training)
    if is_main():
        click.echo(one_line(f"model: {folder}"))


@click.command()
@_configured
@_resume
@_overwrite
def run(config: str, overrides: tuple[str, ...], **flags: Any) -> None:
    """Prepare the documents of CONFIG, train on them and evaluate, all in one run folder."""
    tree = load_config(config, overrides)
    from mt.cli.progress import show_training
    from mt.data import dataset
    from mt.evaluation.experiment import evaluate_run, published_sentence
    from mt.evaluation.gain import gain_lines
    from mt.training.run import check_flags, finish_run, finished, train_run

    check_flags(**flags)
    folder = Path(tree.run.dir)
    click.echo(f"[1/3] preparing documents → {folder / 'data'}")
    dataset.prepare(tree, folder / "data", _log.info)
    click.echo(f"data card: {folder / 'data' / 'data_card.html'}")
    click.echo(f"[2/3] training → {folder / 'model'}")
    train_run(tree, **flags, watch=show_training)
    gained = finished(tree)
    if gained is None:
        click.echo(f"[3/3] evaluating → {folder / 'report'}")
        comparison = evaluate_run(tree, progress=_log.info)
        gained = gain_lines(comparison, tree, published_sentence(folder))
        finish_run(tree, gained)
        click.echo(f"{comparison}\n")
    click.echo("\n".join(map(one_line, gained)))
