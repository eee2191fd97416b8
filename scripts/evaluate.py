"""``zhen-mt evaluate`` as a script, for ``accelerate launch scripts/evaluate.py …`` and cluster launchers."""

import sys

from mt.cli import main

main(["evaluate", *sys.argv[1:]])
