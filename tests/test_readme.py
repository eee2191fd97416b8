"""The README is true: it lists every file, and the commands and paths it names exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_every_file_has_its_line() -> None:
    patterns = ("mt/**/*.py", "scripts/*.py", "benchmarks/*.py", "configs/*.yaml")
    files = {path.relative_to(ROOT).as_posix() for pattern in patterns for path in ROOT.glob(pattern)}
    listed = set(re.findall(r"^\| `([^`]+)` \|", README, re.MULTILINE))
    assert files - listed == set()
    assert {name for name in listed if "/" in name and not (ROOT / name).exists()} == set()


def test_every_command_of_the_readme_exists() -> None:
    from mt.cli import main

    named = set(re.findall(r"zhen-mt ([a-z]+)", README)) - {"command"}
    assert named <= set(main.list_commands(None))  # type: ignore[attr-defined, arg-type]
    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def test_every_option_of_the_readme_exists() -> None:
    from click import Context

    from mt.cli import main

    options: set[str] = set()
    for name in main.list_commands(None):  # type: ignore[attr-defined, arg-type]
        command = main.get_command(Context(main), name)  # type: ignore[attr-defined]
        for inner in [command, *getattr(command, "commands", {}).values()]:
            options |= {option for parameter in inner.params for option in parameter.opts}
    # Those of make and of our scripts are not the command's.
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README)) - {"--help", "--if-better"}
    assert named <= options
