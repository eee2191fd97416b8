"""Other people's models as bases: the true opus-mt tokenizer, the tags added, trained, saved, constrained."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, MarianConfig, MarianMTModel

from mt import Translator
from mt.config import Config, DecodingConfig
from mt.constraints.annotate import TAGS
from mt.errors import ModelError
from mt.glossary.entries import Glossary
from mt.models import tag_ids
from mt.training.finetune import encode_pairs, terms_on_both_sides
from mt.training.loop import train_loop
from mt.training.model import load_base
from mt.training.publish import save_model

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def opus(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """opus-mt-zh-en's tokenizer and configuration, fewer and narrower layers, random weights."""
    given = json.loads((shared / "opus-mt-zh-en" / "config.json").read_text("utf-8"))
    small = {"d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32}
    torch.manual_seed(1)
    model = MarianMTModel(MarianConfig(**{**given, **small}))
    folder = tmp_path_factory.mktemp("opus")
    AutoTokenizer.from_pretrained(shared / "opus-mt-zh-en").save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


@pytest.mark.shared
def test_a_base_without_tags_gets_them_with_mean_rows(opus: Path) -> None:
    plain = AutoModelForSeq2SeqLM.from_pretrained(opus)
    model, tokenizer = load_base(str(opus))
    ids = tag_ids(tokenizer)
    assert len(set(ids)) == 3
    assert min(ids) >= 65001
    pieces = tokenizer.convert_ids_to_tokens(tokenizer("<term> 川促会 <trans> SUCPEB </term> 的经验")["input_ids"])
    assert [piece for piece in pieces if piece in TAGS] == list(TAGS)
    old = plain.get_input_embeddings().weight
    for row in ids:
        assert torch.allclose(model.get_input_embeddings().weight[row], old.mean(0), atol=1e-5)
    assert (model.final_logits_bias[0, ids] < -1000).all()


@pytest.mark.shared
def test_it_is_fine_tuned_saved_loaded_and_keeps_the_guarantee(
    opus: Path, tmp_path: Path, seed_pairs: list[tuple[str, str]]
) -> None:
    glossary = Glossary.load(ROOT / "seeds" / "glossary.tsv")
    model, tokenizer = load_base(str(opus), dropout=0.0)
    sources, references = zip(*seed_pairs, strict=True)
    pairs = encode_pairs(sources, references, tokenizer, glossary, 512)
    assert len(pairs) == 5
    assert (pairs.annotated.lengths > pairs.source.lengths).all()
    training = dataclasses.replace(Config().training, steps=3, precision="fp32", batch_tokens=1500)
    before = model.get_input_embeddings().weight[tag_ids(tokenizer)].clone()
    train_loop(model, pairs, None, tmp_path / "run", training, Config().terms, tag_ids(tokenizer), seed=1)
    assert not torch.equal(before, model.get_input_embeddings().weight[tag_ids(tokenizer)])
    save_model(model, tokenizer, tmp_path / "model")
    AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "model")
    decoding = DecodingConfig(beams=2, max_length_ratio=1.0)
    translator = Translator.from_pretrained(tmp_path / "model", glossary, decoding=decoding)
    outcomes = translator.translate("川促会与重庆市政府外办座谈。", details=True).terms
    assert [outcome.status for outcome in outcomes] == ["constrained", "constrained"]


@pytest.mark.shared
def test_a_base_that_never_saw_tags_is_constrained_without_them(opus: Path) -> None:
    translator = Translator.from_pretrained(
        opus, Glossary.from_pairs([("成都", "Chengdu")]), decoding=DecodingConfig(beams=2, max_length_ratio=1.0)
    )
    assert not translator.engine.knows_tags
    result = translator.translate("赴成都。", details=True)
    assert result.terms[0].status == "constrained"
    assert "Chengdu" in result.text


@pytest.mark.shared
def test_an_exported_base_with_added_tags_translates_the_same(opus: Path, tmp_path: Path) -> None:
    pytest.importorskip("ctranslate2")
    from mt.inference.export import export_ct2

    model, tokenizer = load_base(str(opus))
    save_model(model, tokenizer, tmp_path / "tagged")
    decoding = DecodingConfig(beams=2, max_length_ratio=0.5)
    plain = Translator.from_pretrained(tmp_path / "tagged", decoding=decoding)
    fast = Translator.from_pretrained(export_ct2(tmp_path / "tagged", tmp_path / "ct2", "float32"), decoding=decoding)
    assert type(fast.engine).__name__ == "Ct2Engine"
    text = "双方一致同意，进一步加强沟通。"
    assert fast.translate(text) == plain.translate(text)


def test_pickled_weights_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    for path in tiny_model.iterdir():
        if path.suffix != ".safetensors":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    torch.save({"x": torch.zeros(1)}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_base(str(tmp_path))


def test_only_what_the_human_translation_uses_is_annotated(seed_pairs: list[tuple[str, str]]) -> None:
    glossary = Glossary.load(ROOT / "seeds" / "glossary.tsv")
    for source, reference in seed_pairs:
        for start, end, target in terms_on_both_sides(source, reference, glossary):
            assert target in reference
            assert source[start:end]
    source, reference = "川促会与成都", "the council and Chengdu"
    assert [(source[a:b], t) for a, b, t in terms_on_both_sides(source, reference, glossary)] == [("成都", "Chengdu")]
