"""The README's examples run and give what they say; its files, targets and picture are those of the repository."""

from __future__ import annotations

import doctest
import importlib.util
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from mt.cli import main
from mt.glossary.glossary import Glossary

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def block(heading: str, language: str = "") -> str:
    """Return the first fenced block under a heading."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    found = re.search(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


def test_it_can_be_read_in_two_minutes() -> None:
    assert len(README.splitlines()) <= 150


def test_the_python_lines_give_what_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("ZHEN_MT_MODEL", raising=False)
    example = doctest.DocTestParser().get_doctest(block("From Python", "python"), {}, "README.md", "README.md", 0)
    assert len(example.examples) == 5
    said: list[str] = []
    doctest.DocTestRunner().run(example, out=said.append)
    assert not said, "".join(said)


def test_the_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they are, in a folder with the files that they name."""
    for name in ("models", "seeds"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "test.zh").write_text("川促会秘书长参加座谈。\n他介绍了有关情况。\n", "utf-8")
    (tmp_path / "test.en").write_text("The secretary-general of SUCPEB attended.\nHe described it.\n", "utf-8")
    (tmp_path / "terms.tsv").write_text("source\ttarget\toptions\n川促会\tSUCPEB\t\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    lines = block("From the command line").splitlines()
    assert len(lines) == 5
    outputs = []
    for line in lines:
        words = shlex.split(line, comments=True)
        result = CliRunner().invoke(main, words[1:], catch_exceptions=False)
        assert words[0] == "zhen-mt"
        assert result.exit_code == 0, result.stderr
        outputs.append(result.stdout)
    assert "(SUCPEB)" in outputs[0]
    assert "FAOCMG" in (tmp_path / "next.en.txt").read_text("utf-8")
    for made in ("next.jsonl", "report/report.html", "report/scores.json", "exported/model.safetensors"):
        assert (tmp_path / made).is_file(), made


def test_the_glossary_shown_is_one(tmp_path: Path) -> None:
    shown = re.findall(r"^```\n(source\ttarget\toptions\n.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert len(shown) == 1
    (tmp_path / "g.tsv").write_text(shown[0], "utf-8")
    terms = list(Glossary.load(tmp_path / "g.tsv"))
    assert [(term.source, term.targets[0]) for term in terms] == [
        ("川促会", "SUCPEB"), ("二级巡视员", "level-2 counselor"), ("鲁进", "Lu Jin")
    ]  # fmt: skip


def test_the_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"\bmake ([a-z-]+)\b(?=`|\s{2,}|$)", README, re.MULTILINE))
    assert {"demo", "test", "dist", "docs"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text("utf-8"))
    assert links
    for link in links:
        assert (ROOT / link).exists(), link


def test_the_picture_shows_what_the_starter_makes_of_its_sentence() -> None:
    """`python docs/picture.py` draws it anew."""
    spec = importlib.util.spec_from_file_location("picture", ROOT / "docs" / "picture.py")
    assert spec
    assert spec.loader
    picture = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(picture)
    assert picture.PICTURE.read_text("utf-8") == picture.draw(*picture.translations())
