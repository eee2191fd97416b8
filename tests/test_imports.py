"""Dependencies point one way, and light things stay light (DESIGN §2)."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted((ROOT / "mt").rglob("*.py"))

# Which packages of ours each package may import.
ALLOWED = {
    "text": set(),
    "data": {"text"},
    "glossary": {"text"},
    "constraints": {"text", "glossary"},
    "training": {"text", "data", "glossary", "constraints"},
    "inference": {"text", "glossary", "constraints"},
    "evaluation": {"text", "data", "glossary", "constraints", "inference", "training"},
}
# Modules of packages further on that a module may import all the same: they score strings and bring nothing heavy.
EXCEPTIONS = {"mt/training/validation.py": {"mt.evaluation.scores"}}
# Heavy packages and where they may be imported, at the top of a module or inside a function.
HEAVY = {
    "torch": ("mt/constraints/", "mt/training/", "mt/inference/", "mt/models.py", "mt/evaluation/comet.py"),
    "transformers": ("mt/constraints/", "mt/training/", "mt/inference/", "mt/models.py", "mt/evaluation/comet.py"),
    "datasets": ("mt/data/dataset.py", "mt/training/"),
    "sacrebleu": ("mt/evaluation/",),
    "accelerate": ("mt/training/",),
    "ctranslate2": ("mt/inference/",),
    "peft": ("mt/training/",),
}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    relative = path.relative_to(ROOT).as_posix()
    parts = relative.split("/")
    names = imported(path)
    own = parts[1] if len(parts) > 2 else None
    if own in ALLOWED:
        allowed = EXCEPTIONS.get(relative, set())
        further = {name for name in names if not any(f"{name}.".startswith(f"{module}.") for module in allowed)}
        ours = {name.split(".")[1] for name in further if name.startswith("mt.")} & set(ALLOWED)
        assert ours - {own} <= ALLOWED[own]
        assert not any(name == "mt.cli" or name.startswith("mt.cli.") for name in names)
    for heavy, places in HEAVY.items():
        if any(name == heavy or name.startswith(heavy + ".") for name in names):
            assert relative.startswith(places), f"{relative} imports {heavy}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_command_line_prints(path: Path) -> None:
    if "cli" in path.parts:
        return
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert "print" not in calls


@pytest.mark.parametrize(
    "statement",
    [
        "import mt",
        "from mt import Glossary",
        "import mt.evaluation.compare",
        "import mt.cli.evaluate, mt.cli.glossary, mt.cli.train, mt.cli.translate, mt.cli.prepare, mt.cli.run",
    ],
)
def test_light_imports_bring_nothing_heavy(statement: str) -> None:
    code = f"import sys; {statement}; print(sorted(set(sys.modules) & {set(HEAVY) - {'sacrebleu'}!r}))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert result.stdout.strip() == "[]"
