"""``zhen-mt glossary`` through the real command."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mt.cli import main


def run(*arguments: str | Path, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["glossary", *map(str, arguments)], input=stdin)


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_lint_of_the_seed_glossary_is_clean(root: Path) -> None:
    result = run("lint", root / "seeds/glossary.tsv", "--text", root / "seeds/raw")
    assert result.exit_code == 0, result.output
    assert "error: 0" in result.output
    assert "disobeyed: 四川省外办" in result.output  # the one its note explains


def test_lint_exits_1_on_errors_and_prints_json(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", "四川\tSichuan\n\tx\n委会\tA/B\n")
    result = run("lint", path)
    assert result.exit_code == 1
    assert f"{path}:2: error: empty" in result.output
    result = run("lint", path, "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [set(item) for item in found] == [{"entry", "line", "kind", "severity", "message"}] * 2
    assert [(item["line"], item["severity"]) for item in found] == [(2, "error"), (3, "warning")]


def test_lint_shows_some_of_many_and_all_when_asked(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", "".join(f"词{chr(0x4E00 + number)}\ta/b\n" for number in range(20)))
    assert run("lint", path).output.count(": slash: ") == 5
    assert run("lint", path, "--all").output.count(": slash: ") == 20
    assert "slash 20" in run("lint", path).output


@pytest.mark.shared
def test_lint_names_targets_that_the_model_cannot_write(shared: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", "川促会\tSUCPEB\n重庆\tChongqing|Ĉongĉing\n")
    result = run("lint", path, "--model", shared / "opus-mt-zh-en")
    assert result.exit_code == 1
    assert f"{path}:2: error: unspellable: 重庆: the model's vocabulary cannot write 'Ĉongĉing'" in result.output
    assert "error: 1 (unspellable 1)" in result.output


def test_match_prints_json_lines(root: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "a.txt", "\ufeff魯進率隊\n\n赴成都，重慶市政府外辦\n")
    result = run("match", "-g", root / "seeds/glossary.tsv", "-i", source)
    assert result.exit_code == 0
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(item["line"], item["start"], item["end"], item["source"]) for item in found] == [
        (1, 0, 2, "魯進"),
        (3, 1, 3, "成都"),
        (3, 4, 11, "重慶市政府外辦"),
    ]
    assert found[2]["targets"][0] == "FAOCMG"
    result = run("match", "-g", root / "seeds/glossary.tsv", "--overlap", stdin="重庆市")
    assert [json.loads(line)["source"] for line in result.stdout.splitlines()] == ["重庆市", "重庆"]


def test_convert_lists_what_is_lost(root: Path, tmp_path: Path) -> None:
    result = run("convert", root / "seeds/glossary.tsv", tmp_path / "a.json")
    assert result.exit_code == 0
    assert "0 fields it cannot hold" in result.output
    result = run("convert", tmp_path / "a.json", tmp_path / "b.csv", "--to", "amazon")
    assert "not held by amazon: 川促会: acronym: SUCPEB" in result.output
    assert (tmp_path / "b.csv").read_text("utf-8").startswith("zh,en\n重庆市政府外办,FAOCMG\n")


def test_convert_refuses_or_skips_faulty_entries(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", "川\tSichuan\n\tx\n")
    result = run("convert", path, tmp_path / "b.tbx", "--strict")
    assert result.exit_code == 2
    assert f"{path}:2" in result.stderr
    assert not (tmp_path / "b.tbx").exists()
    result = run("convert", path, tmp_path / "b.tbx")
    assert result.exit_code == 0
    assert "skipped" in result.output
    assert (tmp_path / "b.tbx").exists()


def test_extract_writes_tables_and_leaves_out_what_is_known(root: Path, tmp_path: Path) -> None:
    result = run("extract", root / "seeds/raw", "-o", tmp_path / "candidates.tsv")
    assert result.exit_code == 0
    assert "person 3" in result.output
    assert "\n鲁进\tLu Jin\t" in (tmp_path / "candidates.tsv").read_text("utf-8")
    known = write(tmp_path / "known.txt", "魯進\n")
    workbook = tmp_path / "candidates.xlsx"
    assert run("extract", root / "seeds/raw", "--exclude", known, "-o", workbook).exit_code == 0
    with zipfile.ZipFile(workbook) as archive:
        sheet = archive.read("sheet.xml").decode()
    assert "杨东" in sheet
    assert '<t xml:space="preserve">鲁进</t>' not in sheet


def test_mistakes_are_one_line_and_exit_2(tmp_path: Path) -> None:
    column = write(tmp_path / "one.tsv", "川促会\n")
    binary = tmp_path / "bytes.txt"
    binary.write_bytes(b"ok\n\xff\n")
    good = write(tmp_path / "good.tsv", "川\tSichuan\n")
    for arguments, message in [
        (("lint", tmp_path / "none.tsv"), "no such file"),
        (("match", "-g", column), "has 1 column"),
        (("match", "-g", good, "-i", binary), "bytes.txt:2: is not UTF-8"),
        (("convert", good, tmp_path / "x.doc"), "no known suffix"),
        (("convert", good, tmp_path / "x", "--to", "doc"), "unknown format"),
        (("extract", tmp_path / "none.txt"), "no such file"),
        (("extract", good, "-o", tmp_path / "x.doc"), "is no table for candidates"),
        (("extract", good, "--exclude", tmp_path / "none.tsv"), "no such file"),
        (("lint", good, "--model", tmp_path), "holds no model"),
    ]:
        result = run(*arguments, stdin=b"")
        assert result.exit_code == 2, arguments
        assert message in result.stderr
        assert result.stderr.count("\n") == 1
