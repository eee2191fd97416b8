"""The ``zhen-mt`` command: the only place that prints and sets up logging.

The module of a command is imported when it is called, so that ``--help`` is quick.
"""

from mt.cli import interrupts

# isort: split
import importlib
import io
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from mt.errors import UserError, one_line

# name -> its line of help, known without importing its module.
_COMMANDS = {
    "prepare": "Documents to a Hugging Face dataset and a manifest.",
    "train": "Train or fine-tune a model.",
    "translate": "Translate text, a file or standard input.",
    "evaluate": "Compare systems with the human translation.",
    "glossary": "Check, extract, match and convert term bases.",
    "export": "Convert a model to CTranslate2 int8.",
    "run": "Prepare, train and evaluate in one run folder.",
}
# Keeps libraries' bars and advice off the user's terminal; their errors still show.
_QUIET = {
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


class _OneLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        # What a file's name holds must not reach the terminal as a command.
        return super().format(record) if record.exc_info else one_line(record.getMessage())


def _rank(name: str) -> int:
    """The place of this process among those that torchrun started; 0 where it is alone, whatever ``name`` says."""
    value = os.environ.get(name, "")
    return int(value) if "MASTER_ADDR" in os.environ and value.isdecimal() else 0


def _set_verbosity(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    """Set up logging; the options may come before the command, after it, or both."""
    ctx.meta[str(param.name)] = ctx.meta.get(str(param.name)) or value
    alone = not _rank("RANK")  # else one of many processes of a training: the first one speaks
    verbose, quiet = alone and ctx.meta.get("verbose"), ctx.meta.get("quiet") or not alone
    if "MASTER_ADDR" in os.environ:
        # Else the other processes print a C++ stack each when one ends, before our line.
        os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "FATAL")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # for names of files that are not UTF-8
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, force=True)
    logging.getLogger().handlers[0].setFormatter(_OneLine())
    logging.getLogger("mt").setLevel(logging.DEBUG if verbose else logging.ERROR if quiet else logging.INFO)
    for name in ("transformers", "datasets", "accelerate", "absl"):
        logging.getLogger(name).setLevel(logging.NOTSET if verbose else logging.ERROR)
    for key, setting in _QUIET.items():
        if not verbose:
            os.environ.setdefault(key, setting)
        elif os.environ.get(key) == setting:
            del os.environ[key]


def _with_verbosity(command: click.Command) -> click.Command:
    """Let a command and its subcommands take ``-v`` and ``-q``."""
    if not any(param.name == "verbose" for param in command.params):
        common: dict[str, Any] = {"is_flag": True, "expose_value": False, "callback": _set_verbosity}
        command.params += [
            click.Option(["-v", "--verbose"], help="Say more, the libraries' messages too.", **common),
            click.Option(["-q", "--quiet"], help="Report errors only.", **common),
        ]
        for own in getattr(command, "commands", {}).values():
            _with_verbosity(own)
    return command


@contextmanager
def _errors_in_one_line(ctx: click.Context) -> Iterator[None]:
    """End the command with one line on standard error where the user can correct what is wrong."""
    try:
        interrupts.raise_from_now_on()
        yield
        return
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.ClickException as error:
        at = getattr(error, "ctx", None) or ctx
        message, status = f"{error.format_message().rstrip('.')}; see {at.command_path} --help", error.exit_code
    except UserError as error:
        message, status = str(error), error.status
        # Of the processes of one training, which all meet the same bad input, one speaks on each machine.
        if _rank("LOCAL_RANK") if error.reported is None else error.reported:
            ctx.exit(status)
    except KeyboardInterrupt:
        message, status = "interrupted", 130
        # Where code of exec was interrupted, Python would end by the signal; the next exec makes it forget that.
        exec("")
    except OSError as error:
        if error.filename is None:
            # Standard output: what is left in its buffer has nowhere to go.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if isinstance(error, BrokenPipeError):
            ctx.exit(0)  # the reader of our output has gone (`| head`): nothing is wrong
        name = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
        message, status = f"{name}{error.strerror or error}", 2
    click.echo(f"zhen-mt: error: {one_line(message)}", err=True)
    ctx.exit(status)


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        name = "train" if cmd_name in ("prepare", "run") else cmd_name
        command: click.Command = getattr(importlib.import_module(f"mt.cli.{name}"), cmd_name)
        command.name = cmd_name
        return _with_verbosity(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with _errors_in_one_line(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        with _errors_in_one_line(ctx):
            return super().invoke(ctx)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="zhen-mt", prog_name="zhen-mt")
def main() -> None:
    """Chinese to English machine translation that obeys your glossary."""


_with_verbosity(main)
