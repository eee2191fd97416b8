"""The ``zhen-mt`` command: the only place that prints and sets up logging.

Each command lives in a module of its own, imported when asked for, so that ``--help`` is quick.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys

import click

from mt.errors import UserError

__all__ = ["main"]

# name -> (module under mt.cli, one line of help): known without importing the module.
_COMMANDS = {
    "prepare": "Documents to a Hugging Face dataset and a manifest.",
    "train": "Train or fine-tune a model.",
    "translate": "Translate text, a file or standard input.",
    "evaluate": "Compare systems with the human translation.",
    "glossary": "Check, extract, match and convert term bases.",
    "export": "Convert a model to CTranslate2 int8.",
    "run": "Prepare, train and evaluate in one run folder.",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"mt.cli.{cmd_name}").command
        command.name = cmd_name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except UserError as error:
            # Of the processes of one training, which all meet the same bad input, one speaks on each machine.
            if not (os.environ.get("LOCAL_RANK", "0") != "0" if error.reported is None else error.reported):
                click.echo(f"zhen-mt: error: {error}", err=True)
            ctx.exit(error.status)
        except BrokenPipeError:
            # The reader of our output has gone (`| head`): nothing is wrong, and nothing more can be said.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="zhen-mt", prog_name="zhen-mt")
@click.option("-v", "--verbose", count=True, help="Say more (-vv: the libraries' messages too).")
@click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")
def main(verbose: int, quiet: bool) -> None:
    """Chinese to English machine translation that obeys your glossary."""
    level = logging.ERROR if quiet else logging.INFO
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr, force=True)
    if os.environ.get("RANK", "0") != "0":
        level, verbose = logging.ERROR, 0  # one of many processes of a training: the first one speaks
    if "RANK" in os.environ:
        # Else the end of one process is told by the others with a C++ stack each, before our line.
        os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "FATAL")
    logging.getLogger("mt").setLevel(logging.DEBUG if verbose else level)
    if verbose < 2:
        _quieten_libraries()


def _quieten_libraries() -> None:
    """Keep libraries' bars and advice off the user's terminal; their errors still show."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    for name in ("transformers", "datasets", "accelerate", "absl"):
        logging.getLogger(name).setLevel(logging.ERROR)
