from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from sacrebleu.utils import smart_open

from mt.data.segments import read_pairs
from mt.errors import DataError
from mt.evaluation.compare import ComparisonOptions, evaluate
from mt.evaluation.comparison import Comparison
from mt.evaluation.json_lines import read_dictionaries, read_segments
from mt.evaluation.significance import Resampling
from mt.evaluation.test_sets import TestSet, read_test_set
from mt.metrics.corpus_scores import Scorer
from mt.metrics.row_scores import share
from mt.metrics.terms import seen_terms
from mt.metrics.wmt25 import wmt25_success

ROWS = [
    {
        "zh": "鲁进来。\n\n他走了。",
        "en": "Lu Jin came.\n\nHe left.",
        "proper": {"鲁进": ["Lu Jin"]},
        "random": {"他": "he"},
    },
    {"zh": "秘书长。", "en": "The secretary-general.", "proper": {"秘书长": ["secretary-general"]}, "noterm": {}},
]


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("one\r\n\r\ntwo\u2028still two \nthree", ["one", "", "two\u2028still two", "three"]),
        ("one\rstill one\nanother\x0b\x85one\n", ["one\rstill one", "another\x0b\x85one"]),
        ("one\n\n", ["one", ""]),
        ("\n", [""]),
    ],
)
def test_files_are_read_as_sacrebleu_reads_them(tmp_path: Path, content: str, expected: list[str]) -> None:
    path = tmp_path / "text"
    path.write_bytes(content.encode())
    with smart_open(str(path)) as lines:
        assert read_segments(path) == [line.rstrip() for line in lines] == expected


def test_other_encodings_and_compressed_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "bom").write_bytes("\ufeffone\ntwo\n".encode())
    (tmp_path / "utf16").write_text("one\ntwo\n", "utf-16")
    with gzip.open(tmp_path / "text.gz", "wb") as file:
        file.write(b"one\ntwo\n")
    assert [read_segments(tmp_path / name) for name in ("bom", "utf16", "text.gz")] == [["one", "two"]] * 3


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no such file"), (b"", "is empty"), (b"one\ntw\xff\n", r":2: is not UTF-8 \(byte 6\)")],
)
def test_unreadable_files_are_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "text"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_segments(path)
    assert str(path) in str(caught.value)


def test_documents_are_split_into_lines_or_kept_whole(tmp_path: Path) -> None:
    one, two = write(tmp_path / "1.jsonl", ROWS), write(tmp_path / "2.jsonl", ROWS[:1])
    lines = read_test_set([one, two])
    assert lines.sources == ["鲁进来。", "他走了。", "秘书长。", "鲁进来。", "他走了。"]
    assert lines.streams == (("Lu Jin came.", "He left.", "The secretary-general.", "Lu Jin came.", "He left."),)
    assert lines.documents == ["1:1", "1:1", "1:2", "2:1", "2:1"]
    assert lines.ids == ["1:1:1", "1:1:3", "1:2", "2:1:1", "2:1:3"]
    assert lines.dictionaries["random"] == [{"他": ["he"]}] * 2 + [{}] + [{"他": ["he"]}] * 2
    assert set(lines.dictionaries) == {"proper", "random"}
    assert next(iter(lines.with_terms().dictionaries)) == "proper"
    whole = read_test_set([one, two], unit="document")
    assert whole.sources == [ROWS[0]["zh"], ROWS[1]["zh"], ROWS[0]["zh"]]
    outputs = [write(tmp_path / f"h{n}.jsonl", [{"en": f"{n} a\n\n{n} b"}, {"en": "c"}][: 3 - n]) for n in (1, 2)]
    assert lines.read_system(outputs) == ["1 a", "1 b", "c", "2 a", "2 b"]
    assert whole.read_system(outputs) == ["1 a\n\n1 b", "c", "2 a\n\n2 b"]


def test_a_first_line_left_empty_is_a_translation(tmp_path: Path) -> None:
    data = read_test_set([write(tmp_path / "1.jsonl", ROWS)])
    path = write(tmp_path / "h.jsonl", [{"en": "\n\nb"}, {"en": "c\n"}])
    assert data.read_system([path]) == ["", "b", "c"]
    # Where lines only stand around the text they are not counted.
    assert data.read_system([write(path, [{"en": "\na\n\nb\n"}, {"en": "c"}])]) == ["a", "b", "c"]


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for year in ("2016", "2018"):
        (tmp_path / year).mkdir()
        write(tmp_path / year / "dev.jsonl", ROWS)
    data = read_test_set([tmp_path / "2016/dev.jsonl", tmp_path / "2018/dev.jsonl"])
    assert data.documents is not None
    assert data.documents[0] == f"{tmp_path}/2016/dev.jsonl:1"
    assert len(set(data.documents)) == 4


def test_references_of_only_a_part_are_none(tmp_path: Path) -> None:
    rows = [ROWS[0], {"zh": "秘书长。"}]
    with pytest.raises(DataError, match="--reference is missing"):
        read_test_set([write(tmp_path / "1.jsonl", rows)])


def test_output_that_does_not_fit_is_named(tmp_path: Path) -> None:
    data = read_test_set([write(tmp_path / "1.jsonl", ROWS)])
    for rows, message in (
        ([{"en": "a\nb"}, {"en": "c"}], "h.jsonl:1: has 3 lines in zh and 2 in en; give --unit document"),
        ([{"en": "a"}], "has 1 documents, the source 2"),
        ([{"en": 3}, {"en": "c"}], r"h.jsonl:1 \[en\]: is not text"),
        ([{}, {"en": "c"}], r"h.jsonl:1 \[en\]: is missing"),
        (["x"], "is not a JSON object"),
    ):
        with pytest.raises(DataError, match=message):
            data.read_system([write(tmp_path / "h.jsonl", rows)])
    (tmp_path / "h.jsonl").write_text("{")
    with pytest.raises(DataError, match=r"h.jsonl:1: is not JSON"):
        data.read_system([tmp_path / "h.jsonl"])
    with pytest.raises(DataError, match=r"2 file\(s\) of a system for 1 of the source"):
        data.read_system([tmp_path / "1.jsonl"] * 2)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"en": "x"}, r"\[zh\]: is missing"),
        ({"zh": "甲\n乙", "en": "x"}, "2 lines in zh and 1 in en"),
        ({"zh": "甲", "en": "x", "terms": {"甲": 3}}, "is no term with its translations"),
        ({"zh": "甲", "en": "x", "terms": [{"zh": "甲"}]}, "is no term with its translations"),
    ],
)
def test_sets_that_mean_nothing_are_refused(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_test_set([write(tmp_path / "s.jsonl", [row])])


def compared(test_set: TestSet, output: Path, seen: frozenset[str] | None = None) -> Comparison:
    return evaluate(test_set, {"x": output}, options=ComparisonOptions(resampling=Resampling(20, 200), seen=seen))


def test_one_dictionary_per_line_serves_a_text_set(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("甲\n乙\n", "utf-8")
    (tmp_path / "r").write_text("a\nb\n", "utf-8")
    terms = write(tmp_path / "t", [[{"zh": "甲", "en": "a"}, {"zh": "甲", "en": "A"}, {"zh": "丙", "en": " "}], []])
    read = read_test_set([tmp_path / "s"], [tmp_path / "r"])
    test_set = read.with_terms(str(terms))
    glossaries = test_set.glossaries
    assert glossaries is not None
    assert [[(t.source, t.targets) for t in own] for own in glossaries] == [[("甲", ("a", "A"))], []]
    # The second segment's 甲 would be none of its own terms.
    found = compared(test_set, tmp_path / "r").system("x").terms
    assert found is not None
    assert (found.met, found.total) == (1, 1)
    with pytest.raises(DataError, match="has 2 lines, the source 3 segments"):
        read_dictionaries(terms, 3)
    with pytest.raises(DataError, match="no file nor a dictionary of the set; choose from none"):
        read.with_terms("proper")


def test_the_sets_own_dictionaries_measure_and_each_is_reported(tmp_path: Path) -> None:
    test_set = read_test_set([write(tmp_path / "1.jsonl", ROWS)])
    output = write(tmp_path / "h.jsonl", [{"en": "LJ came.\n\nHe left."}, {"en": "The secretary-general."}])
    found = compared(test_set.with_terms(), output).to_dict()
    assert found["systems"]["x"]["success_by_dictionary"] == {"proper": 50, "random": 100}
    assert found["systems"]["x"]["scores"]["term_success"] == found["systems"]["x"]["scores"]["term_accuracy"] == 50
    assert found["reference"]["success_by_dictionary"] == {"proper": 100, "random": 100}
    other = compared(test_set.with_terms("random"), output)
    assert other.scores["x"]["term_success"] == 100
    assert "term_success" not in compared(test_set.with_terms("none"), output).scores["x"]


def test_seen_terms_are_told_from_unseen(tmp_path: Path) -> None:
    train = tmp_path / "train.tsv"
    # 秘书长 occurs in the source of a pair, but not with this target.
    train.write_text("鲁进走了\tLu Jin left\n秘书长\tthe chief\n", "utf-8")
    test_set = read_test_set([write(tmp_path / "1.jsonl", ROWS)]).with_terms()
    output = write(tmp_path / "h.jsonl", [{"en": "Lu Jin came.\n\nHe left."}, {"en": "The chief."}])
    assert test_set.glossaries is not None
    seen = seen_terms(read_pairs([str(train)]), test_set.glossaries)
    assert seen == {"鲁进"}
    found = compared(test_set, output, seen).to_dict()["systems"]["x"]
    assert (found["seen"]["terms"], found["seen"]["term_accuracy"], found["seen"]["term_success"]) == (1, 100, 100)
    assert (found["unseen"]["terms"], found["unseen"]["term_accuracy"], found["unseen"]["term_success"]) == (1, 0, 0)


@pytest.mark.shared
def test_wmt25_finance_is_read_as_the_task_scores_it(shared: Path) -> None:
    paths = [shared / f"testsets/wmt25-finance/dev/{year}.jsonl" for year in (2016, 2018)]
    whole, lines = read_test_set(paths, unit="document"), read_test_set(paths)
    assert (len(whole.sources), len(lines.sources)) == (20, 888)
    assert whole.read_system(paths) == list(whole.streams[0])
    assert lines.read_system(paths) == list(lines.streams[0])
    assert Scorer(whole.streams, ["bleu"]).score(whole.read_system(paths))["bleu"].score == pytest.approx(100)
    assert len({id(own) for own in lines.dictionaries["proper"]}) == 2
    rows = wmt25_success(whole.sources, whole.streams[0], whole.streams[0], whole.dictionaries["proper"])
    assert share(rows.sum(0).tolist()) == pytest.approx(95.46579678118302)
