"""``zhen-mt evaluate``."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mt.errors import DataError

if TYPE_CHECKING:
    from mt.evaluation.comparison import Comparison
    from mt.evaluation.gates import Threshold
    from mt.evaluation.job import EvaluationJob
    from mt.evaluation.test_sets import Unit

_log = logging.getLogger("mt.cli")

# Seconds between messages.
_PAUSE = 10.0


@click.command()
@click.argument("config", required=False, type=click.Path())
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option(
    "--source",
    "-s",
    "sources",
    multiple=True,
    type=click.Path(),
    help="Source text, one segment a line; or a test set as JSON lines with zh, en and term dictionaries, "
    "which may be given again.",
)
@click.option("--reference", "-r", multiple=True, type=click.Path(), help="Human translation; may be given again.")
@click.option(
    "--system",
    "systems",
    multiple=True,
    metavar="NAME=FILE|MODEL",
    help="A translation (file) or a model to translate with (folder or hub name; MODEL+hybrid, +soft, +hard or +off "
    "lets it use the terms, MODEL+glossary is hybrid). May be given again; the first is the baseline. "
    "Of a set in several files, give NAME again for each file.",
)
@click.option(
    "--checkpoints",
    metavar="RUN",
    help="The folder of a training run: each checkpoint is a system, the report has the curve. RUN+MODE as above.",
)
@click.option("--glossary", "-g", type=click.Path(), help="Terms to look for.")
@click.option(
    "--terms",
    metavar="NAME|FILE",
    help="The terms of each segment: a dictionary of the test set (proper, if it has one), none, or a file "
    "of a JSON list or object a line.",
)
@click.option(
    "--unit",
    type=click.Choice(["line", "document"]),
    default="line",
    show_default=True,
    help="What a segment of a JSON lines test set is.",
)
@click.option(
    "--seen", multiple=True, type=click.Path(), help="Training text (TSV or JSON lines): tells seen terms from unseen."
)
@click.option(
    "--comet", type=click.Path(), help="A local COMET folder in safetensors (docs/guides/evaluate.md): scored too."
)
@click.option("--documents", type=click.Path(), help="The document each segment belongs to, one name a line.")
@click.option("--label", "labels", multiple=True, metavar="NAME=TEXT", help="Where a system's output comes from.")
@click.option("--baseline", help="The system the others are tested against.")
@click.option("--output", "-o", type=click.Path(), help="Folder for scores.json, segments.jsonl and the report.")
@click.option("--title", default="", help="Heading of the report.")
@click.option("--seed", default=1, show_default=True, help="Of the resampling.")
@click.option("--samples", default=1000, show_default=True, type=click.IntRange(min=1), help="Bootstrap samples.")
@click.option(
    "--fail-under",
    multiple=True,
    metavar="[NAME:]METRIC=VALUE",
    help="Exit with status 1 if a system other than the baseline, or the one named, is worse than this "
    "(TER: above it). May be given again.",
)
@click.option(
    "--no-worse-than",
    metavar="NAME",
    help="Exit with status 1 if any other system is significantly worse than this one.",
)
@click.pass_context
def command(
    ctx: click.Context,
    config: str | None,
    overrides: tuple[str, ...],
    sources: tuple[str, ...],
    reference: tuple[str, ...],
    systems: tuple[str, ...],
    checkpoints: str | None,
    glossary: str | None,
    terms: str | None,
    unit: Unit,
    seen: tuple[str, ...],
    comet: str | None,
    documents: str | None,
    labels: tuple[str, ...],
    baseline: str | None,
    output: str | None,
    title: str,
    seed: int,
    samples: int,
    fail_under: tuple[str, ...],
    no_worse_than: str | None,
) -> None:
    """Compare systems with the human translation.

    With CONFIG: the base, the fine-tuned and the fine-tuned model with the glossary, on the
    prepared documents of that run. Without: the files and models named by the options.

    Exit status: 0; 1 when --fail-under or --no-worse-than fails; 2 on bad input.
    """
    from mt.evaluation.gates import failed_thresholds, parse_threshold, worse_than_baseline
    from mt.evaluation.report.markdown import render_summary

    thresholds = [parse_threshold(text) for text in fail_under]
    if config is not None:
        given = (
            sources,
            reference,
            systems,
            checkpoints,
            glossary,
            terms,
            seen,
            comet,
            documents,
            labels,
            output,
            baseline,
        )
        if any(given):
            raise DataError(
                "a configuration file and --source, --reference, --system or the like exclude each other",
                hint="give either",
            )
        comparison, report = _evaluate_run(config, overrides)
        if no_worse_than not in (None, comparison.baseline):
            raise DataError(
                f"--no-worse-than {no_worse_than}", hint=f"the baseline of a run is '{comparison.baseline}'"
            )
    else:
        from mt.evaluation.compare import write
        from mt.evaluation.job import read_job

        if no_worse_than is not None and baseline not in (None, no_worse_than):
            raise DataError(
                f"--baseline {baseline} and --no-worse-than {no_worse_than} differ", hint="name the same system"
            )
        for name, value in (("--source", sources), ("--system", systems or checkpoints)):
            if not value:
                raise DataError(f"{name} is missing", hint="give CONFIG, or --source, --reference and --system")
        job = read_job(
            sources,
            reference,
            _named(systems, "--system"),
            glossary=glossary,
            terms=terms,
            documents=documents,
            unit=unit,
            checkpoints=checkpoints,
        )
        notes = {}
        for name, values in _named(labels, "--label").items():
            if len(values) > 1:
                raise DataError(f"--label names '{name}' twice", hint="give each system one label")
            notes[name] = values[0]
        _check_names(job, notes, baseline or no_worse_than, thresholds)
        comparison = job.run(
            baseline=baseline or no_worse_than,
            labels=notes,
            seed=seed,
            samples=samples,
            title=title,
            seen=seen,
            comet=comet,
            cache=Path(output) / "translations" if output else None,
            progress=_log.info,
            sentences=_progress,
        )
        report = write(comparison, output) if output else None
    click.echo(render_summary(comparison))
    failures = failed_thresholds(comparison, thresholds)
    if no_worse_than is not None:
        failures += worse_than_baseline(comparison)
    if report is not None:
        click.echo(f"\nreport: {report}")
    for failure in failures:
        click.echo(f"failed: {failure}", err=True)
    if failures:
        ctx.exit(1)


def _check_names(job: EvaluationJob, labels: dict[str, str], baseline: str | None, thresholds: list[Threshold]) -> None:
    """Refuse before any work what could not be judged after it."""
    named = [("--label", name) for name in labels] + [("--baseline", name) for name in [baseline] if name]
    named += [("--fail-under", threshold.system) for threshold in thresholds if threshold.system]
    for option, name in named:
        if name not in job.order:
            raise DataError(f"{option}: no system '{name}'", hint=f"choose from {', '.join(job.order)}")
    for threshold in thresholds:
        if threshold.metric.startswith("term_") and job.glossaries is None:
            raise DataError(f"--fail-under: {threshold.metric} is not measured", hint="give --glossary or --terms")


def _evaluate_run(config: str, overrides: tuple[str, ...]) -> tuple[Comparison, Path | None]:
    from mt.config import load_config

    tree = load_config(config, overrides)
    from mt.evaluation.experiment import evaluate_run

    return evaluate_run(tree, progress=_log.info), Path(tree.run.dir) / "report" / "report.html"


def _named(values: tuple[str, ...], option: str) -> dict[str, list[str]]:
    """Read NAME=VALUE; values of one name are gathered."""
    named: dict[str, list[str]] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name.strip() or not text.strip():
            raise DataError(
                f"{option} '{value}' is not NAME=VALUE", hint=f"write for example {option} base=base.en.txt"
            )
        named.setdefault(name.strip(), []).append(text.strip())
    return named


def _progress(name: str) -> Callable[[int, int], None]:
    """Say now and then how far a translation is."""
    said = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal said
        if time.monotonic() - said >= _PAUSE:
            said = time.monotonic()
            _log.info("%s: %d of %d sentences", name, done, total)

    return tell
