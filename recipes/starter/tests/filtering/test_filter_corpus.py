from __future__ import annotations

import json
import lzma
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mt.errors import ConfigError, DataError
from recipes.starter.config import StarterConfig, load_starter_config
from recipes.starter.corpus.dictionary import Dictionary
from recipes.starter.filtering.entities import Entities, acronym, in_pinyin
from recipes.starter.filtering.exchange_names import NameExchanger
from recipes.starter.filtering.filter_corpus import SYNTHETIC, filter_corpus
from recipes.starter.filtering.filtered_pairs import FilteredPair, read_filtered, write_filtered
from recipes.starter.filtering.term_pairs import TermFinder, aligned_phrases, whole_name
from recipes.starter.filtering.word_alignment import Links
from recipes.starter.filtering.words import english_spans

CEDICT = """李白\tLi Bai (701-762), famous Tang Dynasty poet
巴赫\tJohann Sebastian Bach (1685-1750), German composer
成都市\tChengdu subprovincial city and capital of Sichuan province
罗田县\tLuotian county in Huanggang 黃岡|黄冈[Huang2 gang1], Hubei
波士顿\tBoston, capital of Massachusetts
世界卫生组织\tWorld Health Organization (WHO)
香港贸易发展局\tHong Kong Trade Development Council
遏制\tto contain
"""

NOUNS = {"银行": "bank", "学校": "school", "工厂": "factory", "公园": "park", "大桥": "bridge", "图书馆": "library"}
PLACES = {"波士顿": "Boston", "伦敦": "London", "巴黎": "Paris", "柏林": "Berlin"}
VERBS = {"参观": "visited", "修建": "built", "关闭": "closed", "购买": "bought"}


@pytest.fixture
def config(tmp_path: Path) -> StarterConfig:
    rng = random.Random(4)
    lines = set()
    while len(lines) < 600:
        place, verb, noun = (rng.choice(list(words.items())) for words in (PLACES, VERBS, NOUNS))
        year = rng.randint(1900, 2020)
        lines.add(
            f"{year}年他们在{place[0]}{verb[0]}了一座{noun[0]}。\tThey {verb[1]} a {noun[1]} in {place[1]} in {year}."
        )
    rows = sorted(lines)
    rows += [
        rows[0],
        "这句话没有英文\t",
        "他在1999年来了。\tHe came in 1998.",
        "各位代表，现在报告工作。\tFellow deputies, I will now report on the work.",
        "月亮升起来了，大家都在唱歌。\tNobody bought any software licences from our office yesterday.",
    ]
    (tmp_path / "pairs.tsv").write_text("\n".join(rows) + "\n", "utf-8")
    words = NOUNS | PLACES | VERBS
    (tmp_path / "lexicon.tsv").write_text("".join(f"{zh}\t{en}\n" for zh, en in words.items()), "utf-8")
    (tmp_path / "cedict.tsv").write_text(CEDICT, "utf-8")
    (tmp_path / "test.tsv").write_text("各位代表，现在报告工作。\n", "utf-8")
    (tmp_path / "domain.tsv").write_text(
        "1950年他们在波士顿购买了银行。\tThey bought a bank in Boston in 1950.\n", "utf-8"
    )
    (tmp_path / "c.yaml").write_text(
        f"""
run: {{seed: 7}}
corpus: {{lexicon: {tmp_path}/lexicon.tsv, sources: [{{path: {tmp_path}/pairs.tsv}}]}}
filter:
  folder: {tmp_path}/filtered
  min_alignment: 0.3
  held_out: [{tmp_path}/test.tsv]
  domain: [{{path: {tmp_path}/domain.tsv}}]
  entities: {tmp_path}/cedict.tsv
  near_score: -9
  synthetic_copies: 2
  warn_drop_share: 0.001
""",
        "utf-8",
    )
    return load_starter_config(tmp_path / "c.yaml")


def test_a_corpus_is_filtered_and_every_drop_is_accounted_for(
    config: StarterConfig, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lines: list[str] = []
    folder = filter_corpus(config, lines.append)
    report = json.loads((folder / "report.json").read_text("utf-8"))
    (source,) = report["sources"]
    kept = list(read_filtered(folder / "pairs.tsv.xz"))
    assert source["read"] == 605
    assert source["read"] == len(kept) + sum(source["dropped"].values())
    for reason in ("repeated", "empty side", "numbers differ", "test segment", "alignment"):
        assert source["dropped"][reason] >= 1
    assert "Nobody bought" in json.dumps(report["dropped_examples"]["pairs: alignment"])
    assert len(kept) > 200
    # Bank, Boston, bought: what the domain text is about ranks highest.
    best = max(kept, key=lambda pair: pair.domain)
    assert sum(word in best.en for word in ("Boston", "bank", "bought")) >= 2
    assert any("dropped, most for" in record.message for record in caplog.records)
    assert "| pairs | 605 |" in (folder / "report.md").read_text("utf-8")
    terms = Counter((pair.zh[a:b], target) for pair in kept for a, b, target in pair.terms)
    assert all((NOUNS | PLACES | VERBS).get(zh, target) == target for zh, target in terms if " " not in target)
    assert {"Boston", "factory"} <= {target for _, target in terms}
    synthetic = list(read_filtered(folder / f"{SYNTHETIC}.tsv.xz"))
    assert len(synthetic) == sum(report["synthetic"].values()) > 0
    before = (folder / "pairs.tsv.xz").read_bytes(), (folder / f"{SYNTHETIC}.tsv.xz").read_bytes()
    filter_corpus(config)
    assert before == ((folder / "pairs.tsv.xz").read_bytes(), (folder / f"{SYNTHETIC}.tsv.xz").read_bytes())


def test_a_corpus_that_cannot_be_filtered_is_refused(config: StarterConfig, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"filter\.folder"):
        filter_corpus(load_starter_config(tmp_path / "c.yaml", ["filter.folder="]))
    with pytest.raises(ConfigError, match=r"corpus\.sources"):
        filter_corpus(load_starter_config(tmp_path / "c.yaml", ["corpus.sources=[]"]))
    (tmp_path / "pairs.tsv").write_text("x\ty\n", "utf-8")
    with pytest.raises(DataError, match="no pair was left"):
        filter_corpus(config)
    assert not (tmp_path / "filtered").exists()
    (tmp_path / "broken.tsv.xz").write_bytes(lzma.compress(b"a\tb\n"))
    with pytest.raises(DataError, match=r"broken\.tsv\.xz:1: is not a filtered corpus"):
        list(read_filtered(tmp_path / "broken.tsv.xz"))
    with pytest.raises(DataError, match="no such file"):
        list(read_filtered(tmp_path / "absent.tsv.xz"))


text = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=12)


@given(st.lists(st.tuples(text, text, text, st.booleans()), max_size=6))
def test_filtered_pairs_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str, bool]]
) -> None:
    path = tmp_path_factory.mktemp("filtered") / "a.tsv.xz"
    pairs = [FilteredPair(zh, en, 0.25, ((0, len(zh), target),), only) for zh, en, target, only in rows]
    write_filtered(path, pairs)
    assert list(read_filtered(path)) == pairs


def links(*pairs: tuple[int, int], strength: float = 0.5) -> Links:

    return Links(
        np.array([a for a, _ in pairs], np.int64),
        np.array([b for _, b in pairs], np.int64),
        np.full(len(pairs), strength, np.float32),
    )


def test_phrases_are_consistent_and_look_like_terms() -> None:
    zh, en = "国务院推进结构性改革", "The State Council advances structural reform"
    zh_spans = [(0, 3), (3, 5), (5, 8), (8, 10)]
    en_spans = english_spans(en)
    found = {
        (zh[a:b], target)
        for a, b, target in aligned_phrases(zh, en, zh_spans, en_spans, links((0, 2), (1, 3), (2, 4), (3, 5)))
    }
    assert ("结构性改革", "structural reform") in found
    # "Council" alone is part of a longer name; with a link across, no phrase holds only one of its ends.
    assert ("国务院", "Council") not in found
    crossed = aligned_phrases(zh, en, zh_spans, en_spans, links((2, 4), (3, 1)))
    assert all(target != "structural reform" for *_, target in crossed)


@pytest.mark.parametrize(
    ("en", "name", "whole"),
    [
        ("He met Zhao Shuli.", "Zhao Shuli", True),
        ("In London, he left.", "London", True),
        ("He met George Floyd.", "Floyd", False),
        ("the Forum Summit", "Forum", False),
        ("President Obama left.", "Obama", True),
        ("They trust structural reform", "structural reform", True),
        ("the National People's Congress", "Congress", False),
    ],
)
def test_parts_of_longer_names_are_no_terms(en: str, name: str, whole: bool) -> None:
    start = en.index(name)
    assert whole_name(en, start, start + len(name)) is whole


def test_frequent_terms_are_taken_ever_more_rarely() -> None:
    finder = TermFinder(Dictionary({"银行": ["bank"], "学校": ["school"]}), seed=3)
    nothing = links()
    zh, en = "他去银行。", "He goes to the bank."
    taken = sum(bool(finder.find(zh, en, [], [], nothing)) for _ in range(2000))
    assert 150 < taken < 600
    assert finder.find("他去学校。", "He goes to school.", [], [], nothing) == [(2, 4, "school")]
    assert finder.find("学校和学校", "a school and a school", [], [], nothing) == []


@pytest.fixture
def entities(tmp_path: Path) -> Entities:
    (tmp_path / "cedict.tsv").write_text(CEDICT, "utf-8")
    return Entities.load(tmp_path / "cedict.tsv")


def test_names_are_sorted_by_kind(entities: Entities) -> None:
    assert ("巴赫", "Johann Sebastian Bach") in entities.names["person"]
    assert {("成都市", "Chengdu City"), ("罗田县", "Luotian County"), ("波士顿", "Boston")} == set(
        entities.names["place"]
    )
    assert ("世界卫生组织", "World Health Organization") in entities.names["organisation"]
    assert not any(zh == "遏制" for pairs in entities.names.values() for zh, _ in pairs)
    assert entities.kind("王小明", "Wang Xiaoming") == "chinese name"
    assert entities.kind("仙桃", "Xiantao") == "place"
    assert entities.kind("北京大学", "Peking University") == "organisation"
    assert entities.kind("秘书长", "secretary-general") == "title"
    assert entities.kind("改革", "reform") is None
    assert acronym("Foreign Affairs Office of Chongqing Municipal Government") == "FAOCMG"


@given(st.integers(0, 10_000))
def test_made_up_names_are_romanised_rightly(seed: int) -> None:
    zh, en = Entities({"place": []}).another("chinese name", random.Random(seed))
    assert in_pinyin(zh, en)
    assert 2 <= len(zh) <= 3


@given(st.integers(0, 500))
def test_exchanged_names_stand_on_both_sides(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    folder = tmp_path_factory.getbasetemp() / "entities"
    folder.mkdir(exist_ok=True)
    (folder / "cedict.tsv").write_text(CEDICT, "utf-8")
    entities = Entities.load(folder / "cedict.tsv")
    pair = FilteredPair(
        "香港大学与波士顿的银行合作。",
        "A Hong Kong University works with a bank in Boston today.",
        0.1,
        ((0, 4, "Hong Kong University"), (5, 8, "Boston"), (9, 11, "bank")),
    )
    exchanger = NameExchanger(entities, near=0.0, seed=seed)
    found = list(exchanger.exchange([pair], copies=1))
    assume(found)  # not when the same name was drawn
    (made,) = found
    assert exchanger.kinds.total() == 1
    assert made.zh != pair.zh
    end = 0
    for start, stop, target in made.terms:
        assert end <= start < stop <= len(made.zh)
        assert target in made.en
        end = stop
    changed = [(made.zh[a:b], target) for a, b, target in made.terms if made.zh[a:b] not in pair.zh]
    assert len(changed) == 1
    assert made.annotated_only == (changed[0][1].isupper())
    assert list(NameExchanger(entities, near=0.2, seed=seed).exchange([pair], copies=1)) == []
