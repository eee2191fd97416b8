"""``zhen-mt translate`` with a model of random weights: files, reports, messages."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mt.cli import main

ROOT = Path(__file__).resolve().parent.parent.parent
SEED = ROOT / "seeds" / "glossary.tsv"


def translate(model: Path, *arguments: object, text: str | None = None) -> Result:
    options = ["translate", "--model", model, "--num-beams", 2, *arguments]
    return CliRunner().invoke(main, list(map(str, options)), input=text, catch_exceptions=False)


def test_text_files_and_standard_input(tiny_model: Path, tmp_path: Path) -> None:
    source, target, report = (tmp_path / name for name in ("in.txt", "out.txt", "report.jsonl"))
    source.write_bytes("\ufeff川促会赴成都。\r\n\r\n魯進(jìn)參加。\r\n".encode())
    result = translate(tiny_model, "-g", SEED, "-i", source, "-o", target, "--report", report)
    assert result.exit_code == 0, result.output
    lines = target.read_text("utf-8").split("\n")
    assert [bool(line) for line in lines] == [True, False, True, False]
    assert "(SUCPEB)" in lines[0]
    assert "Lu Jin" in lines[2]
    records = [json.loads(line) for line in report.read_text("utf-8").splitlines()]
    assert [(record["segment"], record["source"]) for record in records] == [(0, "川促会"), (0, "成都"), (2, "魯進")]
    assert {record["status"] for record in records} <= {"model", "constrained"}
    assert {record["kind"] for record in records} == {"term"}
    for record in records:
        written = lines[record["segment"]][record["target_start"] : record["target_end"]]
        assert written.lower() == record["target"].lower()
    assert "terms: 3 of 3 met" in result.stderr
    for name in ("魯進(jìn)參加。", "-"):
        argument = ("-i", "-") if name == "-" else (name,)
        again = translate(tiny_model, "-g", SEED, *argument, "-o", "-", text="魯進(jìn)參加。\n")
        assert again.stdout.strip() == lines[2]


def test_as_many_lines_come_out_as_went_in(tiny_model: Path, tmp_path: Path) -> None:
    for text in ("成都", "成都\n", "成都\n\n", "\n成都\n\n\n"):
        (tmp_path / "in.txt").write_text(text, "utf-8")
        assert translate(tiny_model, "-i", tmp_path / "in.txt", "-o", tmp_path / "out.txt").exit_code == 0
        output = (tmp_path / "out.txt").read_text("utf-8")
        assert [bool(line) for line in output.splitlines()] == [bool(line) for line in text.splitlines()]
        assert translate(tiny_model, "-i", tmp_path / "in.txt").stdout == output


def test_of_several_glossaries_the_first_has_priority(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "house.tsv").write_text("source\ttarget\n川促会\tHouse Council\n", "utf-8")
    both = ("-g", tmp_path / "house.tsv", "-g", SEED)
    assert "House Council" in translate(tiny_model, "川促会赴成都。", *both).stdout
    assert "Chengdu" in translate(tiny_model, "川促会赴成都。", *both).stdout
    assert "SUCPEB" in translate(tiny_model, "川促会赴成都。", *both[2:], *both[:2]).stdout


def test_numbers_and_names_are_requested_and_reported(tiny_model: Path, tmp_path: Path) -> None:
    text = "总理李克强说，收入为1218亿元。"
    result = translate(tiny_model, text, "--numbers", "--names", "--report", tmp_path / "r.jsonl")
    assert re.search("numbers: [01] of 1 met", result.stderr)
    assert re.search("names: [01] of 1 met", result.stderr)
    assert ("name not met: 李克强 → Li Keqiang" in result.stderr) == ("names: 0 of" in result.stderr)
    records = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text("utf-8").splitlines()]
    assert [(record["kind"], record["requested"]) for record in records] == [
        ("name", "Li Keqiang"),
        ("number", "121.8 billion"),
    ]
    assert all((record["target"] is None) == (record["target_start"] is None) for record in records)
    doubtful = translate(tiny_model, "韩国总统李在明表示欢迎。", "--names", "--report", tmp_path / "d.jsonl")
    assert "line 1: name doubtful: 李在明" in doubtful.stderr
    assert " met" not in doubtful.stderr
    assert json.loads((tmp_path / "d.jsonl").read_text("utf-8"))["status"] == "doubtful"
    translate(tiny_model, "-i", "-", "--names", "--report", tmp_path / "r.tsv", text="天气\n=李克强。\n")
    head, row = csv.reader((tmp_path / "r.tsv").read_text("utf-8").splitlines(), "excel-tab")
    assert (head[0], row[:4], row[7]) == ("line", ["2", "name", "李克强", "Li Keqiang"], "'=李克强。")
    for switches in ((), ("--no-numbers", "--no-names"), ("--numbers", "-q")):
        assert " of 1 met" not in translate(tiny_model, text, *switches).stderr


def test_faulty_entries_are_skipped_and_said_or_refused(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "g.tsv").write_text("成都\tChengdu\n重庆\t\n", "utf-8")
    skipped = translate(tiny_model, "成都", "-g", tmp_path / "g.tsv")
    assert "Chengdu" in skipped.stdout
    assert f"entry skipped: {tmp_path}/g.tsv:2: '重庆' has an empty target" in skipped.stderr
    refused = translate(tiny_model, "成都", "-g", tmp_path / "g.tsv", "--strict")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"zhen-mt: error: {tmp_path}/g.tsv:2: '重庆' has an empty target")
    assert refused.stderr.count("\n") == 1
    # Case 61: a concept without an allowed English term is left out with a remark.
    (tmp_path / "g.tbx").write_text(
        '<?xml version="1.0"?><martif type="TBX" xml:lang="en"><text><body>'
        + "".join(
            f'<termEntry><langSet xml:lang="zh"><tig><term>{zh}</term></tig></langSet><langSet xml:lang="en"><tig>'
            f"<term>{en}</term>{note}</tig></langSet></termEntry>"
            for zh, en, note in (
                ("成都", "Chengdu", ""),
                ("黑名单", "x", '<termNote type="administrativeStatus">deprecatedTerm-admn-sts</termNote>'),
            )
        )
        + "</body></text></martif>",
        "utf-8",
    )
    noted = translate(tiny_model, "成都", "-g", tmp_path / "g.tbx")
    assert "Chengdu" in noted.stdout
    assert "g.tbx: note: line 1: 'x' is deprecated" in noted.stderr


def test_links_and_devices_are_written_to(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("", "utf-8")
    (tmp_path / "link.txt").symlink_to("kept.txt")
    assert translate(tiny_model, "成都", "-o", tmp_path / "link.txt").exit_code == 0
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "kept.txt").read_text("utf-8").endswith("\n")
    assert translate(tiny_model, "成都", "-o", "/dev/null").exit_code == 0
    assert Path("/dev/null").is_char_device()


def test_a_translation_that_cannot_be_written_is_printed(tiny_model: Path) -> None:
    result = translate(tiny_model, "川促会", "-g", SEED, "-o", "/dev/full")
    assert result.exit_code == 2
    assert "SUCPEB" in result.stdout
    last = result.stderr.splitlines()[-1]
    assert last.startswith("zhen-mt: error: /dev/full: cannot be written (No space left on device); it is on")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    (folder / "zh").write_text("成都的经验。\n川促会赴成都。\n", "utf-8")
    for name in ("en", "ours"):
        (folder / name).write_text("The experience of Chengdu.\nSUCPEB went to Chengdu.\n", "utf-8")
    return folder


LIGHT = [
    [],
    ["--help"],
    *([name, "--help"] for name in ("translate", "evaluate", "glossary", "export", "prepare", "run")),
    ["glossary", "match", "-g", str(SEED), "-i", "zh"],
    ["glossary", "lint", str(SEED)],
    [*"evaluate --source zh --reference en --system ours=ours -o report --glossary".split(), str(SEED)],
]


def modules_of(folder: Path, commands: list[list[str]], text: str = "") -> list[tuple[int, set[str]]]:
    """Run commands in one new process; return the status of each, and the heavy libraries imported until then."""
    code = """
import json, sys
from mt.cli import main
found = []
for command in json.loads(sys.argv[1]):
    try:
        main(command)
    except SystemExit as end:
        found.append((end.code, [*{"torch", "transformers", "datasets"}.intersection(sys.modules)]))
json.dump(found, open("modules", "w"))
"""
    arguments = [sys.executable, "-c", code, json.dumps(commands)]
    subprocess.run(arguments, capture_output=True, cwd=folder, input=text.encode(), check=True)
    return [(status, set(modules)) for status, modules in json.loads((folder / "modules").read_text("utf-8"))]


def test_light_commands_import_nothing_heavy(files: Path) -> None:
    for arguments, (status, modules) in zip(LIGHT, modules_of(files, LIGHT), strict=True):
        assert (status, modules) == (0 if arguments else 2, set()), arguments


def test_translate_with_ctranslate2_does_not_import_torch(tiny_model: Path, files: Path) -> None:
    pytest.importorskip("ctranslate2")
    from mt.inference.export import export_ct2

    model = export_ct2(tiny_model, files / "ct2", "float32")
    command = ["translate", "-m", str(model), "--names", "--num-beams", "2"]
    assert modules_of(files, [command], text="双方一致同意。") == [(0, set())]
