"""``zhen-mt run``."""

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
@click.option("--resume", is_flag=True, help="Continue interrupted training.")
@click.option("--overwrite", is_flag=True, help="Delete an earlier training of the run folder first.")
def command(config: str, overrides: tuple[str, ...], resume: bool, overwrite: bool) -> None:
    """Prepare the documents of CONFIG, train on them and evaluate, all in one run folder."""
    tree = load_config(config, overrides)
    from mt.cli.progress import TrainingProgress
    from mt.data.dataset import prepare
    from mt.evaluation.experiment import evaluate_run
    from mt.training.run import check_flags, train_run, write_manifest

    check_flags(resume, overwrite)
    run = Path(tree.run.dir)
    click.echo(f"[1/3] preparing documents → {run / 'data'}")
    prepare(tree, run / "data", _log.info, command=shlex.join(["zhen-mt", "prepare", config, *overrides]))
    click.echo(f"[2/3] training → {run / 'model'}")
    train_run(tree, resume=resume, overwrite=overwrite, watch=TrainingProgress)
    click.echo(f"[3/3] evaluating → {run / 'report'}")
    comparison = evaluate_run(tree, progress=_log.info)
    write_manifest(tree)
    click.echo(comparison)
    click.echo(f"report: {run / 'report' / 'report.html'}")
