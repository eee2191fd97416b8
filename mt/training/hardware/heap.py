"""Freed memory that a CPU's training uses again, instead of asking the system for it at each step."""

import ctypes
import os
import platform
from pathlib import Path

# mallopt's names for its settings (malloc.h of glibc).
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
# How much freed memory is kept, as a share of the machine's: batches of ever new shapes leave gaps behind.
_MOST_KEPT = 0.2


class ReusedHeap:
    """Make glibc keep large freed blocks, for the rest of the process; call it after each step to bound what it keeps.

    By default each array over 32 MB is mapped by the system, and its pages are cleared when first touched: a sixth of
    a step's time where the vocabulary is large. With another C library nothing changes.
    """

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
        if self._libc is not None:
            self._libc.mallopt(_MMAP_MAX, 0)
            self._libc.mallopt(_TRIM_THRESHOLD, 2**31 - 1)
            self._libc.mallopt(_TOP_PAD, 2**28)
        self._page = os.sysconf("SC_PAGE_SIZE") if self._libc else 0
        self._most = int(_MOST_KEPT * os.sysconf("SC_PHYS_PAGES") * self._page) if self._libc else 0
        self._needed: int | None = None

    def __call__(self) -> None:
        """Give memory back to the system where more is kept than allowed."""
        if self._libc is None:
            return
        held = self._resident()
        self._needed = held if self._needed is None else self._needed
        if held > self._needed + self._most:
            self._libc.malloc_trim(0)
            self._needed = self._resident()

    def _resident(self) -> int:
        """Return the process's bytes in main memory now (``getrusage`` gives only the peak)."""
        return int(Path("/proc/self/statm").read_text().split()[1]) * self._page
