"""``zhen-mt translate`` as a script, for ``accelerate launch scripts/translate.py …`` and cluster launchers."""

import sys

from mt.cli import main

main(["translate", *sys.argv[1:]])
