"""``zhen-mt prepare``."""

from __future__ import annotations

import logging
import shlex
from pathlib import Path

import click

from mt.config import load_config

_log = logging.getLogger("mt.cli")


@click.command()
@click.argument("config", type=click.Path())
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
def command(config: str, overrides: tuple[str, ...]) -> None:
    """Clean, align and split the documents of CONFIG into a Hugging Face dataset.

    Writes RUN/data/dataset and, last, RUN/data/manifest.json. KEY=VALUE replaces a value of the
    configuration, for example data.folds=documents.
    """
    tree = load_config(config, overrides)
    from mt.data.dataset import prepare

    rebuild = shlex.join(["zhen-mt", "prepare", config, *overrides])
    prepared = prepare(tree, Path(tree.run.dir) / "data", _log.info, command=rebuild)
    click.echo(f"dataset: {prepared.path}")
