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
from mt.errors import GlossaryError, one_line

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
@click.option("-o", "--output", type=_PATH, help="Table of candidates to edit; standard output if absent.")
@click.option("--min-count", type=click.IntRange(1), default=1, show_default=True, help="Occurrences a name needs.")
@click.option("--min-score", type=float, default=10.83, show_default=True, help="Least log-likelihood ratio of a term.")
def extract(documents: tuple[str, ...], output: Path | None, min_count: int, min_score: float) -> None:
    """Propose entries from bilingual DOCUMENTS, with evidence, as a table to edit.

    Acronyms with their expansions, capitalised names, names spelled in pinyin, and recurring phrases associated by
    Dunning's log-likelihood ratio.
    """
    from mt.data.segments import read_pairs
    from mt.glossary.extraction.extract import extract as propose
    from mt.glossary.extraction.extract import write_candidates

    check_outputs([("--output", output)], [("DOCUMENTS", path) for path in documents])
    candidates = propose(read_pairs(documents), min_count=min_count, min_score=min_score)
    text = write_candidates(candidates)
    write_output(output or "-", text)
    if output is None:
        return
    kinds = Counter(candidate.kind for candidate in candidates)
    click.echo(one_line(f"{output}: {len(candidates)} candidates ({_listed(dict(kinds.most_common()))})"))
