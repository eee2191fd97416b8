"""Progress of training is a bar on a terminal."""

import logging
import os
import pty
import sys
import termios
from contextlib import suppress

import pytest

from mt.cli.progress import show_training
from mt.training.progress import TrainingEvent


def test_a_terminal_is_shown_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    logging.getLogger("mt").setLevel(logging.INFO)
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with show_training("model") as show:
            show(TrainingEvent(step=3, loss=2.5, done=0.25, tokens_per_second=100.0, metrics={"chrf": 41.0}))
    written = b""
    with suppress(OSError):  # all of a closed terminal has been read
        while True:
            written += os.read(ours, 10_000)
    os.close(ours)
    shown = written.decode("utf-8")
    assert "model  25%|" in shown
    assert "step 3 loss 2.500 100 tok/s" in shown
    assert "model: step 3" in shown
