"""``zhen-mt evaluate``."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mt.errors import DataError, Interrupted

if TYPE_CHECKING:
    from mt.evaluation.compare import ComparisonOptions
    from mt.evaluation.comparison import Comparison
    from mt.evaluation.gates import Threshold
    from mt.evaluation.job import EvaluationRequest
    from mt.evaluation.json_lines import Unit

_log = logging.getLogger("mt.cli")


@dataclass(frozen=True)
class _Arguments:
    """The command line."""

    config: str | None
    overrides: tuple[str, ...]
    sources: tuple[str, ...]
    references: tuple[str, ...]
    systems: tuple[str, ...]
    checkpoints: str | None
    glossary: str | None
    terms: str | None
    unit: Unit
    seen: tuple[str, ...]
    comet: str | None
    documents: str | None
    labels: tuple[str, ...]
    baseline: str | None
    output: str | None
    title: str
    seed: int
    samples: int
    fail_under: tuple[str, ...]
    no_worse_than: str | None

    @property
    def cache(self) -> Path | None:
        """Where finished translations are kept."""
        return Path(self.output) / "translations" if self.output else None

    def request(self) -> EvaluationRequest:
        """What to evaluate, from the options of files and models."""
        from mt.evaluation.job import EvaluationRequest

        for name, value in (("--source", self.sources), ("--system", self.systems or self.checkpoints)):
            if not value:
                raise DataError(f"{name} is missing", hint="give CONFIG, or --source, --reference and --system")
        return EvaluationRequest(
            sources=self.sources,
            references=self.references,
            systems=_named(self.systems, "--system"),
            documents=self.documents,
            unit=self.unit,
            checkpoints=self.checkpoints,
            glossary=self.glossary,
            terms=self.terms,
            seen=self.seen,
            comet=self.comet,
        )

    def options(self) -> ComparisonOptions:
        """How to compare."""
        from mt.evaluation.compare import ComparisonOptions
        from mt.evaluation.significance import Resampling

        if self.no_worse_than is not None and self.baseline not in (None, self.no_worse_than):
            raise DataError(
                f"--baseline {self.baseline} and --no-worse-than {self.no_worse_than} differ",
                hint="name the same system",
            )
        labels = {}
        for name, values in _named(self.labels, "--label").items():
            if len(values) > 1:
                raise DataError(f"--label names '{name}' twice", hint="give each system one label")
            labels[name] = values[0]
        return ComparisonOptions(
            baseline=self.baseline or self.no_worse_than,
            labels=labels,
            title=self.title,
            resampling=Resampling(self.samples, 10 * self.samples, self.seed),
            progress=_log.info,
        )


@click.command()
@click.argument("config", required=False, type=click.Path())
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option(
    "--source",
    "-s",
    "sources",
    multiple=True,
    type=click.Path(),
    help="Source text, one segment per line; or a test set as JSON lines with zh, en and term dictionaries, "
    "which may be given again.",
)
@click.option(
    "--reference", "-r", "references", multiple=True, type=click.Path(), help="Human translation (may be repeated)."
)
@click.option(
    "--system",
    "systems",
    multiple=True,
    metavar="NAME=FILE|MODEL",
    help="A file of translations or a model to translate with (folder or hub name; MODEL+hybrid, +soft or +hard uses "
    "the terms, MODEL+glossary is hybrid). May be repeated; the first is the baseline. For a test set in several "
    "files repeat NAME for each file.",
)
@click.option(
    "--checkpoints",
    metavar="RUN",
    help="The folder of a training run: each checkpoint is a system, and the report draws their curve. RUN+MODE as "
    "above.",
)
@click.option("--glossary", "-g", type=click.Path(), help="The terms to measure.")
@click.option(
    "--terms",
    metavar="NAME|FILE",
    help="The terms of each segment: a dictionary of the test set (proper, if it has one), none, or a file "
    "with one JSON list or object per line.",
)
@click.option(
    "--unit",
    type=click.Choice(["line", "document"]),
    default="line",
    show_default=True,
    help="What a segment of a test set in JSON lines is.",
)
@click.option(
    "--seen",
    multiple=True,
    type=click.Path(),
    help="Training text (TSV or JSON lines), to tell seen terms from unseen.",
)
@click.option("--comet", type=click.Path(), help="A local COMET folder in safetensors (docs/guides/evaluate.md).")
@click.option("--documents", type=click.Path(), help="The document each segment belongs to, one name per line.")
@click.option("--label", "labels", multiple=True, metavar="NAME=TEXT", help="Where a system's output comes from.")
@click.option("--baseline", help="The system the others are tested against.")
@click.option("--output", "-o", type=click.Path(), help="Folder for scores.json, segments.jsonl and the report.")
@click.option("--title", default="", help="Heading of the report.")
@click.option("--seed", default=1, show_default=True, help="Of the significance tests.")
@click.option("--samples", default=1000, show_default=True, type=click.IntRange(min=1), help="Bootstrap samples.")
@click.option(
    "--fail-under",
    multiple=True,
    metavar="[NAME:]METRIC=VALUE",
    help="Exit with status 1 if a system other than the baseline, or the one named, is below this "
    "(TER: above it). May be repeated.",
)
@click.option(
    "--no-worse-than",
    metavar="NAME",
    help="Exit with status 1 if any other system is significantly worse than this one.",
)
@click.pass_context
def command(ctx: click.Context, **arguments: Any) -> None:
    """Compare systems with the human translation.

    With CONFIG: the base, the fine-tuned and the fine-tuned model with the glossary, on the
    prepared documents of that run. Without: the files and models given by the options.

    Exit status: 0; 1 when --fail-under or --no-worse-than fails; 2 on bad input; 130 when interrupted.
    """
    from mt.evaluation.gates import failed_thresholds, parse_threshold, worse_than_baseline

    given = _Arguments(**arguments)
    thresholds = [parse_threshold(text) for text in given.fail_under]
    try:
        comparison, report = _evaluate_run(given) if given.config else _evaluate_files(given, thresholds)
    except KeyboardInterrupt:
        raise _interrupted(given) from None
    click.echo(comparison)
    failures = failed_thresholds(comparison, thresholds)
    if given.no_worse_than is not None:
        failures += worse_than_baseline(comparison)
    if report is not None:
        click.echo(f"\nreport: {report}")
    for failure in failures:
        click.echo(f"failed: {failure}", err=True)
    if failures:
        ctx.exit(1)


def _evaluate_files(given: _Arguments, thresholds: Sequence[Threshold]) -> tuple[Comparison, Path | None]:
    from mt.evaluation.report.outputs import write

    options = given.options()
    job = given.request().read()
    # Refuse before any work what could not be judged after it.
    named = [("--label", name) for name in options.labels]
    named += [("--baseline", options.baseline)] if options.baseline else []
    named += [("--fail-under", threshold.system) for threshold in thresholds if threshold.system]
    for option, name in named:
        if name not in job.systems:
            raise DataError(f"{option}: no system '{name}'", hint=f"choose from {', '.join(job.systems)}")
    for threshold in thresholds:
        if threshold.metric.startswith("term_") and job.test_set.glossary is None:
            raise DataError(f"--fail-under: {threshold.metric} is not measured", hint="give --glossary or --terms")
    comparison = job.run(options, cache=given.cache)
    return comparison, write(comparison, given.output) if given.output else None


def _evaluate_run(given: _Arguments) -> tuple[Comparison, Path | None]:
    options = [
        given.sources, given.references, given.systems, given.checkpoints, given.glossary, given.terms, given.seen,
        given.comet, given.documents, given.labels, given.output, given.baseline,
    ]  # fmt: skip
    if any(options):
        raise DataError(
            "a configuration file and --source, --reference, --system or the like exclude each other",
            hint="give either",
        )
    from mt.config import load_config

    tree = load_config(str(given.config), given.overrides)
    from mt.evaluation.experiment import evaluate_run

    comparison = evaluate_run(tree, progress=_log.info)
    if given.no_worse_than not in (None, comparison.baseline):
        raise DataError(
            f"--no-worse-than {given.no_worse_than}", hint=f"the baseline of a run is '{comparison.baseline}'"
        )
    return comparison, Path(tree.run.dir) / "report" / "report.html"


def _interrupted(given: _Arguments) -> Interrupted:
    """Tell what is kept of an evaluation that Ctrl-C ended."""
    kept = len(list(given.cache.glob("*.json"))) if given.cache is not None else 0
    if not kept:
        return Interrupted("interrupted; no finished translations are kept, and no report is written")
    systems = "system" if kept == 1 else "systems"
    return Interrupted(
        f"interrupted; the translations of {kept} {systems} are kept in {given.cache}",
        hint="run the same command to continue",
    )


def _named(values: Sequence[str], option: str) -> dict[str, list[str]]:
    """Read NAME=VALUE; values of one name are collected."""
    named: dict[str, list[str]] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name.strip() or not text.strip():
            raise DataError(
                f"{option} '{value}' is not NAME=VALUE", hint=f"write for example {option} base=base.en.txt"
            )
        named.setdefault(name.strip(), []).append(text.strip())
    return named
