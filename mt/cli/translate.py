"""``zhen-mt translate``."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from mt.config import DecodingConfig
from mt.errors import DataError, UserError
from mt.io.files import write_text

if TYPE_CHECKING:
    from mt.inference.translation import ReadingOutcome, Translation

_log = logging.getLogger("mt.cli")


@click.command()
@click.argument("text", required=False)
@click.option(
    "-i", "--input", "source", type=click.Path(), help="File to translate (UTF-8 text); - for standard input."
)
@click.option("-o", "--output", "target", type=click.Path(), help="File to write; standard output when not given.")
@click.option("-m", "--model", type=str, help="Model folder or hub name.  [default: the starter]")
@click.option("-g", "--glossary", type=click.Path(), help="Term base whose terms the output must hold.")
@click.option(
    "--glossary-mode",
    type=click.Choice(["hybrid", "soft", "hard", "off"]),
    default="hybrid",
    show_default=True,
    help="hybrid: ask, check, constrain what is missed. soft: ask and check alone. hard: constrain from the start.",
)
@click.option(
    "--policy",
    type=click.Choice(["first-full", "always-full", "always-acronym", "none"]),
    default="first-full",
    show_default=True,
    help="How full names and acronyms share out over the text.",
)
@click.option("--terms-report", type=click.Path(), help="File for one JSON line a term: what became of it.")
@click.option(
    "--figures/--no-figures",
    default=None,
    help="Ask for large figures as English has them (1218亿 as 121.8 billion).  [default: the model's own]",
)
@click.option(
    "--names/--no-names",
    default=None,
    help="Ask for the names of Chinese persons in pinyin (李克强 as Li Keqiang).  [default: the model's own]",
)
@click.option("--num-beams", type=click.IntRange(1), default=DecodingConfig().num_beams, show_default=True)
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
def command(
    text: str | None,
    source: str | None,
    target: str | None,
    model: str | None,
    glossary: str | None,
    glossary_mode: str,
    policy: str,
    terms_report: str | None,
    figures: bool | None,
    names: bool | None,
    num_beams: int,
    device: str,
) -> None:
    """Translate TEXT, a file (-i), or standard input from Chinese into English.

    Lines are kept as they are. The whole input is one document: a term's first mention may be given in
    full, later ones by acronym.
    """
    given = _read(text, source)
    from mt.api import default_model
    from mt.inference.translator import Translator

    translator = Translator.from_pretrained(
        model or default_model(),
        glossary,
        glossary_mode=glossary_mode,  # type: ignore[arg-type]
        policy=policy,  # type: ignore[arg-type]
        decoding=DecodingConfig(num_beams=num_beams, numbers=_asked(figures), names=_asked(names)),
        device=device,
    )
    lines = given.split("\n")
    translations = translator.translate(lines, details=True, progress=_progress())
    output = "\n".join(translation.text for translation in translations)
    if target is None:
        click.echo(output)
    else:
        write_text(target, output if output.endswith("\n") else output + "\n")
    if terms_report is not None:
        write_text(terms_report, _report(lines, translations))
    if glossary is not None:
        _say_terms(translations)
    _say_readings("large figures", "figure", lines, (translation.figures for translation in translations))
    _say_readings("names", "name", lines, (translation.names for translation in translations))


def _asked(chosen: bool | None) -> Literal["auto", "request", "ignore"]:
    return "auto" if chosen is None else "request" if chosen else "ignore"


def _read(text: str | None, source: str | None) -> str:
    if text is not None and source is not None:
        raise UserError("both TEXT and --input were given", hint="give one of them")
    if text is not None:
        if not text.strip():
            raise DataError("the text is empty", hint="give some Chinese text")
        # Path.is_file raises on a text too long for a name.
        if os.path.isfile(text):  # noqa: PTH113
            raise UserError("is a file, given as the text", path=text, hint=f"give it as --input {text}")
        return text
    if source is None and sys.stdin.isatty():
        raise UserError("nothing to translate", hint="give TEXT, --input FILE, or text on standard input")
    name = source if source not in (None, "-") else "standard input"
    try:
        data = sys.stdin.buffer.read() if source in (None, "-") else Path(str(source)).read_bytes()
        content = data.decode("utf-8-sig")
    except FileNotFoundError:
        raise DataError("no such file", path=name, hint="correct --input") from None
    except UnicodeDecodeError as error:
        raise DataError(f"is not UTF-8 (byte {error.start})", path=name, hint="save it as UTF-8") from None
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", path=name) from None
    if not content.strip():
        raise DataError("is empty", path=name, hint="give some Chinese text")
    return content.replace("\r\n", "\n").removesuffix("\n")


def _progress() -> Callable[[int, int], None] | None:
    if not (sys.stderr.isatty() and _log.isEnabledFor(logging.INFO)):
        return None
    from tqdm import tqdm

    bar = tqdm(unit="sentence", leave=False)

    def tell(done: int, total: int) -> None:
        bar.total = total
        bar.n = done
        bar.refresh()
        if done >= total:
            bar.close()

    return tell


def _report(lines: list[str], translations: list[Translation]) -> str:
    return "".join(
        json.dumps(outcome.as_record(number, line), ensure_ascii=False) + "\n"
        for number, (line, translation) in enumerate(zip(lines, translations, strict=True))
        for outcome in translation.terms
    )


def _say_terms(translations: list[Translation]) -> None:
    outcomes = [outcome for translation in translations for outcome in translation.terms]
    counts = Counter(outcome.status for outcome in outcomes)
    met = counts["model"] + counts["constrained"]
    _log.info(
        "terms: %d of %d met (%d by the model, %d constrained)",
        met, len(outcomes), counts["model"], counts["constrained"],
    )  # fmt: skip
    for outcome in outcomes:
        if outcome.status == "unsatisfied":
            _log.warning("term not met: %s → %s: %s", outcome.term.source, outcome.term.targets[0], outcome.reason)


def _say_readings(kind: str, one: str, lines: list[str], outcomes: Iterable[tuple[ReadingOutcome, ...]]) -> None:
    """Figures and names are asked for softly: a wrong one must not go unseen."""
    asked = [
        (line[outcome.source_start : outcome.source_end], outcome)
        for line, own in zip(lines, outcomes, strict=True)
        for outcome in own
    ]
    if asked:
        _log.info("%s: %d of %d met", kind, sum(outcome.met for _, outcome in asked), len(asked))
    for source, outcome in asked:
        if not outcome.met:
            _log.warning("%s not met: %s → %s", one, source, outcome.target)
