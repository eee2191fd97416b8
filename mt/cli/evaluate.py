"""``zhen-mt evaluate``."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mt.errors import DataError

if TYPE_CHECKING:
    from mt.evaluation.comparison import Comparison
    from mt.evaluation.gates import Threshold
    from mt.glossary.entries import Glossary

_log = logging.getLogger("mt.cli")

_WITH_GLOSSARY = "+glossary"
# Seconds between messages.
_PAUSE = 10.0


@click.command()
@click.argument("config", required=False, type=click.Path())
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--source", "-s", type=click.Path(), help="Source text, one segment a line.")
@click.option("--reference", "-r", multiple=True, type=click.Path(), help="Human translation; may be given again.")
@click.option(
    "--system",
    "systems",
    multiple=True,
    metavar="NAME=FILE|MODEL",
    help="A translation (file) or a model to translate with (folder or hub name; "
    "MODEL+glossary lets it use the glossary). May be given again; the first is the baseline.",
)
@click.option("--glossary", "-g", type=click.Path(), help="Terms to look for.")
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
    source: str | None,
    reference: tuple[str, ...],
    systems: tuple[str, ...],
    glossary: str | None,
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
    from mt.evaluation.markdown import render_summary

    thresholds = [parse_threshold(text) for text in fail_under]
    if config is not None:
        if source or reference or systems or glossary or documents or labels or output or baseline:
            raise DataError(
                "a configuration file and --source, --reference, --system or the like exclude each other",
                mend="give either",
            )
        comparison, report = _evaluate_run(config, overrides)
        if no_worse_than not in (None, comparison.baseline):
            raise DataError(
                f"--no-worse-than {no_worse_than}", mend=f"the baseline of a run is '{comparison.baseline}'"
            )
    else:
        if no_worse_than is not None and baseline not in (None, no_worse_than):
            raise DataError(
                f"--baseline {baseline} and --no-worse-than {no_worse_than} differ", mend="name the same system"
            )
        _check_gates(thresholds, _named(systems, "--system"), glossary)
        comparison, report = _evaluate_files(
            source,
            reference,
            systems,
            glossary,
            documents,
            labels,
            baseline or no_worse_than,
            output,
            title,
            seed,
            samples,
        )
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


def _check_gates(thresholds: list[Threshold], named: Iterable[str], glossary: str | None) -> None:
    """Refuse before any work what could not be judged after it."""
    for threshold in thresholds:
        if threshold.system is not None and threshold.system not in named:
            raise DataError(f"--fail-under: no system '{threshold.system}'", mend=f"choose from {', '.join(named)}")
        if threshold.metric.startswith("term_") and not glossary:
            raise DataError(f"--fail-under: {threshold.metric} is not measured", mend="give --glossary")


def _evaluate_run(config: str, overrides: tuple[str, ...]) -> tuple[Comparison, Path | None]:
    from mt.config import load_config

    tree = load_config(config, overrides)
    from mt.evaluation.experiment import evaluate_run

    return evaluate_run(tree, progress=_log.info), Path(tree.run.dir) / "report" / "report.html"


def _evaluate_files(
    source: str | None,
    references: tuple[str, ...],
    systems: tuple[str, ...],
    glossary_path: str | None,
    documents_path: str | None,
    labels: tuple[str, ...],
    baseline: str | None,
    output: str | None,
    title: str,
    seed: int,
    samples: int,
) -> tuple[Comparison, Path | None]:
    from mt.evaluation.compare import compare, write
    from mt.evaluation.scores import check_lengths
    from mt.evaluation.segment_files import read_segments
    from mt.glossary.entries import Glossary

    for name, value in (("--source", source), ("--reference", references), ("--system", systems)):
        if not value:
            raise DataError(f"{name} is missing", mend="give CONFIG, or --source, --reference and --system")
    assert source is not None
    named = _named(systems, "--system")
    notes = _named(labels, "--label")
    for kind, names in (("--label", list(notes)), ("--baseline", [baseline] if baseline else [])):
        for name in names:
            if name not in named:
                raise DataError(f"{kind}: no system '{name}'", mend=f"choose from {', '.join(named)}")
    glossary = Glossary.load(glossary_path) if glossary_path else None
    sources = read_segments(source)
    streams = [read_segments(path) for path in references]
    # Every file is read and counted before any model is loaded.
    hypotheses: dict[str, list[str]] = {}
    for name, value in named.items():
        if not _is_model(value):
            hypotheses[name] = read_segments(value)
        elif value.endswith(_WITH_GLOSSARY) and glossary is None:
            raise DataError(f"system '{name}' asks for the glossary", mend="give --glossary")
    documents = read_segments(documents_path) if documents_path else None
    check_lengths(len(streams[0]), **{source: sources})
    check_lengths(len(streams[0]), **dict(zip(references, streams, strict=True)))
    check_lengths(len(streams[0]), **{named[name]: lines for name, lines in hypotheses.items()})
    if documents is not None and documents_path is not None:
        check_lengths(len(streams[0]), **{documents_path: documents})
    for name, value in named.items():
        if name not in hypotheses:
            hypotheses[name] = _translate(value, sources, glossary, documents)
            notes.setdefault(name, f"translated here by {value}")
    comparison = compare(
        sources,
        streams,
        {name: hypotheses[name] for name in named},
        glossary,
        documents,
        baseline,
        notes,
        seed,
        samples,
        title=title,
        progress=_log.info,
    )
    return comparison, write(comparison, output) if output else None


def _named(values: tuple[str, ...], option: str) -> dict[str, str]:
    named: dict[str, str] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name.strip() or not text.strip():
            raise DataError(
                f"{option} '{value}' is not NAME=VALUE", mend=f"write for example {option} base=base.en.txt"
            )
        if name.strip() in named:
            raise DataError(f"{option} names '{name.strip()}' twice", mend="give each its own name")
        named[name.strip()] = text.strip()
    return named


def _is_model(value: str) -> bool:
    """Tell a model (folder, or hub name such as 'Helsinki-NLP/opus-mt-zh-en') from a file of translations."""
    if Path(value).is_file():
        return False
    name = value.removesuffix(_WITH_GLOSSARY)
    path = Path(name)
    if name != value or path.is_dir():
        return True
    # Not there: a missing file looks like one (an ending of letters, or a folder that exists), a hub name does not.
    looks_like_file = re.fullmatch(r"\.[A-Za-z]+", path.suffix) or (path.parent != Path() and path.parent.is_dir())
    return not looks_like_file and re.fullmatch(r"[\w.-]+/[\w.-]+", name) is not None


def _translate(value: str, sources: list[str], glossary: Glossary | None, documents: list[str] | None) -> list[str]:
    from mt.inference.translator import Translator

    model = value.removesuffix(_WITH_GLOSSARY)
    _log.info("translating with %s", value)
    translator = Translator.from_pretrained(model, glossary=glossary if model != value else None)
    # A set without documents is unrelated segments: each introduces its acronyms anew.
    apart = documents if documents is not None else list(range(len(sources)))
    return translator.translate(sources, documents=apart, progress=_progress(value))


def _progress(name: str) -> Callable[[int, int], None]:
    """Say now and then how far a translation is."""
    said = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal said
        if time.monotonic() - said >= _PAUSE:
            said = time.monotonic()
            _log.info("%s: %d of %d sentences", name, done, total)

    return tell
