"""``zhen-mt translate`` of documents and folders, with a model of random weights."""

from __future__ import annotations

import json
from pathlib import Path

import docx
import pytest
from click.testing import CliRunner, Result

from mt.cli import main

SEED = Path(__file__).resolve().parents[2] / "seeds" / "glossary.tsv"


def translate(model: Path, *arguments: object) -> Result:
    options = ["translate", "--model", model, "--num-beams", 2, "-g", SEED, *arguments]
    return CliRunner().invoke(main, list(map(str, options)), catch_exceptions=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    document = docx.Document()
    paragraph = document.add_paragraph("今天")
    paragraph.add_run("川促").bold = True
    paragraph.add_run("会赴成都。")
    document.save(str(folder / "a.docx"))
    (folder / "sub" / "b.md").write_text("# 川促会\n\n`x` English\n", "utf-8")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    (folder / "~$a.docx").write_bytes(b"lock")
    return folder


def test_a_folder_with_one_report(tiny_model: Path, folder: Path, tmp_path: Path) -> None:
    out, report = tmp_path / "out", tmp_path / "report.jsonl"
    result = translate(tiny_model, "-i", folder, "-o", out, "--report", report)
    assert result.exit_code == 0, result.output
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()) == ["a.docx", "sub/b.md"]
    assert "picture.png: of an unsupported format, passed over" in result.stderr
    # A term across runs of different format is met, in each document by its full name first.
    text = docx.Document(str(out / "a.docx")).paragraphs[0].text
    assert "(SUCPEB)" in text
    assert "Chengdu" in text
    assert (out / "sub" / "b.md").read_text("utf-8").endswith("\n\n`x` English\n")
    rows = [json.loads(line) for line in report.read_text("utf-8").splitlines()]
    assert [(Path(row["file"]).name, row["source"]) for row in rows if row["kind"] == "term"] == [
        ("a.docx", "川促会"), ("a.docx", "成都"), ("b.md", "川促会")
    ]  # fmt: skip
    assert "a.docx: terms: 2 of 2 met" in result.stderr

    again = translate(tiny_model, "-i", folder, "-o", out)
    assert again.exit_code == 2
    assert "--resume" in again.stderr
    (out / "a.docx").write_bytes(b"mine")
    (out / "sub" / "b.md").unlink()
    assert translate(tiny_model, "-i", folder, "-o", out, "--resume").exit_code == 0
    assert (out / "a.docx").read_bytes() == b"mine"
    assert (out / "sub" / "b.md").is_file()


def test_a_damaged_file_does_not_stop_the_others(tiny_model: Path, folder: Path, tmp_path: Path) -> None:
    (folder / "a.docx").write_bytes(b"PK\x03\x04 cut off")
    result = translate(tiny_model, "-i", folder, "-o", tmp_path / "out", "--report", tmp_path / "report.jsonl")
    assert result.exit_code == 2
    assert "a.docx" in result.stderr
    assert "1 of 2 files could not be translated" in result.stderr
    assert (tmp_path / "report.jsonl").read_text("utf-8").count("川促会") == 1
    assert (tmp_path / "out" / "sub" / "b.md").is_file()


def test_one_file_with_a_memory_and_both_texts_side_by_side(tiny_model: Path, folder: Path, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("out.docx", "out.tmx", "out.html")]
    options = ("-i", folder / "a.docx", "-o", files[0], "--tmx", files[1], "--bilingual", files[2])
    result = translate(tiny_model, *options)
    assert result.exit_code == 0, result.output
    for file in files[1:]:
        assert "今天川促会赴成都。" in file.read_text("utf-8")
        assert "(SUCPEB)" in file.read_text("utf-8")


def test_forced_terms_are_highlighted(tiny_model: Path, folder: Path, tmp_path: Path) -> None:
    result = translate(tiny_model, "-i", folder / "a.docx", "-o", tmp_path / "a.docx", "--mark-terms")
    assert result.exit_code == 0, result.output
    runs = docx.Document(str(tmp_path / "a.docx")).paragraphs[0].runs
    marked = "".join(run.text for run in runs if run.font.highlight_color is not None)
    forced = int(result.stderr.split("by the model, ")[1].split()[0])
    assert (forced > 0) == bool(marked)
    assert "(SUCPEB)" in marked or "Chengdu" in marked


def test_text_formats_may_go_to_standard_output(tiny_model: Path, folder: Path) -> None:
    result = translate(tiny_model, "-i", folder / "sub" / "b.md")
    assert result.exit_code == 0
    assert result.stdout.startswith("# ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-i", "{in}/a.docx"), "give --output"),
        (("-i", "{in}/a.docx", "-o", "{in}/a.pdf"), "must end in .docx"),
        (("-i", "{in}/a.doc", "-o", "{in}/b.doc"), "save it as .docx"),
        (("-i", "{in}/a.docx", "-o", "{in}/a.docx"), "--input and as --output"),
        (("-i", "{in}", "-o", "{in}/out"), "within the folder that is read"),
        (("-i", "{in}", "-o", "{in}/a.docx"), "is a file, but --input is a folder"),
        (("-i", "{in}/sub/b.md", "--column", "zh"), "has no columns"),
        (("川促会", "--tmx", "a.tmx"), "for documents"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    tiny_model: Path, folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = translate(tiny_model, *(argument.replace("{in}", str(folder)) for argument in arguments))
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1 + result.stderr.count("passed over")
