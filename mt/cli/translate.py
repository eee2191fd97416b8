"""``zhen-mt translate``."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mt.cli.documents import Done, Job, one_by_one, plan, write_files
from mt.cli.outputs import check_outputs, write_output
from mt.cli.translation_report import Results, log_results, report_on
from mt.config import DecodingConfig
from mt.documents.formats import DocumentOptions, is_document
from mt.errors import DataError, UserError
from mt.io.text import decode, read_text, unix_line_ends
from mt.text.han import has_han

_log = logging.getLogger("mt.cli")
_DECODING = DecodingConfig()


@click.command()
@click.argument("text", required=False)
@click.option(
    "-i",
    "--input",
    "source",
    metavar="FILE|FOLDER",
    help="Text file or document (Word, Excel, PowerPoint, XLIFF, HTML …), or a folder of them; - for standard input.",
)
@click.option(
    "-o",
    "--output",
    "target",
    metavar="FILE|FOLDER",
    help="What to write, in the format of the input; text goes to standard output when not given, or -.",
)
@click.option("-m", "--model", help="Model folder or hub name.  [default: the starter]")
@click.option(
    "-g",
    "--glossary",
    metavar="FILE",
    multiple=True,
    help="Glossary whose terms the output must contain. Of several, the first has priority.",
)
@click.option("--strict", is_flag=True, help="Refuse a glossary with an entry that cannot be used.")
@click.option(
    "--glossary-mode",
    type=click.Choice(["hybrid", "soft", "hard", "off"]),
    default="hybrid",
    show_default=True,
    help="soft: annotate terms in the source. hard: constrain the search. hybrid: soft, then hard for what it "
    "misses. off: report terms only.",
)
@click.option(
    "--policy",
    type=click.Choice(["first-full", "always-full", "always-acronym", "none"]),
    default="first-full",
    show_default=True,
    help="Which mentions of a term are full names and which acronyms.",
)
@click.option(
    "--report",
    metavar="FILE",
    help="File for one JSON line for each term, number, name and protected span; a table if it is .tsv.",
)
@click.option(
    "--numbers/--no-numbers",
    default=None,
    help="Request large numbers as English has them (1218亿 as 121.8 billion).  [default: as the model was made]",
)
@click.option(
    "--names/--no-names",
    default=None,
    help="Request the names of Chinese persons in pinyin (李克强 as Li Keqiang).  [default: as the model was made]",
)
@click.option(
    "--protect",
    metavar="REGEX",
    multiple=True,
    help="Copy what matches this regular expression, as addresses, placeholders, tags, code, emoji etc. are copied.",
)
@click.option("--resume", is_flag=True, help="Of a folder, leave the files that are in the output folder already.")
@click.option("--comments", is_flag=True, help="Translate the comments of Word documents, too.")
@click.option("--alt-text", is_flag=True, help="Translate the texts of pictures of web pages, too.")
@click.option(
    "--column", metavar="NAME", help="Column or field with Chinese of CSV, TSV and JSON lines.  [default: zh]"
)
@click.option(
    "--mark-terms",
    is_flag=True,
    help="In Word documents, highlight terms that the search was forced to hold (yellow), and paragraphs that lack one "
    "(red).",
)
@click.option("--bilingual", metavar="FILE", help="Page to write with source and translation side by side (HTML).")
@click.option("--tmx", metavar="FILE", help="Translation memory to write (TMX).")
@click.option("--num-beams", type=click.IntRange(1), default=_DECODING.num_beams, show_default=True)
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option(
    "--engine",
    type=click.Choice(["auto", "torch", "ctranslate2", "ray"]),
    default="auto",
    show_default=True,
    help="What decodes. auto: CTranslate2 with int8 weights on a CPU, torch on a GPU. ray: the same in several "
    "workers, for documents.",
)
@click.option("--workers", type=click.IntRange(1), help="Workers of --engine ray.  [default: one for each core]")
def translate(text: str | None, source: str | None, target: str | None, report: str | None, **options: Any) -> None:
    """Translate TEXT, a file or a folder (-i), or standard input from Chinese into English.

    Lines, and the layout of documents, are kept as they are. Each input is one document: a term's first mention may be
    given in full, later ones by acronym.
    """
    of_documents = {name: options.pop(name) for name in ("comments", "alt_text", "column")}
    beside = {"--bilingual": options.pop("bilingual"), "--tmx": options.pop("tmx"), "--report": report}
    resume, mark_terms, workers = (options.pop(name) for name in ("resume", "mark_terms", "workers"))
    is_text = text is not None or source in (None, "-") or not (Path(str(source)).is_dir() or is_document(str(source)))
    if options["engine"] == "ray" and is_text:
        raise UserError("--engine ray is for documents", hint="give a folder as --input")
    if is_text:
        given, jobs = _read(text, source), []
        unfit = of_documents | {"resume": resume, "mark_terms": mark_terms} | beside
        for name in (name for name, value in unfit.items() if value and name != "--report"):
            raise UserError(f"--{name.lstrip('-').replace('_', '-')} is for documents", hint="leave it out")
    else:
        jobs = plan(str(source), target, resume=resume)
    glossary = options["glossary"]
    check_outputs(
        [
            *(("--output", job.target) for job in jobs if job.source == Path(str(source))),
            *((("--output", target),) if is_text else ()),
            *beside.items(),
        ],
        [*(("--input", job.source) for job in jobs), ("--input", source if is_text else None)]
        + [("--glossary", path) for path in glossary],
    )
    from mt.api import default_model

    options["model"] = default_model() if options["model"] is None else options["model"]
    settings = _settings(options)
    if is_text:
        from mt.inference.translator import Translator

        translator = Translator.from_pretrained(**settings)
        translations = translator.translate(given.removesuffix("\n").split("\n"), progress=_progress())
        write_output(target or "-", "\n".join(map(str, translations)) + "\n" * given.endswith("\n"))
        results: Results = [(None, translations)]
        failure = None
    else:
        documents = DocumentOptions(**of_documents)
        done = (
            _on_ray(jobs, workers, documents, settings | {"mark_terms": mark_terms})
            if settings["engine"] == "ray"
            else _in_process(jobs, documents, settings, mark_terms)
        )
        results, failure = write_files(jobs, done, bilingual=beside["--bilingual"], memory=beside["--tmx"])
    if report is not None and results:
        write_output(report, report_on(results, table=report.endswith(".tsv")))
    for path, translations in results:
        log_results(translations, with_terms=bool(glossary), file=path)
    if failure is not None:
        raise failure


def _settings(options: dict[str, Any]) -> dict[str, Any]:
    """Load the glossaries; return what makes the translator."""
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", options["device"]):
        raise UserError(f"there is no device '{options['device']}'", hint="choose auto, cpu or cuda")
    from mt.glossary import Glossary

    strict = options.pop("strict")
    terms = [Glossary.load(path, strict=strict) for path in options.pop("glossary")]
    kinds = {None: "auto", True: "request", False: "ignore"}
    requested = {kind: kinds[options[kind]] for kind in ("numbers", "names")}
    return options | requested | {"protect": list(options["protect"]), "glossary": terms or None}


def _in_process(jobs: list[Job], documents: DocumentOptions, settings: dict[str, Any], mark_terms: bool) -> Done:
    from mt.inference.documents import lazy_aligner, translate_file
    from mt.inference.translator import Translator

    translator, align = Translator.from_pretrained(**settings), lazy_aligner(settings["model"])
    how: dict[str, Any] = {"align": align, "mark_terms": mark_terms, "progress": _progress()}
    return one_by_one(jobs, lambda path: translate_file(path, translator, documents, **how))


def _on_ray(jobs: list[Job], workers: int | None, documents: DocumentOptions, settings: dict[str, Any]) -> Done:
    from mt.distributed import translate_folder

    number = workers or os.cpu_count() or 1
    files = [job.source for job in jobs]
    return translate_folder(files, workers=number, documents=documents, **(settings | {"engine": "auto"}))


def _read(text: str | None, source: str | None) -> str:
    if text is not None:
        if source is not None:
            raise UserError("both TEXT and --input were given", hint="give one of them")
        if not text.strip():
            raise DataError("the text is empty", hint="give some Chinese text")
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            raise DataError("the text is not UTF-8", hint="give a file of it as --input, or set a UTF-8 locale")
        # Path.is_file raises on a text too long for a name.
        if os.path.isfile(text):  # noqa: PTH113
            raise UserError("is a file, given as the text", path=text, hint=f"give it as --input {text}")
        if not has_han(text) and re.fullmatch(r"(?:\S+|.*/.*)\.[A-Za-z]\w{0,7}", text.strip()):
            raise UserError(
                "looks like a file, but there is none", path=text, hint="give --input FILE, or Chinese text"
            )
        return unix_line_ends(text) + "\n"
    if source in (None, "-"):
        if sys.stdin is None or (source is None and sys.stdin.isatty()):
            raise UserError("nothing to translate", hint="give TEXT, --input FILE, or text on standard input")
        source = "standard input"
        content = unix_line_ends(decode(sys.stdin.buffer.read(), path=source))
    else:
        content = read_text(source, hint="correct --input")
    if not content.strip():
        raise DataError("is empty", path=source, hint="give some Chinese text")
    # A file whose last line has no end gives another one.
    return content + "\n" * (sys.stdout is not None and sys.stdout.isatty() and not content.endswith("\n"))


def _progress() -> Callable[[int, int], None] | None:
    if not (sys.stderr.isatty() and _log.isEnabledFor(logging.INFO)):
        return None
    from tqdm import tqdm

    bar = tqdm(unit="sentence", leave=False)

    def update(done: int, total: int) -> None:
        bar.total = total
        bar.n = done
        bar.refresh()
        if done >= total:
            bar.close()

    return update
