"""Other people's models as bases, a family each: tagged, trained, saved, loaded by others, constrained, exported."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
import tiny_bases
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from mt import Translator
from mt.config import Config, DecodingConfig, load_config
from mt.constraints.annotate import annotate
from mt.data.dataset import prepare
from mt.errors import ModelError
from mt.glossary.glossary import Glossary
from mt.inference.engines.base import LENGTH_SLACK
from mt.models.folder import licence_of
from mt.models.load import encode_sources, knows_tags, load_model, load_tokenizer, source_prefix, tag_ids
from mt.models.options import ModelOptions
from mt.models.tags import TAGS
from mt.text.english_repairs import with_capital
from mt.training.data.annotation import Segment, find_terms
from mt.training.loop import TrainingEvent
from mt.training.model import load_base
from mt.training.optim.loss import decoder_inputs
from mt.training.run import Watch, train_run
from mt.training.saving.publish import save_model

ROOT = Path(__file__).resolve().parent.parent.parent
GLOSSARY = ROOT / "seeds" / "glossary.tsv"
FAST = DecodingConfig(num_beams=2, max_length_ratio=0.5)
# What the encoder of each family gets before a source, and what begins an output.
MARKS = {
    "m2m100": ("__zh__", "__en__"),
    "nllb": ("zho_Hans", "eng_Latn"),
    "mbart50": ("zh_CN", "en_XX"),
    "t5": ("▁t", None),
    "mt5": (None, None),
    "opus": (None, None),
}


@contextmanager
def unwatched(_name: str) -> Iterator[Callable[[TrainingEvent], None]]:
    yield lambda event: None


@contextmanager
def stopped_after_step_3(_name: str) -> Iterator[Callable[[TrainingEvent], None]]:
    yield lambda event: os.kill(os.getpid(), signal.SIGTERM) if event.step == 3 else None


@pytest.fixture(scope="module")
def texts(seed_pairs: list[tuple[str, str]]) -> list[str]:
    """The seed document's segments and its glossary: what the vocabularies are made of."""
    terms = Glossary.load(GLOSSARY).terms
    return [side for pair in seed_pairs for side in pair] + [
        text for term in terms for text in (term.source, *term.targets)
    ]


@pytest.fixture(scope="module", params=[*tiny_bases.FAMILIES, pytest.param("opus", marks=pytest.mark.shared)])
def base(request: pytest.FixtureRequest, texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bases") / request.param
    if request.param == "opus":
        return tiny_bases.make_marian(request.getfixturevalue("shared") / "opus-mt-zh-en", folder)
    return tiny_bases.make(request.param, texts, folder)


class Run(NamedTuple):
    family: str
    base: Path
    config: Config

    @property
    def model(self) -> Path:
        return Path(self.config.run.dir) / "model"


def train(base: Path, folder: Path, *changes: str, resume: bool = False, watch: Watch = unwatched) -> Run:
    """Prepare the seed document and train on it, as the command does."""
    (folder / "c.yaml").write_text(
        f"""
run: {{dir: {folder}/run, seed: 3}}
data: {{documents: [{ROOT}/seeds/raw], validation_share: 0, test_share: 0}}
model: {{base: {base}, dropout: 0.0}}
terms: {{glossary: {GLOSSARY}}}
training: {{batch_tokens: 600, max_steps: 14, warmup_ratio: 0.14, learning_rate: 1e-2, logging_steps: 1,
  precision: fp32}}
adaptation: {{general: []}}
""",
        "utf-8",
    )
    config = load_config(folder / "c.yaml", list(changes))
    if not (folder / "run" / "data").is_dir():
        prepare(config, folder / "run" / "data")
    train_run(config, resume=resume, watch=watch)
    return Run(base.name, base, config)


def losses(run: Run) -> list[float]:
    lines = (Path(run.config.run.dir) / "metrics.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["loss"] for line in lines]


@pytest.fixture(scope="module")
def trained(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(base, tmp_path_factory.mktemp(f"trained-{base.name}"))


def test_tags_take_a_row_each_and_are_never_produced(base: Path) -> None:
    plain, plain_tokenizer = load_model(str(base))
    model, tokenizer = load_base(str(base))
    tags = tag_ids(tokenizer)
    assert len(set(tags)) == 3
    assert min(tags) >= len(plain_tokenizer)
    # Spare rows are used first, and no row of the base is lost.
    rows = plain.get_input_embeddings().weight.shape[0]
    assert model.get_input_embeddings().weight.shape[0] == max(rows, max(tags) + 1)
    for get in ("get_input_embeddings", "get_output_embeddings"):
        before, after = getattr(plain, get)().weight, getattr(model, get)().weight
        assert torch.equal(before[: min(tags)], after[: min(tags)])
        for tag in tags:
            assert torch.allclose(after[tag], before[: len(plain_tokenizer)].mean(0), atol=1e-5)
    tied = plain.get_output_embeddings().weight is plain.get_input_embeddings().weight
    assert (model.get_output_embeddings().weight is model.get_input_embeddings().weight) is tied is (base.name != "mt5")
    inputs = tokenizer(["川促会"], return_tensors="pt")
    with torch.no_grad():
        model.get_output_embeddings().weight[tags] *= 100  # a model that would write nothing else
    output = model.generate(**inputs, num_beams=2, max_length=12)
    assert not set(tags) & set(output.flatten().tolist())


def test_the_source_and_target_carry_their_marks(base: Path) -> None:
    model, tokenizer = load_base(str(base))
    prefix = source_prefix(model.config)
    ids = encode_sources(tokenizer, [annotate("川促会的经验", [(0, 3, "SUCPEB")])], prefix)[0]
    pieces = tokenizer.convert_ids_to_tokens(ids)
    first, begin = MARKS[base.name]
    assert first in (None, pieces[0])
    assert [piece for piece in pieces if piece in TAGS] == list(TAGS)
    assert pieces[-1] == "</s>"
    assert "▁" not in pieces[pieces.index("<trans>") - 1 : pieces.index("<trans>")]
    target = tokenizer.convert_ids_to_tokens(tokenizer(text_target="going global")["input_ids"])
    assert begin in (None, target[0])
    assert target[-1] == "</s>"
    forced = model.generation_config.forced_bos_token_id
    assert (forced is None) is (begin is None)
    assert forced is None or tokenizer.convert_ids_to_tokens(forced) == begin
    # What the loss teaches is what generate begins with.
    labels = torch.tensor([tokenizer(text_target="going global")["input_ids"]])
    decoder = decoder_inputs(model.config, labels)
    assert decoder[0, 0] == model.config.decoder_start_token_id
    assert forced is None or decoder[0, 1] == forced


def test_training_lowers_the_loss(trained: Run) -> None:
    found = losses(trained)
    assert len(found) == 14
    assert sum(found[-3:]) / 3 < found[0] - 0.5


def test_the_folder_says_what_it_was_made_of(trained: Run) -> None:
    manifest = json.loads((trained.model / "manifest.json").read_text("utf-8"))
    assert (manifest["kind"], manifest["base"], manifest["seed"]) == ("zhen-mt model", trained.base.name, 3)
    assert manifest["base_licence"] is None
    assert manifest["lora"] is None
    assert manifest["data"]["segments"] == 5
    assert manifest["fingerprint"]["terms.glossary"].startswith("sha256:")
    assert manifest["fingerprint"]["training.learning_rate"] == 1e-2
    assert (manifest["steps"], manifest["training"]["max_steps"]) == (14, 14)
    assert manifest["training_loss"] == pytest.approx(losses(trained)[-1], abs=1e-4)
    assert manifest["versions"]["transformers"]
    source = manifest["options"]["source_language"]
    assert source == {"m2m100": "zh", "nllb": "zho_Hans", "mbart50": "zh_CN"}.get(trained.family, "")
    card = (trained.model / "README.md").read_text("utf-8")
    # The card may be published: it names no folders of this machine.
    assert f"| base | `{trained.base.name}` |" in card
    assert "base_model" not in card
    assert str(trained.base.parent) not in card + json.dumps(manifest)
    assert str(trained.base.parent) not in card
    assert "| weights trained | all |" in card
    assert not source or f"| `{source}` to `" in card
    assert trained.family != "t5" or "`translate Chinese to English: `" in card


@pytest.fixture(scope="module")
def tagged(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base with its tags, saved untrained: random weights write long outputs that are easily told apart."""
    folder = tmp_path_factory.mktemp("tagged") / base.name
    save_model(*load_base(str(base)), folder)
    return folder


def test_plain_transformers_translate_with_the_folder_as_it_is(trained: Run, tagged: Path) -> None:
    """Languages, forced tokens and prefix are all in the folder: nothing need be said again."""
    for folder in (trained.model, tagged):
        model = AutoModelForSeq2SeqLM.from_pretrained(folder)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        prefix = ""
        if trained.family == "t5":
            prefix = model.config.task_specific_params["zhen_mt"]["prefix"]
            assert prefix == "translate Chinese to English: "
        source = "双方一致同意，进一步加强沟通。"
        inputs = tokenizer([prefix + source], return_tensors="pt")
        output = model.generate(**inputs, num_beams=2, max_length=LENGTH_SLACK, early_stopping=True)
        text = tokenizer.batch_decode(output, skip_special_tokens=True)[0].strip()
        assert text or folder != tagged
        assert not any(mark in text for mark in MARKS[trained.family] if mark)
        shortest = DecodingConfig(num_beams=2, max_length_ratio=1e-9)
        translated = Translator.from_pretrained(folder, decoding=shortest).translate(source).text
        # A sentence begins with a capital, whatever the model wrote.
        assert translated == with_capital(text, source)
        assert knows_tags(tokenizer)


def test_every_term_is_met_in_hybrid_mode(trained: Run) -> None:
    translator = Translator.from_pretrained(trained.model, GLOSSARY, decoding=FAST)
    assert translator.engine.settings.knows_tags
    result = translator.translate("川促会与重庆市政府外办座谈。秘书长走访成都。")
    assert len(result.terms) == 4
    assert {outcome.status for outcome in result.terms} <= {"model", "constrained"}
    assert "constrained" in {outcome.status for outcome in result.terms}
    assert "(SUCPEB)" in result.text


def test_a_base_without_tags_is_constrained_too(base: Path) -> None:
    glossary = Glossary.from_pairs([("成都", "Chengdu"), ("川促会", "SUCPEB")])
    translator = Translator.from_pretrained(base, glossary, decoding=FAST)
    assert not translator.engine.settings.knows_tags
    result = translator.translate("川促会赴成都。")
    assert [outcome.status for outcome in result.terms] == ["constrained", "constrained"]


def test_ctranslate2_translates_the_same(trained: Run, tagged: Path, tmp_path: Path) -> None:
    pytest.importorskip("ctranslate2")
    from mt.inference.export import export_ct2

    # To the end, cut off, and as the base was published, which does not say what to translate into what.
    for model, ratio in ((trained.model, 1.0), (tagged, 0.2), (trained.base, 0.2)):
        decoding = DecodingConfig(num_beams=2, max_length_ratio=ratio)
        plain = Translator.from_pretrained(model, decoding=decoding)
        exported = export_ct2(model, tmp_path / "out", "float32")
        fast = Translator.from_pretrained(exported, GLOSSARY, decoding=decoding)
        assert type(fast.engine).__name__ == "Ct2Engine"
        for text in ("双方一致同意，进一步加强沟通。", "听取了有关情况。"):  # no terms in them
            slow, quick = plain.translate(text), fast.translate(text)
            assert quick.text == slow.text
            # CTranslate2 does not count </s>, of which little is left over in a text so short.
            assert quick.score == pytest.approx(slow.score, rel=0.3, abs=0.1)
        outcomes = fast.translate("川促会赴成都。").terms
        assert {outcome.status for outcome in outcomes} <= {"model", "constrained"}


def test_languages_can_be_chosen_and_are_saved(texts: list[str], tmp_path: Path) -> None:
    base = tiny_bases.make("nllb", texts, tmp_path / "nllb")
    model, tokenizer = load_base(str(base), source_language="zho_Hant", target_language="eng_Latn")
    save_model(model, tokenizer, tmp_path / "saved")
    for name in ("src_lang", "tgt_lang"):
        assert getattr(AutoTokenizer.from_pretrained(tmp_path / "saved"), name) == getattr(tokenizer, name)
    again, tokenizer = load_model(str(tmp_path / "saved"))
    assert tokenizer.src_lang == "zho_Hant"
    assert ModelOptions.read(again.config) == ModelOptions(source_language="zho_Hant", target_language="eng_Latn")
    with pytest.raises(
        ModelError, match=r"\[model.source_language\]: .* no language 'zho_hans'; did you mean 'zho_Hans'"
    ):
        load_base(str(base), source_language="zho_hans")


@pytest.mark.parametrize("prefix", ["", "zh-en: "])
def test_a_prefix_can_be_chosen_and_is_saved(texts: list[str], tmp_path: Path, prefix: str) -> None:
    base = tiny_bases.make("t5", texts, tmp_path / "t5")
    save_model(*load_base(str(base), prefix=prefix), tmp_path / "saved")
    model, _ = load_model(str(tmp_path / "saved"))
    assert source_prefix(model.config) == prefix
    assert Translator.from_pretrained(tmp_path / "saved", decoding=FAST).engine.settings.prefix == prefix
    with pytest.raises(ModelError, match=r"\[model.target_language\]: this base knows no language codes"):
        load_base(str(base), target_language="en")


@pytest.mark.parametrize("backwards", [False, True])
def test_language_codes_named_as_on_the_hub_keep_their_identifiers(
    texts: list[str], tmp_path: Path, backwards: bool
) -> None:
    """facebook/m2m100_418M names its codes as special tokens; else the tokenizer would give their identifiers away."""
    base = tiny_bases.make("m2m100", texts, tmp_path / "m2m100")
    without = load_tokenizer(str(base))
    codes = without.lang_token_to_id
    names = {"eos_token": "</s>", "additional_special_tokens": sorted(codes, key=codes.get, reverse=backwards)}
    (base / "special_tokens_map.json").write_text(json.dumps(names), "utf-8")
    model, named = load_base(str(base))
    assert min(tag_ids(named)) == len(without) == max(codes.values()) + 1
    assert model.generation_config.forced_bos_token_id == codes["__en__"]
    ids = named("川促会")["input_ids"]
    assert ids[0] == codes["__zh__"]
    assert named(text_target="go")["input_ids"][0] == codes["__en__"]
    assert named.decode(ids, skip_special_tokens=True) == "川促会"


def test_a_token_added_in_the_place_of_a_language_code_is_refused(texts: list[str], tmp_path: Path) -> None:
    base = tiny_bases.make("m2m100", texts, tmp_path / "m2m100")
    careless = AutoTokenizer.from_pretrained(base)
    careless.add_tokens(["<mine>"], special_tokens=True)
    careless.save_pretrained(base)
    with pytest.raises(ModelError, match="gives ids of its language codes to other tokens"):
        load_tokenizer(str(base))


def test_bases_that_cannot_be_used_are_refused_in_a_line(texts: list[str], tmp_path: Path, tiny_model: Path) -> None:
    shutil.copytree(tiny_model, tmp_path / "apart")
    config = json.loads((tmp_path / "apart" / "config.json").read_text("utf-8"))
    (tmp_path / "apart" / "config.json").write_text(json.dumps({**config, "share_encoder_decoder_embeddings": False}))
    with pytest.raises(ModelError, match="separate vocabularies for source and target, which zhen-mt does not support"):
        load_base(str(tmp_path / "apart"))

    mbart = tiny_bases.make("mbart50", texts, tmp_path / "mbart")
    (mbart / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "MBartTokenizer"}), "utf-8")
    with pytest.raises(ModelError, match=r"is an mBART-25 model, .*; choose an mBART-50 model"):
        load_base(str(mbart))

    # NLLB's SentencePiece model alone names no languages.
    nllb = tiny_bases.make("nllb", texts, tmp_path / "nllb")
    (nllb / "tokenizer.json").unlink()
    (nllb / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "NllbTokenizer"}), "utf-8")
    with pytest.raises(ModelError, match="the base's tokenizer names no Chinese; give the files"):
        load_base(str(nllb))


def test_a_vocabulary_without_chinese_is_refused(tmp_path: Path, seed_pairs: list[tuple[str, str]]) -> None:
    """As that of T5, whose models read English, German, French and Romanian."""
    base = tiny_bases.make("t5", [english for _, english in seed_pairs], tmp_path / "t5")
    with pytest.raises(ModelError, match=r"does not know 100% of the Chinese characters .*; choose a base"):
        train(base, tmp_path)


def test_a_bases_licence_is_read_from_its_card(tmp_path: Path) -> None:
    assert licence_of(str(tmp_path)) == licence_of("nobody/nothing") == licence_of("no name at all!") == ""
    (tmp_path / "README.md").write_text("---\nlanguage: [zh, en]\nlicense: cc-by-4.0\n---\n# A model\n", "utf-8")
    assert licence_of(str(tmp_path)) == "cc-by-4.0"
    (tmp_path / "README.md").write_text("---\n: {\n---\n", "utf-8")
    assert licence_of(str(tmp_path)) == ""


def test_pickled_weights_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    for path in tiny_model.iterdir():
        if path.suffix != ".safetensors":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    torch.save({"x": torch.zeros(1)}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError, match="has no weights"):
        load_base(str(tmp_path))


def test_only_what_the_human_translation_uses_is_annotated(seed_pairs: list[tuple[str, str]]) -> None:
    glossary = Glossary.load(ROOT / "seeds" / "glossary.tsv")

    def requested(source: str, reference: str) -> list[tuple[int, int, str]]:
        return Segment(source, reference).requested(find_terms(source, reference, glossary))

    for source, reference in seed_pairs:
        for start, end, target in requested(source, reference):
            assert target in reference
            assert source[start:end]
    source, reference = "川促会与成都", "the council and Chengdu"
    assert [(source[a:b], t) for a, b, t in requested(source, reference)] == [("成都", "Chengdu")]


def test_a_base_keeps_its_own_dropout_and_more_than_it_knew_is_warned_of(
    texts: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Dropout put into a starter trained without any cost 4 chrF++ on its documents (docs/guides/fine-tune.md)."""
    base = tiny_bases.make("m2m100", texts, tmp_path / "base")
    for own, given, warned in ((0.0, None, False), (0.0, 0.1, True), (0.1, None, False), (0.1, 0.2, False)):
        config = json.loads((base / "config.json").read_text("utf-8"))
        (base / "config.json").write_text(json.dumps(config | {"dropout": own}), "utf-8")
        caplog.clear()
        model, _ = load_base(str(base), given)
        assert model.config.dropout == (own if given is None else given)
        assert any("trained without dropout" in line for line in caplog.messages) is warned
