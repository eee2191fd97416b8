from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from mt.config import Config, CorpusSource
from mt.constraints.annotate import TAGS, annotate
from mt.data.corpus import drop_reason, read_pairs
from mt.data.lexicon import Lexicon, invent_target
from mt.errors import DataError
from mt.training.packing import PackedPairs, Ragged


@pytest.fixture(scope="module")
def packed(starter_config: Config) -> PackedPairs:
    return PackedPairs.load(Path(starter_config.corpus.packed) / "train")


@pytest.fixture(scope="module")
def tokenizer(starter_config: Config):  # type: ignore[no-untyped-def]
    return AutoTokenizer.from_pretrained(Path(starter_config.corpus.packed) / "tokenizer")


def test_packed_ids_are_what_the_tokenizer_gives(packed: PackedPairs, tokenizer, starter_config: Config) -> None:  # type: ignore[no-untyped-def]
    pairs = dict(read_pairs(starter_config.corpus.sources[0], Counter()))
    plain = {tuple(ids) for ids in tokenizer(list(pairs))["input_ids"]}
    targets = {tuple(ids) for ids in tokenizer(text_target=list(pairs.values()))["input_ids"]}
    rows = np.flatnonzero(packed.origin == 0)
    assert len(rows) == len(pairs)
    for row in rows:
        if len(packed.source[row]):  # not an invented target
            assert tuple(packed.source[row].tolist()) in plain
            assert tuple(packed.target[row].tolist()) in targets


def test_annotated_ids_are_those_of_the_annotated_string(packed: PackedPairs, tokenizer) -> None:  # type: ignore[no-untyped-def]
    """Training sees exactly what a request's annotation is tokenised to."""
    checked = 0
    for row in range(len(packed)):
        ids = packed.annotated[row].tolist()
        if ids:
            text = tokenizer.decode(ids[:-1])
            assert tokenizer(text)["input_ids"] == ids
            assert text.count("<term>") == text.count("<trans>") == text.count("</term>") >= 1
            checked += 1
    assert checked >= 10


def test_an_annotated_request_keeps_its_tags_single(tokenizer) -> None:  # type: ignore[no-untyped-def]
    ids = tokenizer(annotate("川促会的经验", [(0, 3, "SUCPEB")]))["input_ids"]
    pieces = tokenizer.convert_ids_to_tokens(ids)
    assert [piece for piece in pieces if piece in TAGS] == list(TAGS)
    assert tokenizer.unk_token_id not in ids
    assert pieces[-1] == "</s>"


@pytest.mark.parametrize("text", ["FAOCSPC-FAOCMG", "Ürümqi № ½ ™ 12.5％", "naïve “quotes” … 漢", "\U0001f600"])
def test_any_target_can_be_spelt(tokenizer, text: str) -> None:  # type: ignore[no-untyped-def]
    ids = tokenizer(text_target=text)["input_ids"]
    assert tokenizer.unk_token_id not in ids
    assert tokenizer.decode(ids, skip_special_tokens=True) == text


def test_the_manifest_counts_what_was_kept_and_dropped(starter_config: Config, packed: PackedPairs) -> None:
    manifest = json.loads((Path(starter_config.corpus.packed) / "train" / "packing.json").read_text("utf-8"))
    assert manifest["pairs"] == len(packed) == sum(source["kept"] for source in manifest["sources"])
    assert manifest["target_tokens"] == len(packed.target.ids)
    assert all(isinstance(source["dropped"], dict) for source in manifest["sources"])


def test_a_broken_folder_and_wrong_weights_are_refused(tmp_path: Path, packed: PackedPairs) -> None:
    with pytest.raises(DataError, match="is not a packed corpus"):
        PackedPairs.load(tmp_path)
    with pytest.raises(DataError, match="3 corpus sources where 2 were packed"):
        packed.reweighted([1, 1, 1])


@given(st.lists(st.lists(st.integers(0, 300_000), max_size=5), max_size=8))
def test_ragged_rows_come_back(rows: list[list[int]]) -> None:
    ragged = Ragged.of(rows)
    assert [ragged[number].tolist() for number in range(len(ragged))] == rows
    assert ragged.lengths.tolist() == [len(row) for row in rows]


@pytest.mark.parametrize(
    ("zh", "en", "reason"),
    [
        ("各位代表：", "Fellow Deputies,", None),
        ("", "x", "empty side"),
        ("hello there", "hello there", "source not Chinese"),
        ("各位代表", "各位代表 deputies", "Chinese in target"),
        ("各位代表", "12 34 56 78", "target not English"),
        ("各位<b>代表</b>", "Fellow <b>deputies</b>", "markup"),
        ("各位代表，现在我代表国务院向大会报告政府工作请予审议并请提出意见", "Yes", "length ratio"),
        ("好", "This is a very long sentence that cannot be the translation of it", "length ratio"),
        ("消费贡献率达到66.4%。", "The contribution reached 65.4%.", "numbers differ"),
        ("消费贡献率达到66.4%。", "The contribution reached 66.4%.", None),
        ("60万亿元", "60 trillion yuan", None),
    ],
)
def test_drop_rules(zh: str, en: str, reason: str | None) -> None:
    assert drop_reason(zh, en) == reason


def test_corpus_faults_name_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("你好\thello\nno tab\n", "utf-8")
    with pytest.raises(DataError, match=r"a\.tsv:2: 1 columns where 2 are needed"):
        list(read_pairs(CorpusSource(path=str(path)), Counter()))
    (tmp_path / "b.xz").write_bytes(b"not xz")
    with pytest.raises(DataError, match="cannot be read"):
        list(read_pairs(CorpusSource(path=str(tmp_path / "b.xz")), Counter()))


def test_lexicon_pairs_stand_on_both_sides_and_share_no_words() -> None:
    lexicon = Lexicon(
        {"民间组织": ["non-governmental organization"], "组织": ["organization"], "合作": ["cooperation"]}
    )
    zh, en = "民间组织和组织合作，加强合作", "Non-governmental organizations and the Organization in cooperation"
    pairs = lexicon.find_pairs(zh, en)
    assert [(zh[a:b], target) for a, b, target in pairs] == [
        ("民间组织", "Non-governmental organizations"),
        ("组织", "Organization"),
        ("合作", "cooperation"),
    ]


def test_invented_targets_vary_and_are_repeatable() -> None:
    lexicon = Lexicon({"民间组织": ["non-governmental organization"]})
    drawn = [invent_target(random.Random(seed), lexicon) for seed in range(50)]
    assert len(set(drawn)) > 25
    assert drawn == [invent_target(random.Random(seed), lexicon) for seed in range(50)]
