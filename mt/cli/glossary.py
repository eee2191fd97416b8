"""``zhen-mt glossary``: lint, extract, match and convert term bases."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from mt.cli.outputs import check_outputs, write_output
from mt.errors import GlossaryError, UserError, one_line

if TYPE_CHECKING:
    from mt.glossary.lint import Finding

_EXAMPLES = 5
_PATH = click.Path(path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def glossary() -> None:
    """Check, extract, match and convert term bases.

    Formats: TSV, CSV (DeepL's and Amazon's columns too), JSON, JSON lines, TBX and TMX.
    """


@glossary.command()
@click.argument("glossary", type=_PATH)
@click.option("--format", metavar="NAME", help="The file's format; by default that of its suffix.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list of findings.")
@click.option("--text", multiple=True, metavar="PATH", help="Bilingual documents to test every entry on.")
@click.option("--model", metavar="MODEL", help="Model whose vocabulary must be able to write every target.")
@click.option(
    "--all", "show_all", is_flag=True, help="Print every finding, not only the first five warnings of each kind."
)
@click.pass_context
def lint(ctx: click.Context, glossary: Path, format: str | None, text: tuple[str, ...], **options: Any) -> None:
    """Report what is wrong in a term base; exit status 1 when there are errors."""
    from mt.data.segments import read_pairs
    from mt.glossary import lint as linter
    from mt.glossary.formats.registry import read_entries

    spells = None if options["model"] is None else _speller(options["model"])
    parsed = read_entries(glossary, format)
    findings = linter.lint(parsed, spells=spells)
    if text:
        findings += linter.lint_against_text(parsed.terms, read_pairs(text))
    if options["as_json"]:
        click.echo(json.dumps(list(map(asdict, findings)), ensure_ascii=False, indent=1))
    else:
        for note in parsed.notes:
            click.echo(f"{glossary}: note: {note}")
        _print(glossary, findings, options["show_all"])
        click.echo(f"{len(parsed.terms)} entries")
        counts = Counter((finding.severity, finding.kind) for finding in findings)
        for severity in ("error", "warning", "info"):
            kinds = {kind: count for (level, kind), count in counts.most_common() if level == severity}
            click.echo(f"{severity}: {sum(kinds.values())}" + (f" ({_listed(kinds)})" if kinds else ""))
    if any(finding.severity == "error" for finding in findings):
        ctx.exit(1)


def _speller(model: str) -> Callable[[str], bool]:
    """Return whether a model's vocabulary can write a target, as the constrained search needs it."""
    from mt.constraints.variants import TermSpeller
    from mt.models.load import load_tokenizer

    speller = TermSpeller(load_tokenizer(model))
    return lambda target: bool(speller.constraint([(target, True)]).alternatives)


def _listed(kinds: Mapping[str, int]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in kinds.items())


def _print(path: Path, findings: Sequence[Finding], show_all: bool) -> None:
    shown: Counter[str] = Counter()
    for finding in findings:
        shown[finding.kind] += 1
        # A large dictionary has warnings by the ten thousand; errors are all printed.
        if finding.severity != "error" and shown[finding.kind] > _EXAMPLES and not show_all:
            continue
        place = f"{path}:{finding.line}" if finding.line else str(path)
        click.echo(f"{place}: {finding.severity}: {finding.kind}: {finding.entry}: {finding.message}")


@glossary.command()
@click.option("-g", "--glossary", type=_PATH, required=True, help="Term base.")
@click.option("--format", metavar="NAME", help="Its format; by default that of its suffix.")
@click.option(
    "-i", "--input", "source", type=click.File("rb"), default="-", help="Chinese text; standard input if absent."
)
@click.option("--overlap", is_flag=True, help="Every occurrence, also within longer ones.")
def match(glossary: Path, format: str | None, source: BinaryIO, overlap: bool) -> None:
    """Find terms in Chinese text.

    Prints JSON lines of {line, start, end, source, targets}; lines count from 1, characters from 0, and source is
    the text as found there.
    """
    from mt.glossary.glossary import Glossary
    from mt.io.text import decode, split_lines

    terms = Glossary.load(glossary, format)
    lines = split_lines(decode(source.read(), path=getattr(source, "name", "standard input")))
    for number, text in enumerate(lines, 1):
        for found in terms.match(text, overlap=overlap):
            record: dict[str, Any] = {"line": number, "start": found.start, "end": found.end}
            record |= {"source": text[found.start : found.end], "targets": found.term.targets}
            click.echo(json.dumps(record, ensure_ascii=False))


@glossary.command()
@click.argument("source", type=_PATH)
@click.argument("target", type=_PATH)
@click.option("--from", "from_", metavar="NAME", help="Format of SOURCE; by default that of its suffix.")
@click.option("--to", metavar="NAME", help="Format of TARGET: tsv, csv, deepl, amazon, json, jsonl, tbx, tmx.")
@click.option("--strict", is_flag=True, help="Refuse a term base with an entry that cannot be used.")
def convert(source: Path, target: Path, from_: str | None, to: str | None, strict: bool) -> None:
    """Convert a term base and list what the target's format cannot hold."""
    from mt.glossary.formats.registry import WRITERS, format_of, losses, read_entries

    to = format_of(target, to, WRITERS)
    check_outputs([("TARGET", target)], [("SOURCE", source)])

    def say(text: str) -> None:
        click.echo(one_line(text), err=str(target) == "-")

    parsed = read_entries(source, from_)
    if parsed.errors and strict:
        raise parsed.errors[0]
    for error in parsed.errors:
        say(f"skipped: {error}")
    for note in parsed.notes:
        say(f"{source}: note: {note}")
    if not parsed.terms:
        raise GlossaryError("holds no entry", path=source)
    lost = losses(parsed.terms, to)
    write_output(target, WRITERS[to](parsed.terms))
    for loss in lost:
        place = f"line {loss.line}: " if loss.line else ""
        say(f"not held by {to}: {place}{loss.source}: {loss.field}: {loss.value}")
    say(f"{target}: {len(parsed.terms)} entries as {to}; {len(lost)} fields it cannot hold")


@glossary.command()
@click.argument("documents", nargs=-1, required=True)
@click.option("-o", "--output", type=_PATH, help="Table to review, .tsv or .xlsx; TSV on standard output if absent.")
@click.option("-m", "--model", help="Model that aligns the words.  [default: the starter]")
@click.option("--min-count", type=click.IntRange(1), default=1, show_default=True, help="Occurrences an entry needs.")
@click.option(
    "--min-confidence", type=click.FloatRange(0, 1), default=0.02, show_default=True, help="Least confidence."
)
@click.option(
    "--exclude", multiple=True, type=_PATH, metavar="FILE", help="Glossary, or .txt of one source per line, left out."
)
def extract(
    documents: tuple[str, ...], output: Path | None, model: str | None, exclude: tuple[Path, ...], **options: Any
) -> None:
    """Propose entries from bilingual DOCUMENTS, the likeliest first, with evidence, as a table to review.

    The model aligns the words of the translations with their sources; phrases that translate each other alone are
    ranked by the confidence that they are an entry, by frequency, exclusiveness, log-likelihood ratio and C-value.
    """
    from mt.data.segments import read_pairs
    from mt.glossary.extraction.extract import extract as propose
    from mt.glossary.extraction.review import candidates_tsv, write_workbook

    if output is not None and str(output) != "-" and output.suffix not in (".tsv", ".xlsx"):
        raise UserError("is no table for candidates", path=output, hint="give a file that ends in .tsv or .xlsx")
    check_outputs([("--output", output)], [("DOCUMENTS", path) for path in documents])
    known = [source for path in exclude for source in _sources(path)]
    pairs = read_pairs(documents)

    from mt.api import default_model
    from mt.inference.alignment import Aligner

    aligner = Aligner.from_pretrained(default_model() if model is None else model)
    links = aligner.align([zh for zh, _ in pairs], [en for _, en in pairs])
    candidates = propose(pairs, links, exclude=known, **options)
    if output is not None and output.suffix == ".xlsx":
        write_workbook(candidates, output)
    else:
        write_output(output or "-", candidates_tsv(candidates))
    if output is not None:
        kinds = Counter(candidate.kind for candidate in candidates)
        summary = f"{output}: {len(candidates)} candidates ({_listed(dict(kinds.most_common()))})"
        click.echo(one_line(summary), err=str(output) == "-")


def _sources(path: Path) -> list[str]:
    """Return the sources of a glossary, or the lines of a text file."""
    from mt.glossary.formats.registry import read_entries
    from mt.io.text import read_lines

    if path.suffix == ".txt":
        return [line.strip() for line in read_lines(path) if line.strip()]
    return [term.source for term in read_entries(path).terms]
