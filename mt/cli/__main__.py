from __future__ import annotations

from mt.cli import main

main()
