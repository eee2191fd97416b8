"""The built wheels hold what they must, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

DATA = {".css", ".html", ".jinja", ".js", ".json", ".md", ".safetensors", ".svg", ".xz"}


def build(folder: Path, *options: str) -> Path:
    """Build ``folder`` with the environment's own setuptools, as `make dist` does."""
    command = [sys.executable, "-m", "build", "--no-isolation", *options, str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder / "dist"


@pytest.fixture(scope="module")
def dist(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package built from a copy of the repository's files, so that the repository stays as it is."""
    folder = tmp_path_factory.mktemp("zhen-mt")
    for name in ("mt", "tests/packaging"):
        shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("LICENSE", "MANIFEST.in", "README.md", "pyproject.toml"):
        shutil.copy(root / name, folder)
    return build(folder)


def package_files(root: Path) -> set[str]:
    return {
        path.relative_to(root).as_posix()
        for path in (root / "mt").rglob("*")
        if path.suffix in {".py", *DATA} or path.name == "py.typed"
    }


def test_the_wheel_holds_the_package_with_its_data_and_nothing_else(root: Path, dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == package_files(root)
    assert wheel.stat().st_size < 2e6


def test_the_sdist_holds_what_builds_the_wheel_and_no_tests(root: Path, dist: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    assert package_files(root) | {"pyproject.toml", "README.md", "LICENSE"} <= names
    assert not [name for name in names if name.startswith(("tests/", "models/", "docs/", "recipes/"))]


def test_the_starter_s_wheel_holds_the_whole_model_folder(root: Path, tmp_path: Path) -> None:
    starter = root / "models" / "starter"
    shutil.copy(root / "models" / "pyproject.toml", tmp_path)
    shutil.copytree(starter, tmp_path / "starter")
    # Compressing 92 MB takes a quarter of a minute, and what is in them does not matter here.
    (tmp_path / "starter" / "model.safetensors").write_bytes(b"weights")
    (wheel,) = build(tmp_path, "--wheel").glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == {f"zhen_mt_starter/{path.name}" for path in starter.iterdir()}
    assert sum(path.stat().st_size for path in starter.iterdir()) < 100e6  # what PyPI takes in one file
