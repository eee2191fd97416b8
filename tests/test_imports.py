"""Imports go one way, and light things stay light (docs: architecture)."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted((ROOT / "mt").rglob("*.py"))

# A package may import those of the rows above its own, and of its own row those named before it.
LAYERS = [
    ["errors", "text", "io"],
    ["config", "models", "glossary"],
    ["constraints", "documents", "data", "metrics"],
    ["inference", "training"],
    ["quality", "evaluation", "api", "distributed"],
    ["server"],
    ["cli"],
]
ORDER = {name: (row, place) for row, names in enumerate(LAYERS) for place, name in enumerate(names)}
# Heavy packages and where they may be imported, at the top of a module or inside a function.
HEAVY = {
    "torch": ("mt/constraints/", "mt/training/", "mt/inference/", "mt/models/"),
    "transformers": ("mt/constraints/", "mt/training/", "mt/inference/", "mt/models/"),
    "datasets": ("mt/data/dataset.py", "mt/distributed.py", "mt/training/"),
    "sacrebleu": ("mt/metrics/", "mt/evaluation/"),
    "accelerate": ("mt/training/",),
    "ctranslate2": ("mt/inference/",),
    "peft": ("mt/training/",),
    "ray": ("mt/distributed.py",),
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
    own = relative.removeprefix("mt/").removesuffix(".py").split("/")[0]
    names = imported(path)
    if own in ORDER:
        ours = {name.split(".")[1] for name in names if name.startswith("mt.")} - {own}
        up = {name for name in ours if name not in ORDER or ORDER[name] > ORDER[own]}
        assert not up, f"{relative} imports {sorted(up)}"
    for heavy, places in HEAVY.items():
        if any(name == heavy or name.startswith(heavy + ".") for name in names):
            assert relative.startswith(places), f"{relative} imports {heavy}"
    assert not any(name == "recipes" or name.startswith("recipes.") for name in names)


def test_no_import_cycle() -> None:
    """No module imports itself by way of others, be it at its top, inside a function or for type checking alone."""
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in MODULES
    }
    graph: dict[str, set[str]] = {name: set() for name in modules}
    for name, path in modules.items():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                graph[name] |= {alias.name for alias in node.names} & modules.keys()
            elif isinstance(node, ast.ImportFrom) and node.module:
                # "from mt.text import han" imports mt.text.han; that mt.text itself runs first is Python's own doing.
                both = [(f"{node.module}.{alias.name}", node.module) for alias in node.names]
                graph[name] |= {inner if inner in modules else outer for inner, outer in both} & modules.keys()
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail("a cycle of imports: " + " ← ".join(error.args[1]))


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


def test_light_imports_bring_nothing_heavy() -> None:
    statements = [
        "import mt",
        "from mt import Glossary",
        "import mt.evaluation.compare",
        "import mt.cli.evaluate, mt.cli.glossary, mt.cli.train, mt.cli.translate",
    ]
    look = f"print(sorted(set(sys.modules) & {set(HEAVY) - {'sacrebleu'}!r}))"
    code = "import sys\n" + "".join(f"{statement}\n{look}\n" for statement in statements)
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert result.stdout.split() == ["[]"] * len(statements)
