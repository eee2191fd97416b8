"""What `make dist` builds, installed by pip into a new environment, translates offline and outside the checkout.

Marked slow: pip brings torch, which takes minutes. `make check-dist` runs it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
SOURCE = "川促会秘书长参加座谈。"
# Nothing of the checkout: on PYTHONPATH pip itself would take it for installed.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "ZHEN_MT_MODEL")}


@pytest.fixture(scope="module")
def installed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    wheels = sorted((root / "dist").glob("*.whl"))
    assert len(wheels) == 2, "run `make dist` first"
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=True)
    pip = [str(folder / "venv" / "bin" / "pip"), "install", "--quiet", "--constraint", str(root / "constraints.txt")]
    subprocess.run([*pip, *map(str, wheels)], check=True, cwd=folder, env=ENVIRONMENT)
    return folder


def run(folder: Path, *command: str) -> str:
    """Run a program of the environment in a folder that is not the checkout, without a network where Linux allows."""
    environment = {**ENVIRONMENT, "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "hub")}
    alone = ["unshare", "--map-root-user", "--net"]
    isolated = shutil.which("unshare") and subprocess.run([*alone, "true"], capture_output=True).returncode == 0
    line = [*(alone if isolated else []), str(folder / "venv" / "bin" / command[0]), *command[1:]]
    result = subprocess.run(line, capture_output=True, text=True, cwd=folder, env=environment)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_the_command_translates_with_the_installed_starter(installed: Path) -> None:
    (installed / "terms.tsv").write_text("source\ttarget\toptions\n川促会\tSUCPEB\t\n", "utf-8")
    assert "SUCPEB" in run(installed, "zhen-mt", "translate", SOURCE, "-g", "terms.tsv")


def test_the_package_and_the_model_are_those_of_the_environment(installed: Path, root: Path) -> None:
    code = "import mt, mt.api; print(mt.__file__); print(mt.api.default_model())"
    for place in run(installed, "python", "-c", code).splitlines():
        assert Path(place).is_relative_to(installed / "venv")
        assert not Path(place).is_relative_to(root)


def test_python_translates_with_the_installed_starter(installed: Path) -> None:
    here = subprocess.run(
        [sys.executable, "-c", f"from mt import translate; print(translate({SOURCE!r}))"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    assert run(installed, "python", "-c", f"from mt import translate; print(translate({SOURCE!r}))") == here
