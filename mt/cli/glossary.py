"""``zhen-mt glossary``: lint, extract, match and convert term bases."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mt.errors import DataError, GlossaryError
from mt.io.files import write_text

if TYPE_CHECKING:
    from mt.glossary.lint import Finding

__all__ = ["command"]

_EXAMPLES = 5
_GLOSSARY = click.Path(path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Check, extract, match and convert term bases.

    Read are TSV, CSV (DeepL's and Amazon's columns too), JSON, JSON lines, TBX and TMX.
    """


@command.command()
@click.argument("glossary", type=_GLOSSARY)
@click.option("--format", "format_", metavar="NAME", help="The file's format, where its name does not tell.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list of findings.")
@click.option("--text", "texts", multiple=True, metavar="PATH", help="Bilingual documents to try every entry on.")
@click.option(
    "--segments",
    nargs=2,
    type=_GLOSSARY,
    metavar="ZH EN",
    help="Line-aligned files to whose line N the entries of line N belong, as in the WMT23 terminology test.",
)
@click.option("--model", type=_GLOSSARY, help="Model folder whose vocabulary must be able to write every target.")
@click.option("--all", "show_all", is_flag=True, help="Print every finding; without it, some of each kind of note.")
@click.pass_context
def lint(
    ctx: click.Context,
    glossary: Path,
    format_: str | None,
    as_json: bool,
    texts: tuple[str, ...],
    segments: tuple[Path, Path] | None,
    model: Path | None,
    show_all: bool,
) -> None:
    """Report what is wrong in a term base; exit status 1 when there are errors."""
    from mt.glossary.formats.registry import read_entries
    from mt.glossary.lint import lint as examine
    from mt.glossary.lint import lint_against_text, lint_own_segments
    from mt.glossary.spelling import load_speller

    spells = None if model is None else load_speller(model)
    reading = read_entries(glossary, format_)
    findings = examine(reading, spells=spells, per_segment=segments is not None)
    if segments is not None:
        findings += lint_own_segments(reading.terms, _line_pairs(*segments))
    if texts:
        findings += lint_against_text(reading.terms, _pairs(texts))
    if as_json:
        click.echo(json.dumps([finding.as_dict() for finding in findings], ensure_ascii=False, indent=1))
    else:
        for remark in reading.remarks:
            click.echo(f"{glossary}: note: {remark}")
        _print_findings(glossary, findings, show_all)
        _print_summary(len(reading.terms), findings)
    if any(finding.severity == "error" for finding in findings):
        ctx.exit(1)


def _print_findings(path: Path, findings: Sequence[Finding], show_all: bool) -> None:
    shown: Counter[str] = Counter()
    for finding in findings:
        shown[finding.kind] += 1
        # Errors are all told; a large dictionary has notes by the ten thousand.
        if finding.severity != "error" and shown[finding.kind] > _EXAMPLES and not show_all:
            continue
        place = f"{path}:{finding.line}" if finding.line else str(path)
        click.echo(f"{place}: {finding.severity}: {finding.kind}: {finding.entry}: {finding.message}")


def _print_summary(entries: int, findings: Sequence[Finding]) -> None:
    click.echo(f"{entries} entries")
    counts = Counter((finding.severity, finding.kind) for finding in findings)
    for severity in ("error", "warning", "info"):
        kinds = ", ".join(f"{kind} {count}" for (level, kind), count in counts.most_common() if level == severity)
        total = sum(count for (level, _), count in counts.items() if level == severity)
        click.echo(f"{severity}: {total}" + (f" ({kinds})" if kinds else ""))


@command.command()
@click.option("-g", "--glossary", type=_GLOSSARY, required=True, help="Term base.")
@click.option("--format", "format_", metavar="NAME", help="Its format, where its name does not tell.")
@click.option(
    "-i", "--input", "source", type=click.File("rb"), default="-", help="Chinese text; standard input if absent."
)
@click.option("--overlap", is_flag=True, help="Every occurrence, also within longer ones.")
def match(glossary: Path, format_: str | None, source: Iterable[bytes], overlap: bool) -> None:
    """Find terms in Chinese text.

    Prints JSON lines of {line, start, end, source, targets}; lines count from 1, characters from 0, and source is
    the text as it stands there.
    """
    from mt.glossary.glossary import Glossary

    terms = Glossary.load(glossary, format_)
    name = getattr(source, "name", "standard input")
    for number, data in enumerate(source, 1):
        try:
            text = data.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise DataError(
                f"is not UTF-8 (byte {error.start} of the line)", path=name, line=number, hint="save it as UTF-8"
            ) from None
        for found in terms.match(text, overlap=overlap):
            record = {
                "line": number,
                "start": found.start,
                "end": found.end,
                "source": text[found.start : found.end],
                "targets": list(found.term.targets),
            }
            click.echo(json.dumps(record, ensure_ascii=False))


@command.command()
@click.argument("source", type=_GLOSSARY)
@click.argument("target", type=_GLOSSARY)
@click.option("--from", "from_", metavar="NAME", help="Format of SOURCE, where its name does not tell.")
@click.option(
    "--to", metavar="NAME", help="Format of TARGET: tsv, csv, deepl, amazon, json, jsonl, tbx, tbx-2008, tmx."
)
@click.option("--skip-faulty", is_flag=True, help="Leave out entries that cannot be used, naming each.")
def convert(source: Path, target: Path, from_: str | None, to: str | None, skip_faulty: bool) -> None:
    """Convert a term base and list what the target's format cannot hold."""
    from mt.glossary.formats.registry import WRITERS, guess_format, losses, read_entries, write_glossary

    to = to or guess_format(target)
    if to not in WRITERS:
        raise GlossaryError(f"unknown format '{to}'", path=target, hint=f"choose one of {', '.join(WRITERS)}")
    reading = read_entries(source, from_)
    if reading.faults and not skip_faulty:
        fault = reading.faults[0]
        raise GlossaryError(
            fault.message,
            path=fault.path,
            line=fault.line,
            field=fault.field,
            hint=fault.hint or "or give --skip-faulty",
        )
    for fault in reading.faults:
        click.echo(f"left out: {fault}")
    for remark in reading.remarks:
        click.echo(f"{source}: note: {remark}")
    if not reading.terms:
        raise GlossaryError("holds no entry", path=source)
    lost = losses(reading.terms, to)
    write_glossary(reading.terms, target, to)
    for loss in lost:
        place = f"line {loss.line}: " if loss.line else ""
        click.echo(f"not held by {to}: {place}{loss.source}: {loss.field}: {loss.value}")
    click.echo(f"{target}: {len(reading.terms)} entries as {to}; {len(lost)} fields it cannot hold")


@command.command()
@click.argument("documents", nargs=-1, required=True)
@click.option("-o", "--output", type=_GLOSSARY, help="Table of candidates to edit; standard output if absent.")
@click.option("--min-count", type=click.IntRange(1), default=1, show_default=True, help="Occurrences a name needs.")
@click.option("--min-score", type=float, default=10.83, show_default=True, help="Least log-likelihood ratio of a term.")
def extract(documents: tuple[str, ...], output: Path | None, min_count: int, min_score: float) -> None:
    """Propose entries from bilingual DOCUMENTS, with evidence, as a table to edit.

    Acronyms with their expansions, capitalised names, names spelled in pinyin, and recurring phrases associated by
    Dunning's log-likelihood ratio.
    """
    from mt.glossary.extraction.extract import extract as propose
    from mt.glossary.extraction.extract import write_candidates

    candidates = propose(_pairs(documents), min_count=min_count, min_score=min_score)
    text = write_candidates(candidates)
    if output is None:
        click.echo(text, nl=False)
        return
    write_text(output, text)
    kinds = Counter(candidate.kind for candidate in candidates)
    listed = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common())
    click.echo(f"{output}: {len(candidates)} candidates ({listed})")


def _pairs(paths: Sequence[str]) -> list[tuple[str, str]]:
    """Read bilingual documents as ``zhen-mt prepare`` does, cleaned and sentence-aligned."""
    from mt.data.documents import read_documents
    from mt.data.segments import segments_of

    return [
        (segment.zh, segment.en) for document in read_documents(paths) for segment in segments_of(document).segments
    ]


def _line_pairs(zh: Path, en: Path) -> list[tuple[str, str]]:
    sides = []
    for path in (zh, en):
        try:
            sides.append(path.read_text("utf-8").removesuffix("\n").split("\n"))
        except OSError as error:
            raise DataError(f"cannot be read ({error.strerror})", path=path) from None
        except UnicodeDecodeError as error:
            raise DataError(f"is not UTF-8 (byte {error.start})", path=path, hint="save it as UTF-8") from None
    if len(sides[0]) != len(sides[1]):
        raise DataError(
            f"has {len(sides[1])} lines, {zh} has {len(sides[0])}", path=en, hint="give files aligned line by line"
        )
    return list(zip(*sides, strict=True))
