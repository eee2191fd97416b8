"""The documentation site builds without warnings or a network, and says what the code does."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from mt.cli import main
from mt.config import Config

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "CONTRIBUTING.md", ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("mkdocs", reason="the extra `docs` is not installed")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert result.returncode == 0, result.stderr
    return folder


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        html = page.read_text("utf-8")
        loaded = re.findall(r"<(?:script|img|iframe)[^>]*\bsrc=\"?(https?:[^\s\">]+)", html)
        loaded += re.findall(r"<link[^>]*\brel=\"?(?:stylesheet|preconnect)\"?[^>]*\bhref=\"?(https?:[^\s\">]+)", html)
        assert loaded == [], page


def test_every_command_and_option_is_in_the_reference(site: Path) -> None:
    html = (site / "reference" / "commands.html").read_text("utf-8")
    for path, command in commands().items():
        assert f"zhen-mt {path}" in html
        for option in options(command):
            assert f"<code>{option}</code>" in html


def test_every_key_is_in_the_reference(site: Path) -> None:
    html = (site / "reference" / "configuration.html").read_text("utf-8")
    for key in keys():
        assert key.split(".")[1] in html


def test_the_import_rule_is_drawn(site: Path) -> None:
    tree = ast.parse((ROOT / "tests" / "test_imports.py").read_text("utf-8"))
    (layers,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "LAYERS"
    )
    html = (site / "explanation" / "architecture.html").read_text("utf-8")
    for name in (name for row in layers for name in row):
        exists = (ROOT / "mt" / name).is_dir() or (ROOT / "mt" / f"{name}.py").is_file()
        assert (f">{name}</text>" in html) == exists


def test_public_names_are_in_the_api_reference(site: Path) -> None:
    import mt

    html = (site / "reference" / "api.html").read_text("utf-8")
    for name in mt.__all__:
        assert f'id="mt.{name}"' in html or f'.{name}"' in html, name


def commands() -> dict[str, click.Command]:
    """Every command by its words after `zhen-mt`."""
    context = click.Context(main)
    found: dict[str, click.Command] = {}

    def walk(group: click.Group, path: str) -> None:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            found[f"{path} {name}".strip()] = command
            if isinstance(command, click.Group):
                walk(command, name)

    walk(main, "")
    return found


def options(command: click.Command) -> set[str]:
    return {name for option in command.params if isinstance(option, click.Option) for name in
            (*option.opts, *option.secondary_opts)}  # fmt: skip


def keys() -> set[str]:
    return {
        f"{section}.{key}" for section, field in Config.model_fields.items() for key in field.annotation.model_fields
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_options_and_keys_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    known = commands()
    for line in re.findall(r"(?:^|`)zhen-mt ([a-z][^`#\n]*)", text, re.MULTILINE):
        words = line.split()
        path = next((path for path in (" ".join(words[:2]), words[0]) if path in known), None)
        assert path, f"there is no command {line}"
        for word in words:
            if re.fullmatch(r"--?[a-z][\w-]*", word):
                assert word in options(known[path]), f"{path} has no {word}"
    everything = set().union(*map(options, known.values()))
    for option in re.findall(r"`(--[a-z][\w-]*)", text):
        assert option in everything | OTHERS, option
    for section, key in re.findall(r"`([a-z]+)\.([a-z_0-9]+)(?![\w(])", text):
        if section in Config.model_fields and key not in ENDINGS:
            assert f"{section}.{key}" in keys(), f"{section}.{key}"


# Options of other programs, and names of files that look like keys.
OTHERS: set[str] = {"--num_processes", "--config_file"}
ENDINGS = {"json", "yaml", "py", "jsonl", "md", "csv", "html", "txt", "png"}
