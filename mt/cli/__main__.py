"""``python -m mt.cli``: the zhen-mt command."""

from __future__ import annotations

from mt.cli import main

main(prog_name="zhen-mt")
