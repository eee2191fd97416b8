"""What ships in models/starter: small, loadable by anyone, and as its card says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from safetensors import safe_open
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from mt import Translator, translate
from mt.cli import main
from mt.config import DecodingConfig
from mt.glossary.glossary import Glossary
from mt.glossary.matching.output_checker import check_terms
from mt.glossary.term import make_term
from mt.inference.engines.torch_engine import TorchEngine
from mt.models.tags import LENGTH_TAGS, TAGS

ROOT = Path(__file__).resolve().parent.parent
STARTER = ROOT / "models" / "starter"


def test_it_is_small_and_stored_in_bfloat16() -> None:
    assert sum(path.stat().st_size for path in STARTER.iterdir()) < 95e6
    with safe_open(STARTER / "model.safetensors", "pt") as weights:
        assert {weights.get_slice(name).get_dtype() for name in weights.keys()} == {"BF16"}  # noqa: SIM118
    assert not [path for path in STARTER.iterdir() if path.suffix in (".bin", ".pt", ".pkl")]


def test_transformers_loads_it_with_the_tags_as_single_tokens() -> None:
    tokenizer = AutoTokenizer.from_pretrained(STARTER)
    model = AutoModelForSeq2SeqLM.from_pretrained(STARTER)
    ids = [tokenizer.convert_tokens_to_ids(tag) for tag in TAGS]
    assert len(set(ids)) == 3
    assert tokenizer.unk_token_id not in ids
    output = model.generate(**tokenizer(["他昨天去了北京。"], return_tensors="pt"))
    assert "Beijing" in tokenizer.decode(output[0], skip_special_tokens=True)


def test_the_card_gives_the_scores_that_were_measured() -> None:
    card = (STARTER / "README.md").read_text("utf-8")
    scores = json.loads((STARTER / "scores.json").read_text("utf-8"))
    for metric, value in scores["newstest2020"].items():
        assert f"| newstest2020 | {metric} | {value:.2f} | `nrefs:1|" in card
    assert f"{scores['target_tokens']:,}" in card
    assert "license: cc-by-sa-4.0" in card


def test_the_demo_s_new_document_holds_every_term() -> None:
    source = (ROOT / "seeds" / "next.zh.txt").read_text("utf-8")
    glossary = Glossary.load(ROOT / "seeds" / "glossary.tsv")
    output = translate(source, glossary=ROOT / "seeds" / "glossary.tsv")
    for zh, en in zip(source.split("\n"), output.split("\n"), strict=True):
        checks = check_terms(en, glossary.match(zh))
        assert [check.match.term.source for check in checks if not check.met] == []


def test_a_first_mention_is_the_full_name_with_its_acronym_and_no_stop_follows_a_stop(
    starter_engine: TorchEngine,
) -> None:
    full = "Chongqing Municipal People's Association for Friendship with Foreign Countries"
    entry = make_term("重庆市对外友协", ["CMPAFFC"], acronym="CMPAFFC", full=full)
    glossary = Glossary([entry, make_term("长城公司", ["Great Wall Co., Ltd."])])
    text = "重庆市对外友协主任参观了长城公司。重庆市对外友协秘书长也参加。"
    result = Translator(starter_engine, glossary).translate(text)
    assert [term.target for term in result.terms] == [f"{full} (CMPAFFC)", "Great Wall Co., Ltd.", "CMPAFFC"]
    assert "Ltd.." not in result.text


@pytest.mark.shared
def test_it_has_learnt_to_translate(shared: Path) -> None:
    """A floor well under the card's figure, on the first 15 segments: a broken release would be near zero."""
    from mt.metrics.corpus_scores import Scorer

    news = shared / "testsets" / "wmt-news"
    sources, references = ((news / f"wmt2020.{side}").read_text("utf-8").splitlines()[:15] for side in ("zh", "en"))
    assert Scorer(references).score(translate(sources))["chrf++"].score > 20


def test_its_length_tags_ask_for_shorter_and_longer_translations(starter_engine: TorchEngine) -> None:
    source = (ROOT / "seeds" / "next.zh.txt").read_text("utf-8")
    engine = TorchEngine(starter_engine.model, starter_engine.tokenizer, DecodingConfig(num_beams=2))
    assert engine.settings.prefix in LENGTH_TAGS
    words = []
    for tag in (LENGTH_TAGS[1], LENGTH_TAGS[-1]):
        engine.settings = replace(engine.settings, prefix=tag)
        words.append(len(Translator(engine).translate(source).text.split()))
    assert words[0] < words[1]


def test_it_requests_large_numbers_by_itself(starter_engine: TorchEngine) -> None:
    result = Translator(starter_engine).translate("去年的收入为1218亿元。")
    assert [(entity.kind, entity.target) for entity in result.entities] == [("number", "121.8 billion")]


def test_handed_numbers_and_names_are_right_in_the_output(tmp_path: Path) -> None:
    """Each line of Chinese with what its translation must hold."""
    lines = {
        "中国有3亿5000万用户。": "350 million",
        "总投资为1亿2千万元。": "120 million",
        "现场有1万5千人。": "15,000",
        "共有12万3千名学生参加考试。": "123,000",
        "共有12万8千人。": "128,000",
        "2亿3千万用户": "230 million",
        "总投资一千二百多亿元。": "ore than 120 billion yuan",
        "一百二十多万人参加了活动。": "ore than 1.2 million",
        "两百余万元资金": "ore than 2 million yuan",
        "5千多万人受益。": "ore than 50 million",
        "一万二千余人报名。": "ore than 12,000",
        "约有两成用户受到影响。": "20 percent",
        "会议定于下午3点半开始。": "3:30 p.m.",
        "2025年1—6月，全市工业增加值增长5.2%。": "January to June 2025",
        "会议将于二〇二六年六月三日举行。": "June 3, 2026",
        "2022万圣节活动开始了。": "2022 Halloween",
        "公司董事长张朝阳表示，将继续投资。": "Zhang Chaoyang",
    }
    (tmp_path / "in.txt").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    result = CliRunner().invoke(main, ["translate", "-m", str(STARTER), "-i", str(tmp_path / "in.txt")])
    for line, (source, target) in zip(result.stdout.splitlines(), lines.items(), strict=True):
        assert target in line, f"{source}: {line}"
