from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from mt.constraints.annotate import annotate
from mt.data.corpus import read_pairs
from mt.errors import ConfigError, DataError
from mt.models.tags import TAGS
from mt.training.data.packed_pairs import PackedPairs
from recipes.starter.config import LONGEST_INPUT, StarterConfig, load_starter_config
from recipes.starter.corpus.pack_corpus import pack_corpus
from recipes.starter.corpus.packing import pack_texts
from recipes.starter.corpus.pairs import load_pairs, reweighted
from recipes.starter.corpus.sources import training_sources
from recipes.starter.filtering.filtered_pairs import read_filtered


@pytest.fixture(scope="module")
def packed(starter_config: StarterConfig) -> PackedPairs:
    return load_pairs(Path(starter_config.corpus.packed) / "train")


@pytest.fixture(scope="module")
def tokenizer(starter_config: StarterConfig) -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(Path(starter_config.corpus.packed) / "tokenizer")


def test_packed_ids_are_what_the_tokenizer_gives(
    packed: PackedPairs, tokenizer: PreTrainedTokenizerBase, starter_config: StarterConfig
) -> None:
    pairs = dict(read_pairs(starter_config.corpus.sources[0], Counter()))
    plain = {tuple(ids) for ids in tokenizer(list(pairs))["input_ids"]}
    targets = {tuple(ids) for ids in tokenizer(text_target=list(pairs.values()))["input_ids"]}
    rows = np.flatnonzero(packed.origin == 0)
    assert len(rows) == len(pairs)
    for row in rows:
        if len(packed.source[row]):  # not an invented target
            assert tuple(packed.source[row].tolist()) in plain
            assert tuple(packed.target[row].tolist()) in targets


def test_annotated_ids_are_those_of_the_annotated_string(
    packed: PackedPairs, tokenizer: PreTrainedTokenizerBase
) -> None:
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


def test_an_annotated_request_keeps_its_tags_single(tokenizer: PreTrainedTokenizerBase) -> None:
    ids = tokenizer(annotate("川促会的经验", [(0, 3, "SUCPEB")]))["input_ids"]
    pieces = tokenizer.convert_ids_to_tokens(ids)
    assert [piece for piece in pieces if piece in TAGS] == list(TAGS)
    assert tokenizer.unk_token_id not in ids
    assert pieces[-1] == "</s>"


@pytest.mark.parametrize("text", ["FAOCSPC-FAOCMG", "Ürümqi № ½ ™ 12.5％", "naïve “quotes” … 漢", "\U0001f600"])
def test_any_target_can_be_spelt(tokenizer: PreTrainedTokenizerBase, text: str) -> None:
    ids = tokenizer(text_target=text)["input_ids"]
    assert tokenizer.unk_token_id not in ids
    assert tokenizer.decode(ids, skip_special_tokens=True) == text


def test_the_manifest_counts_what_was_kept_and_dropped(starter_config: StarterConfig, packed: PackedPairs) -> None:
    manifest = json.loads((Path(starter_config.corpus.packed) / "train" / "packing.json").read_text("utf-8"))
    assert manifest["pairs"] == len(packed) == sum(source["kept"] for source in manifest["sources"])
    assert manifest["target_tokens"] == len(packed.target.ids)
    assert all(isinstance(source["dropped"], dict) for source in manifest["sources"])


@pytest.fixture
def near_and_far(tmp_path: Path, seed_pairs: list[tuple[str, str]]) -> StarterConfig:
    """A configuration with a filter, and one file for a near and a far part."""
    named = [
        ("他在波士顿的公司工作。", "He works for a company in Boston."),
        ("他去波士顿吧？", "Does he go to Boston?"),
        ("她昨天从成都去了重庆，看她的父母。", "Yesterday she went from Chengdu to Chongqing to see her parents."),
        ("四川的公司在东京开会。", "The company from Sichuan held a meeting in Tokyo."),
        ("他们从柏林坐火车去里昂。", "They took the train from Berlin to Lyon."),
        ("开罗的夏天比马德里热。", "Summers in Cairo are hotter than in Madrid."),
    ]
    for name, pairs in (("pairs.tsv", [*seed_pairs, *named]), ("domain.tsv", named)):
        (tmp_path / name).write_text("".join(f"{zh}\t{en}\n" for zh, en in pairs), "utf-8")
    places = {"成都": "Chengdu", "重庆": "Chongqing", "四川": "Sichuan", "波士顿": "Boston", "里昂": "Lyon"}
    places |= {"柏林": "Berlin", "东京": "Tokyo", "开罗": "Cairo", "马德里": "Madrid"}
    (tmp_path / "lexicon.tsv").write_text("".join(f"{zh}\t{en}\n" for zh, en in places.items()), "utf-8")
    names = {"波士顿": "Boston", "里昂": "Lyon", "柏林": "Berlin", "东京": "Tokyo", "开罗": "Cairo", "马德里": "Madrid"}
    (tmp_path / "names.tsv").write_text("".join(f"{zh}\t{en}, city in X\n" for zh, en in names.items()), "utf-8")
    for side, place in (("zh", 0), ("en", 1)):
        (tmp_path / f"valid.{side}").write_text("".join(pair[place] + "\n" for pair in seed_pairs[:2]), "utf-8")
    (tmp_path / "c.yaml").write_text(
        f"""
model: {{vocab_size: 600}}
corpus:
  packed: {tmp_path}/packed
  lexicon: {tmp_path}/lexicon.tsv
  validation_zh: {tmp_path}/valid.zh
  validation_en: {tmp_path}/valid.en
  max_tokens: 400
  sources:
    - {{path: {tmp_path}/pairs.tsv, part: near, weight: 2}}
    - {{path: {tmp_path}/pairs.tsv, part: far}}
filter:
  folder: {tmp_path}/filtered
  min_alignment: -9
  domain: [{{path: {tmp_path}/domain.tsv}}]
  near_score: 0.1
  entities: {tmp_path}/names.tsv
  synthetic_copies: 2
  synthetic_weight: 0.5
  joined_weight: 0.25
""",
        "utf-8",
    )
    return load_starter_config(tmp_path / "c.yaml")


def test_a_filtered_corpus_is_packed_by_parts_with_its_synthetic_pairs(
    near_and_far: StarterConfig, tmp_path: Path
) -> None:
    """One command filters, learns the vocabulary and packs; near and far parts share a file between them."""
    config = near_and_far
    folder = pack_corpus(config)
    kept = list(read_filtered(tmp_path / "filtered" / "pairs.tsv.xz"))
    near = sum(pair.domain >= 0.1 for pair in kept)
    assert 0 < near < len(kept)
    manifest = json.loads((folder / "train" / "packing.json").read_text("utf-8"))
    assert [source["kept"] for source in manifest["sources"][:2]] == [near, len(kept) - near]
    assert manifest["sources"][2]["path"] == "synthetic"
    assert manifest["sources"][2]["kept"] == len(list(read_filtered(tmp_path / "filtered" / "synthetic.tsv.xz"))) > 0
    packed = reweighted(load_pairs(folder / "train"), [source.weight for source in training_sources(config)])
    assert packed.weights == (2, 1, 0.5, 0.25)
    joined = manifest["sources"][3]
    assert joined["path"] == "joined"
    assert joined["kept"] > 0
    plain = packed.source.lengths[packed.origin == 3]
    assert plain[plain > 0].mean() > 1.5 * packed.source.lengths[packed.origin < 2].mean()
    # Dense segments request many terms, not four at most.
    opening = AutoTokenizer.from_pretrained(folder / "tokenizer").convert_tokens_to_ids(TAGS[0])
    requested = [int((packed.annotated[row] == opening).sum()) for row in np.flatnonzero(packed.origin == 3)]
    assert max(requested) > 4
    assert sum(source["target_tokens"] for source in manifest["sources"]) == len(packed.target.ids)


def test_folders_of_another_configuration_are_refused(near_and_far: StarterConfig, tmp_path: Path) -> None:
    config = near_and_far
    folder = pack_corpus(config)
    heavier = [source.replace(weight=source.weight + 1) for source in config.corpus.sources]
    assert pack_corpus(config.replace(corpus=config.corpus.replace(sources=heavier))) == folder
    for other, named in (
        (config.replace(corpus=config.corpus.replace(max_tokens=300)), "corpus.max_tokens is 300, was 400"),
        (config.replace(filter=config.filter.replace(near_score=0.2)), "filter.near_score is 0.2, was 0.1"),
        (config.replace(model=config.model.replace(vocab_size=601)), "model.vocab_size is 601, was 600"),
        (config.replace(run=config.run.replace(seed=9)), "run.seed is 9"),
    ):
        with pytest.raises(ConfigError, match=rf"packed\]: names .* another configuration: {named}"):
            pack_corpus(other)
    # The filtered pairs by themselves; and a vocabulary alone is not continued from.
    elsewhere = config.corpus.replace(packed=f"{tmp_path}/elsewhere")
    loose = config.replace(filter=config.filter.replace(min_alignment=0.5), corpus=elsewhere)
    with pytest.raises(ConfigError, match=r"filter.folder\]: names .*: filter.min_alignment is 0.5, was -9"):
        pack_corpus(loose)
    shutil.rmtree(folder / "train")
    with pytest.raises(ConfigError, match=r"model\.vocab_size"):
        pack_corpus(config.replace(model=config.model.replace(vocab_size=601)))
    with open(tmp_path / "pairs.tsv", "a", encoding="utf-8") as file:
        file.write("新的。\tNew.\n")
    with pytest.raises(ConfigError, match=r"the content of corpus.sources is another; delete the folder"):
        pack_corpus(config)


@pytest.mark.parametrize("damage", [b"", b"x", b"\x93NUMPY"])
def test_a_damaged_packed_folder_is_named(starter_config: StarterConfig, tmp_path: Path, damage: bytes) -> None:
    folder = shutil.copytree(Path(starter_config.corpus.packed) / "train", tmp_path / "train")
    for name in ("origin.npy", "source.ids.npy", "packing.json"):
        (folder / name).write_bytes(damage)
        with pytest.raises(DataError, match=r"pack it again|is not (JSON|UTF-8)"):
            load_pairs(folder)
        shutil.copy(Path(starter_config.corpus.packed) / "train" / name, folder / name)
    (folder / "packing.json").write_text("[]", "utf-8")
    with pytest.raises(DataError, match="pack it again"):
        load_pairs(folder)


def test_validation_pairs_beyond_the_model_are_left_out(starter_config: StarterConfig, tmp_path: Path) -> None:
    tokenizer = Path(starter_config.corpus.packed) / "tokenizer"
    sources, targets = ["经验", "经验" * 400, "经验"], ["Experience", "Experience", "experience " * 400]
    assert pack_texts((sources, targets), tokenizer, tmp_path / "set", max_tokens=LONGEST_INPUT) == 2
    assert len(load_pairs(tmp_path / "set")) == 1
    with pytest.raises(DataError, match="no validation pair"):
        pack_texts((sources[1:], targets[1:]), tokenizer, tmp_path / "none", max_tokens=LONGEST_INPUT)
