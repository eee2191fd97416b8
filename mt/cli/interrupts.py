"""Ctrl-C before a command begins: one line and status 130. Imported first, and imports nothing slow."""

import os
import signal
import sys
from types import FrameType


def _end(signum: int, frame: FrameType | None) -> None:
    os.write(2, b"zhen-mt: error: interrupted\n")
    os._exit(130)


# As ``zhen-mt`` or ``python -m mt.cli``; a program that imports us decides for itself.
if os.path.basename(sys.argv[0]) in ("zhen-mt", "-m") and signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # noqa: PTH119
    signal.signal(signal.SIGINT, _end)


def raise_from_now_on() -> None:
    """Let Ctrl-C raise KeyboardInterrupt again."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)
