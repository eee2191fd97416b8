"""The ``zhen-mt`` command in a process of its own that starts at once: torch is imported before the fork."""

from __future__ import annotations

import multiprocessing
import os
import socket
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

_PRELOADED = ["mt.training.run", "mt.data.dataset", "mt.cli.train", "mt.cli.progress", "sacremoses"]


def start(arguments: list[str], log: Path, environment: dict[str, str] | None = None) -> BaseProcess:
    """Start ``zhen-mt ARGUMENTS``; what it says goes to ``log``."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    process = context.Process(target=_command, args=(arguments, str(log), environment or {}))
    process.start()
    return process


def run_folder(config: Path, run: Path) -> Path:
    """Give a run the prepared documents that are beside a configuration file, and return its folder."""
    run.mkdir(exist_ok=True)
    if not (run / "data").exists():
        (run / "data").symlink_to(config.parent / "data")
    return run


def _command(arguments: list[str], log: str, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    from mt.cli import main

    sys.argv = ["zhen-mt", *arguments]
    main()


def start_together(arguments: list[str], logs: Path, *, fsdp: bool = False) -> list[BaseProcess]:
    """Start the command in two processes that train together, as ``accelerate launch`` does it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    common = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    if fsdp:
        common |= {"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "2"}
    return [
        start(arguments, logs.with_suffix(f".{rank}.log"), {**common, "RANK": str(rank), "LOCAL_RANK": str(rank)})
        for rank in range(2)
    ]
