"""``zhen-mt prepare`` as a script, for ``accelerate launch scripts/prepare_data.py …`` and cluster launchers."""

import sys

from mt.cli import main

main(["prepare", *sys.argv[1:]])
