"""``python -m mt.cli``: the zhen-mt command."""

from mt.cli import main

main(prog_name="zhen-mt")
