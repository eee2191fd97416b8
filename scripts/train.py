"""``zhen-mt train`` as a script, for ``accelerate launch scripts/train.py …`` and cluster launchers."""

import sys

from mt.cli import main

main(["train", *sys.argv[1:]])
