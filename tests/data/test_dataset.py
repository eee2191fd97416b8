from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from datasets import Dataset, DatasetDict
from prepared_data import prepare

from mt.config import Config, DataConfig, RunConfig, load_config
from mt.data.dataset import load_prepared
from mt.errors import ConfigError, DataError, UserError
from mt.io.files import sha256

SEED = Path(__file__).parents[2] / "seeds" / "raw" / "000_719ee97b54b7de9c.txt"


def config(*documents: Path, **data: object) -> Config:
    return Config(data=DataConfig(documents=[str(document) for document in documents], **data))  # type: ignore[arg-type]


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    return Path(shutil.copy(SEED, tmp_path))


def test_the_seed_document(tmp_path: Path, seed: Path) -> None:
    said: list[str] = []
    made = prepare(config(seed, folds="paragraphs"), tmp_path / "out", said.append)
    assert not made.reused
    rows = list(made.dataset["train"])
    assert set(made.dataset) == {"train"}
    assert [(row["id"], row["paragraph"], row["sentence"], row["fold"]) for row in rows] == [
        ("000_719ee97b54b7de9c-p0-s0", 0, 0, 0),
        ("000_719ee97b54b7de9c-p1-s0", 1, 0, 1),
        ("000_719ee97b54b7de9c-p1-s1", 1, 1, 1),
        ("000_719ee97b54b7de9c-p2-s0", 2, 0, 2),
        ("000_719ee97b54b7de9c-p2-s1", 2, 1, 2),
    ]
    assert rows[1]["translation"] == {
        "zh": "鲁进听取了四川省积极开展民间组织“走出去”工作有关情况。",
        "en": "Mr. Lu Jin, upon listening to Sichuans briefings on the work of non-governmental organizations "
        '"going global".',
    }
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert manifest == made.manifest
    assert manifest["sources"] == [{"path": str(seed), "sha256": sha256(SEED), "bytes": SEED.stat().st_size}]
    assert [(own["paragraphs"], own["segments"]) for own in manifest["documents"]] == [(3, 5)]
    assert manifest["repairs"] == {"apostrophe_lost": 3, "pinyin": 69, "punctuation": 15, "traditional": 130}
    assert [note["text"] for note in manifest["notes"]] == ["Peoples", "Sichuans", "Chongqings"]
    assert manifest["folds"] == {"by": "paragraphs", "sizes": [1, 2, 2]}
    assert manifest["splits"] == {"train": 5}
    assert manifest["drops"] == manifest["split_drops"] == {}
    assert {"opencc", "pypinyin", "sentencex"} <= manifest["versions"].keys()
    assert "3 paragraphs, 5 segments" in said[0]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        ".zhen-mt.json", "config.yaml", "data_card.html", "data_card.md", "dataset", "manifest.json",
    ]  # fmt: skip


def test_the_saved_configuration_makes_the_same_dataset(tmp_path: Path, seed: Path) -> None:
    first = prepare(config(seed, folds="paragraphs"), tmp_path / "one")
    again = prepare(load_config(tmp_path / "one" / "config.yaml"), tmp_path / "two")
    assert again.manifest["content_sha256"] == first.manifest["content_sha256"]
    assert first.dataset["train"].to_list() == again.dataset["train"].to_list()


def test_apostrophes_are_restored_when_asked(tmp_path: Path, seed: Path) -> None:
    made = prepare(config(seed, folds="paragraphs", restore_apostrophes=True), tmp_path / "out")
    english = " ".join(pair["en"] for pair in made.dataset["train"]["translation"])
    assert "People's Association" in english
    assert "Sichuan's briefings" in english
    assert made.manifest["repairs"]["apostrophe_restored"] == 3


def test_a_finished_folder_is_used_again_until_something_changes(tmp_path: Path, seed: Path) -> None:
    settings = config(seed, folds="paragraphs")
    out = tmp_path / "out"
    first = prepare(settings, out)
    stamp = (out / "manifest.json").stat().st_mtime_ns
    second = prepare(settings, out)
    assert second.reused
    assert (out / "manifest.json").stat().st_mtime_ns == stamp
    assert second.dataset["train"].to_list() == first.dataset["train"].to_list()
    assert not prepare(settings.replace(run=RunConfig(seed=2)), out).reused
    seed.write_text(seed.read_text("utf-8").replace("Mr. Lu Jin, upon", "Mr. Lu, upon"), "utf-8")
    said: list[str] = []
    changed = prepare(settings, out, said.append)
    assert not changed.reused
    assert "preparing it again" in said[0]
    assert changed.dataset["train"][1]["translation"]["en"].startswith("Mr. Lu, upon")


def test_what_is_not_ours_is_never_replaced(tmp_path: Path, seed: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("x", "utf-8")
    with pytest.raises(UserError, match=r"thesis.txt, which is of no prepared data written here; choose another"):
        prepare(config(seed, folds="paragraphs"), mine)
    assert [path.name for path in mine.iterdir()] == ["thesis.txt"]


def test_nothing_is_left_behind_on_bad_input(tmp_path: Path, seed: Path) -> None:
    out = tmp_path / "out"
    seed.write_text("第一段。\n第二段。\n", "utf-8")
    with pytest.raises(DataError, match=r"2 Chinese and 0 English paragraphs; ") as error:
        prepare(config(seed, folds="paragraphs"), out)
    assert str(seed) in str(error.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == [seed.name]
    seed.write_text("", "utf-8")
    with pytest.raises(DataError, match="is empty"):
        prepare(config(seed), out)
    with pytest.raises(DataError, match="no such file"):
        prepare(config(tmp_path / "none.txt"), out)
    assert not out.exists()


def test_a_number_of_folds_shares_out_the_paragraphs_of_one_document(tmp_path: Path, seed: Path) -> None:
    made = prepare(config(seed, folds=2), tmp_path / "out")
    assert made.manifest["folds"] == {"by": "paragraphs", "sizes": [3, 2]}
    rows = [(row["paragraph"], row["fold"]) for row in made.dataset["train"]]
    assert len(set(rows)) == 3  # no paragraph in two folds
    with pytest.raises(ConfigError, match=r"\[data.folds\]: 3 folds would train 3 models; .* data.max_folds to 3"):
        prepare(config(seed, folds="paragraphs", max_folds=2), tmp_path / "more")
    assert not (tmp_path / "more").exists()


def test_one_document_without_folds_says_what_to_do(tmp_path: Path, seed: Path) -> None:
    with pytest.raises(
        DataError, match=r"1 document cannot be split into train and test and validation .*; set it to auto"
    ):
        prepare(config(seed, folds="none"), tmp_path / "out")


def test_splits_by_document(tmp_path: Path) -> None:
    lines = [
        f"d{number}\t第{number}号文件第{line}行。\tLine {line} of file {number}."
        for number in range(10)
        for line in range(4)
    ]
    lines += [f"d{number}\t各位代表：\tFellow Deputies," for number in range(10)]
    table = tmp_path / "t.tsv"
    table.write_text("\n".join(lines), "utf-8")
    made = prepare(config(table, folds="none", validation_share=0.2, test_share=0.2), tmp_path / "out")
    assert made.manifest["splits"] == {"train": 24, "validation": 8, "test": 10}
    assert made.manifest["split_drops"] == {"duplicate_dropped_from_train": 6, "duplicate_dropped_from_validation": 2}
    assert {fold for part in made.dataset.values() for fold in part["fold"]} == {-1}
    held = [set(part["document"]) for part in made.dataset.values()]
    assert sum(map(len, held)) == 10
    assert made.dataset["test"].features["translation"].languages == ["zh", "en"]


def test_too_many_drops_fail(tmp_path: Path) -> None:
    table = tmp_path / "t.tsv"
    rows = "".join(f"d{n}\t第{n}行\tLine {n}\n" for n in range(6))
    table.write_text("document\tzh\ten\n" + rows + "d9\tGDP和\t\nd9\t空\t\n", "utf-8")
    with pytest.raises(
        DataError,
        match=r"2 of 8 segments would be dropped \(empty_side 2; first d9-p0-s0, .*t.tsv:8\).*max_drop_share above 0.2",
    ):
        prepare(config(table), tmp_path / "out")
    made = prepare(config(table, max_drop_share=0.3, folds="documents"), tmp_path / "out")
    assert made.manifest["drops"] == {"empty_side": 2}
    assert [entry["id"] for entry in made.manifest["dropped"]] == ["d9-p0-s0", "d9-p1-s0"]


def arrow_file(dataset: Path) -> Path:
    return next((dataset / "train").glob("*.arrow"))


def truncate(dataset: Path) -> None:
    arrow_file(dataset).write_bytes(arrow_file(dataset).read_bytes()[:200])


def drop_last_row(dataset: Path) -> None:
    rows = DatasetDict.load_from_disk(str(dataset))
    shorter = DatasetDict({"train": Dataset.from_list(rows["train"].to_list()[:-1], features=rows["train"].features)})
    shutil.rmtree(dataset)
    shorter.save_to_disk(str(dataset))


@pytest.mark.parametrize(
    "damage",
    [
        truncate,
        drop_last_row,
        lambda dataset: arrow_file(dataset).unlink(),
        lambda dataset: (dataset / "dataset_dict.json").write_text("null"),
        lambda dataset: (dataset / "dataset_dict.json").write_text('{"splits": []}'),
        lambda dataset: (dataset / "train" / "dataset_info.json").write_text("null"),
        lambda dataset: (dataset / "train" / "state.json").write_text("null"),
    ],
)
def test_a_damaged_dataset_is_prepared_again(tmp_path: Path, seed: Path, damage: Callable[[Path], object]) -> None:
    settings, out = config(seed, folds="paragraphs"), tmp_path / "out"
    rows = prepare(settings, out).dataset["train"].to_list()
    damage(out / "dataset")
    if damage is not drop_last_row:
        with pytest.raises(DataError, match="prepare it again"):
            load_prepared(out)
    again = prepare(settings, out)
    assert not again.reused
    assert again.dataset["train"].to_list() == rows


def test_a_dataset_of_something_else_must_have_its_columns(tmp_path: Path) -> None:
    DatasetDict({"train": Dataset.from_list([{"zh": "一"}])}).save_to_disk(str(tmp_path / "dataset"))
    with pytest.raises(DataError, match="lacks the columns document, fold, id, paragraph, sentence, translation"):
        load_prepared(tmp_path)


def test_every_split_must_have_the_columns(tmp_path: Path) -> None:
    table = tmp_path / "t.tsv"
    table.write_text("".join(f"d{number}\t第{number}号文件。\tFile {number}.\n" for number in range(4)), "utf-8")
    dataset = prepare(config(table, folds="none"), tmp_path / "out").dataset
    dataset["test"] = dataset["test"].remove_columns("document")
    dataset.save_to_disk(str(tmp_path / "other"))
    with pytest.raises(DataError, match="lacks the columns document"):
        load_prepared(tmp_path / "other")


def test_a_dataset_must_be_of_the_configuration_it_is_loaded_for(tmp_path: Path, seed: Path) -> None:
    settings, out = config(seed, folds="paragraphs"), tmp_path / "out"
    prepare(settings, out)
    assert load_prepared(out, settings)["train"].num_rows == 5
    for other, named in (
        (config(seed, folds="documents"), "data.folds changed"),
        (config(seed, seed, restore_apostrophes=True), "data.documents, data.folds, data.restore_apostrophes changed"),
        (settings.replace(run=RunConfig(seed=2)), "run.seed changed"),
    ):
        with pytest.raises(DataError, match=rf"prepared from other documents or settings: {named}; run zhen-mt prep"):
            load_prepared(out, other)
    seed.write_text(seed.read_text("utf-8") + "\n", "utf-8")
    with pytest.raises(DataError, match=rf"{seed.name} changed"):
        load_prepared(out, settings)
    # What something else wrote has no manifest to compare with.
    (out / "manifest.json").unlink()
    assert load_prepared(out, settings)["train"].num_rows == 5


def test_loading_what_is_not_there(tmp_path: Path, seed: Path) -> None:
    with pytest.raises(DataError, match="holds no prepared dataset; run zhen-mt prepare"):
        load_prepared(tmp_path)
    prepare(config(seed, folds="paragraphs"), tmp_path / "out")
    assert load_prepared(tmp_path / "out" / "dataset")["train"].num_rows == 5
    next((tmp_path / "out" / "dataset" / "train").glob("*.arrow")).write_bytes(b"x")
    with pytest.raises(DataError, match="cannot be loaded"):
        load_prepared(tmp_path / "out")
