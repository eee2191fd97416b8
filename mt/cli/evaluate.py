"""``zhen-mt evaluate``."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mt.config.evaluation import MAX_SAMPLES
from mt.errors import DataError, Interrupted, one_line

if TYPE_CHECKING:
    from mt.evaluation.comparison import Comparison
    from mt.evaluation.gates import Threshold
    from mt.evaluation.test_sets import TestSet

_log = logging.getLogger("mt.cli")
_MANY: dict[str, Any] = {"multiple": True, "type": click.Path()}


@click.command(context_settings={"show_default": True})
@click.argument("config", required=False, type=click.Path())
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("-s", "--source", "sources", **_MANY, help="Text, one segment per line, or a test set as JSON lines.")
@click.option("-r", "--reference", "references", **_MANY, help="Human translation; may be repeated.")
@click.option(
    "--system",
    "systems",
    multiple=True,
    metavar="NAME=FILE|MODEL",
    help="A file of translations or a model to translate with (folder or hub name; MODEL+hybrid, +soft or +hard uses "
    "the terms). May be repeated; the first is the baseline. For a test set in several files repeat NAME.",
)
@click.option("-g", "--glossary", type=click.Path(), help="The terms to measure.")
@click.option(
    "--terms",
    metavar="NAME|FILE",
    help="The terms of each segment: a dictionary of the test set (proper, if it has one), none, or a file with one "
    "JSON list or object per line.",
)
@click.option(
    "--unit", type=click.Choice(["line", "document"]), default="line", help="What a segment of JSON lines is."
)
@click.option("--seen", **_MANY, help="Bilingual documents trained on: tells seen terms from unseen.")
@click.option("--comet", type=click.Path(), help="Scores that comet-score --to_json has written for these systems.")
@click.option("--documents", type=click.Path(), help="The document each segment belongs to, one name per line.")
@click.option("-o", "--output", type=click.Path(), help="Folder for scores.json, segments.jsonl and the report.")
@click.option("--seed", default=1, type=click.IntRange(0, 2**32 - 1), help="Of the significance tests.")
@click.option("--samples", default=1000, type=click.IntRange(1, MAX_SAMPLES), help="Bootstrap samples.")
@click.option(
    "--fail-under",
    multiple=True,
    metavar="[NAME:]METRIC=VALUE",
    help="Exit with status 1 if a system other than the baseline, or the one named, is below this (TER: above it). "
    "May be repeated.",
)
@click.option(
    "--no-worse-than",
    metavar="NAME",
    help="Exit with status 1 if any other system is significantly worse than this one, which is then the baseline.",
)
@click.pass_context
def evaluate(ctx: click.Context, config: str | None, overrides: tuple[str, ...], **options: Any) -> None:
    """Compare systems with the human translation.

    With CONFIG: the base, the fine-tuned and the fine-tuned model with the glossary, on the
    prepared documents of that run. Without: the files and models given by the options.

    Exit status: 0; 1 when --fail-under or --no-worse-than fails; 2 on bad input; 130 when interrupted.
    """
    from mt.evaluation.gates import failed_thresholds, parse_threshold, worse_than_baseline
    from mt.evaluation.report.outputs import check_report, write

    output, no_worse_than = options["output"], options["no_worse_than"]
    thresholds = [parse_threshold(text) for text in options["fail_under"]]
    if output is not None:
        files = [text.partition("=")[2] for text in options["systems"]]
        check_report(output, [*options["sources"], *options["references"], *options["seen"], *files])
    cache = Path(output) / "translations" if output else None
    try:
        if config is not None:
            comparison, report = _evaluate_run(ctx, config, overrides)
        else:
            comparison, report = _evaluate_files(options, thresholds, cache), None
    except KeyboardInterrupt:
        if cache is None or not any(cache.glob("*.json")):
            raise
        message = f"interrupted; the finished translations are kept in {cache}"
        raise Interrupted(message, hint="run the same command to continue") from None
    if no_worse_than not in (None, comparison.baseline):
        raise DataError(f"--no-worse-than {no_worse_than}", hint=f"the baseline of a run is '{comparison.baseline}'")
    click.echo(comparison)
    failures = failed_thresholds(comparison, thresholds)
    if no_worse_than is not None:
        failures += worse_than_baseline(comparison)
    if config is None and output is not None:
        report = write(comparison, output)
    if report is not None:
        click.echo(f"\nreport: {one_line(str(report))}")
    for failure in failures:
        click.echo(f"failed: {failure}", err=True)
    if failures:
        ctx.exit(1)


def _evaluate_run(ctx: click.Context, config: str, overrides: Sequence[str]) -> tuple[Comparison, Path]:
    allowed = ("config", "overrides", "fail_under", "no_worse_than")
    for parameter in ctx.command.params:
        source = ctx.get_parameter_source(str(parameter.name))
        if source is ParameterSource.COMMANDLINE and parameter.name not in allowed:
            raise DataError(f"a configuration file and {parameter.opts[0]} exclude each other", hint="give either")
    from mt.config import load_config

    tree = load_config(config, overrides)
    from mt.evaluation.experiment import evaluate_run

    return evaluate_run(tree, progress=_log.info), Path(tree.run.dir) / "report" / "report.html"


def _evaluate_files(options: Mapping[str, Any], thresholds: Sequence[Threshold], cache: Path | None) -> Comparison:
    """Read and check everything before anything is translated, and compare."""
    from mt.data.segments import read_pairs
    from mt.evaluation.compare import ComparisonOptions, compare, default_metrics
    from mt.evaluation.significance import Resampling
    from mt.evaluation.systems import read_system
    from mt.metrics.comet import Comet
    from mt.metrics.terms import seen_terms

    for option in ("source", "system"):
        if not options[f"{option}s"]:
            raise DataError(f"--{option} is missing", hint="give CONFIG, or --source, --reference and --system")
    test_set = _read_test_set(options)
    systems = {name: read_system(name, paths, test_set) for name, paths in _named_paths(options["systems"]).items()}
    for threshold in thresholds:
        if threshold.system and threshold.system not in systems:
            raise DataError(f"--fail-under: no system '{threshold.system}'", hint=f"choose from {', '.join(systems)}")
        if threshold.metric.startswith("term_") and test_set.glossary is None:
            raise DataError(f"--fail-under: {threshold.metric} is not measured", hint="give --glossary or --terms")
    comet = [] if options["comet"] is None else [Comet(options["comet"])]
    compared = ComparisonOptions(
        metrics=[*default_metrics(test_set), *comet],
        baseline=options["no_worse_than"],
        resampling=Resampling(options["samples"], 10 * options["samples"], options["seed"]),
        seen=seen_terms(read_pairs(options["seen"]), test_set.glossaries or []) if options["seen"] else None,
        progress=_log.info,
    )
    return compare(test_set, systems, compared, cache)


def _read_test_set(options: Mapping[str, Any]) -> TestSet:
    from mt.evaluation.test_sets import read_test_set
    from mt.glossary.glossary import Glossary

    if options["glossary"] is not None and options["terms"] is not None:
        raise DataError("--glossary and --terms exclude each other", hint="give either")
    test_set = read_test_set(options["sources"], options["references"], options["documents"], options["unit"])
    if options["glossary"] is None:
        return test_set.with_terms(options["terms"])
    return replace(test_set, glossary=Glossary.load(options["glossary"]), dictionaries={})


def _named_paths(values: Sequence[str]) -> dict[str, list[Path]]:
    """Read NAME=FILE; the files of one name are collected."""
    named: dict[str, list[Path]] = {}
    for value in values:
        name, _, text = (part.strip() for part in value.partition("="))
        if not name or not text:
            hint = "write for example --system base=base.en.txt"
            raise DataError(f"--system '{value}' is not NAME=FILE or NAME=MODEL", hint=hint)
        named.setdefault(name, []).append(Path(text))
    return named
