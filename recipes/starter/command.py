"""What the commands of the recipe share: a parser, logging, and errors in one line."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable

from mt.errors import Interrupted, UserError


def make_parser(description: str | None) -> argparse.ArgumentParser:
    """Make a parser that shows a module's docstring, with the configuration as its first argument."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", help="such as recipes/starter/configs/starter.yaml")
    return parser


def run_command(work: Callable[[], None]) -> int:
    """Do the work of a command and return its exit status."""
    level = logging.INFO if os.environ.get("RANK", "0") == "0" else logging.ERROR
    logging.basicConfig(level=level, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        work()
    except UserError as error:
        print(error, file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return Interrupted.status
    return 0
