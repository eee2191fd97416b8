"""Translation on a local Ray cluster of two workers, one of which is killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import docx
import pytest
from click.testing import CliRunner
from datasets import Dataset

from mt import Translator
from mt.cli import main
from mt.distributed import translate_dataset
from mt.errors import DataError

GLOSSARY = {"川促会": "SUCPEB", "成都": "Chengdu"}
SETTINGS = {"num_beams": 2}


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    import ray

    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=80 * 1024**2)
    yield
    ray.shutdown()


def workers() -> list[int]:
    """The processes of translators, which Ray names by their class."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            name = path.read_bytes()
        except OSError:
            continue
        if name.startswith(b"ray::") and b"_TextWorker" in name:
            found.append(int(path.parent.name))
    return found


def test_a_killed_worker_loses_nothing_and_what_is_done_is_not_done_again(
    cluster: None, tiny_model: Path, tmp_path: Path
) -> None:
    texts = [f"川促会第{number}次赴成都。" for number in range(24)]
    dataset = Dataset.from_dict({"zh": texts, "doc": [number // 3 for number in range(24)]})
    killed: list[int] = []

    def kill_one() -> None:
        deadline = time.monotonic() + 120
        # Once a shard is done, all workers have begun.
        while not list(tmp_path.glob("out/*.json")) and time.monotonic() < deadline:
            time.sleep(0.05)
        for process in workers()[:1]:
            os.kill(process, signal.SIGKILL)
            killed.append(process)

    thread = threading.Thread(target=kill_one)
    thread.start()
    options = {"document": "doc", "rows_per_shard": 3, "workers": 2}
    done = translate_dataset(dataset, tmp_path / "out", tiny_model, GLOSSARY, **options, **SETTINGS)  # type: ignore[arg-type]
    thread.join()
    assert killed
    translator = Translator.from_pretrained(tiny_model, GLOSSARY, num_beams=2)
    # A model of random weights is at the mercy of rounding, and so of which sentences are decoded together.
    shards = [translator.translate(texts[start : start + 3]) for start in range(0, 24, 3)]
    assert list(done["en"]) == [str(translation) for shard in shards for translation in shard]
    assert list(done["zh"]) == texts

    first = sorted((tmp_path / "out").glob("*.json"))[0]
    first.write_text('["a", "b", "c"]')
    again = translate_dataset(dataset, tmp_path / "out", tiny_model, GLOSSARY, **options, **SETTINGS)  # type: ignore[arg-type]
    assert again["en"][:4] == ["a", "b", "c", done["en"][3]]


def test_a_folder_as_in_one_process(cluster: None, tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    document = docx.Document()
    document.add_paragraph("川促会").add_run("赴成都。").bold = True
    document.save(str(tmp_path / "in" / "a.docx"))
    (tmp_path / "in" / "b.md").write_text("# 川促会\n", "utf-8")
    (tmp_path / "in" / "c.docx").write_bytes(b"PK\x03\x04 cut off")
    (tmp_path / "terms.tsv").write_text("川促会\tSUCPEB\n成都\tChengdu\n", "utf-8")
    outputs = []
    for engine in ("torch", "ray"):
        out = tmp_path / engine
        command = ["translate", "-m", tiny_model, "-g", tmp_path / "terms.tsv", "-i", tmp_path / "in", "-o", out]
        command += ["--engine", engine, "--num-beams", 2, "--workers", 2, "--report", tmp_path / f"{engine}.jsonl"]
        result = CliRunner().invoke(main, list(map(str, command)))
        assert result.exit_code == 2
        assert "c.docx" in result.stderr
        assert "1 of 3 files could not be translated" in result.stderr
        text = "\n".join(paragraph.text for paragraph in docx.Document(str(out / "a.docx")).paragraphs)
        outputs.append((text, (out / "b.md").read_text("utf-8")))
    assert outputs[0] == outputs[1]
    assert "SUCPEB" in outputs[0][0]


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match="no column 'text'"):
        translate_dataset(Dataset.from_dict({"zh": ["一"]}), "out", "model", column="text")
