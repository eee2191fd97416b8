from __future__ import annotations

import json
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import mt
from mt import Glossary, Translation, Translator
from mt.config import DecodingConfig
from mt.errors import ConfigError, GlossaryError, ModelError
from mt.glossary.mentions import MentionPolicy
from mt.glossary.term import Term
from mt.inference.engines.torch_engine import TorchEngine
from mt.text.script import to_simplified

ROOT = Path(__file__).resolve().parent.parent.parent
GLOSSARY = ROOT / "seeds" / "glossary.tsv"
TEXT = "川促会与重庆市政府外办座谈。川促会秘书长参加。\n成都没有术语以外的话。"
FAST = DecodingConfig(num_beams=2, max_length_ratio=1.0)


@pytest.fixture(scope="module")
def hybrid(tiny_model: Path) -> Translator:
    return Translator.from_pretrained(tiny_model, GLOSSARY, decoding=FAST)


def test_a_string_gives_a_translation_and_a_list_a_list(hybrid: Translator) -> None:
    one = hybrid.translate("成都的经验。")
    assert isinstance(one, Translation)
    assert str(one) == one.text
    assert one.score < 0
    assert hybrid.translate(["成都的经验。"]) == hybrid.translate(("成都的经验。",)) == [one]
    assert hybrid.translate([]) == []
    assert hybrid.translate("").text == ""


@pytest.mark.parametrize("given", [None, b"bytes", 5, [None], ["a", b"b"], {"a": "b"}])
def test_what_is_no_text_is_a_type_error(hybrid: Translator, given: Any) -> None:
    for call in (hybrid.translate, mt.translate):
        with pytest.raises(TypeError, match=r"^\S[^.\n]* must be a string[^.\n]*$"):
            call(given)


def test_documents_and_glossaries_are_one_for_each_text(hybrid: Translator) -> None:
    with pytest.raises(ValueError, match="2 texts but 1 documents: give one for each text"):
        hybrid.translate(["成都。", "川促会。"], documents=[1])
    with pytest.raises(ValueError, match="1 texts but 0 glossaries"):
        hybrid.translate("成都。", glossaries=[])


def test_a_translation_as_json(hybrid: Translator) -> None:
    result = hybrid.translate("前言。川促會去年的收入為1218億元。")
    value = json.loads(json.dumps(result.to_dict()))
    assert set(value) == {"source", "text", "score", "terms", "entities"}
    assert (value["source"], value["text"]) == (result.source, result.text)
    (term,) = value["terms"]
    assert (term["kind"], term["source"], term["sentence"], term["status"]) == ("term", "川促會", 1, "constrained")
    assert value["source"][term["source_start"] : term["source_end"]] == "川促會"
    assert value["text"][term["target_start"] : term["target_end"]].lower() == term["target"].lower()
    assert term["requested"] == term["target"]


def test_decoding_options_are_keywords_and_validated(tiny_model: Path) -> None:
    translator = Translator.from_pretrained(tiny_model, num_beams=3, length_penalty=0.5, numbers="ignore")
    decoding = translator.engine.settings.decoding
    assert (decoding.num_beams, decoding.length_penalty, decoding.numbers) == (3, 0.5, "ignore")
    both = Translator.from_pretrained(tiny_model, decoding=FAST, num_beams=1).engine.settings.decoding
    assert (both.num_beams, both.max_length_ratio) == (1, FAST.max_length_ratio)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"num_beams": 0}, "num_beams"),
        ({"num_beam": 2}, "unknown key 'num_beam'"),
        ({"names": "always"}, "names"),
    ]
    for options, expected in wrong:
        with pytest.raises(ConfigError, match=expected):
            Translator.from_pretrained(tiny_model, **options)
    with pytest.raises(ModelError, match="there is no engine 'onnx'; choose auto, torch or ctranslate2"):
        Translator.from_pretrained(tiny_model, engine="onnx")  # type: ignore[arg-type]


def test_a_glossary_may_be_a_dictionary_or_several(tiny_model: Path) -> None:
    house = {"川促会": "House Council"}
    translator = Translator.from_pretrained(tiny_model, [house, GLOSSARY], decoding=FAST)
    result = translator.translate("川促会秘书长。")
    assert [term.target for term in result.terms] == ["House Council", "secretary-general"]


def test_threads_share_a_translator(tiny_model: Path) -> None:
    """Constrained and plain sentences at once, by eight threads: every answer is that of one thread alone."""
    translator = Translator.from_pretrained(tiny_model, GLOSSARY, num_beams=2, max_length_ratio=0.5)
    texts = ["川促会与成都。", "双方一致同意。", "秘书长参加。", "听取了有关情况。"] * 6
    alone = {text: translator.translate(text) for text in set(texts)}
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(translator.translate, texts))
    assert results == [alone[text] for text in texts]


def test_every_term_is_met_even_with_random_weights(hybrid: Translator) -> None:
    """The guarantee: nothing the model does can lose a term."""
    result = hybrid.translate(TEXT)
    found = [(TEXT[o.source_start : o.source_end], o.target, o.status) for o in result.terms]
    assert [source for source, _, _ in found] == ["川促会", "重庆市政府外办", "川促会", "秘书长", "成都"]
    assert all(status in ("model", "constrained") for _, _, status in found)
    for outcome in result.terms:
        assert outcome.target_start is not None
        assert outcome.target_end is not None
        surface = result.text[outcome.target_start : outcome.target_end]
        assert outcome.target is not None
        assert outcome.target.lower() in surface.lower()
    assert result.text.count("\n") == 1


def test_the_first_mention_is_full_and_later_ones_short(hybrid: Translator) -> None:
    result = hybrid.translate(TEXT)
    full, short = (outcome.target for outcome in result.terms if outcome.term.source == "川促会")
    assert full == "Sichuan Union Council for the Promotion of Enterprise Business (SUCPEB)"
    assert short == "SUCPEB"


def test_documents_begin_anew_and_may_be_continued(hybrid: Translator) -> None:
    def targets(**options: object) -> list[str | None]:
        results = hybrid.translate(["川促会。", "川促会。"], **options)  # type: ignore[call-overload]
        return [outcome.target for result in results for outcome in result.terms]

    full = "Sichuan Union Council for the Promotion of Enterprise Business (SUCPEB)"
    assert targets() == [full, "SUCPEB"]
    assert targets(documents=["a", "b"]) == [full, full]
    mentions = MentionPolicy()
    assert targets(mentions=mentions) == [full, "SUCPEB"]
    assert targets(mentions=mentions) == ["SUCPEB", "SUCPEB"]


def test_modes(tiny_model: Path) -> None:
    outcomes = {}
    for mode in ("off", "soft", "hard"):
        translator = Translator.from_pretrained(tiny_model, GLOSSARY, glossary_mode=mode, decoding=FAST)  # type: ignore[arg-type]
        outcomes[mode] = translator.translate("川促会的经验。")
    for mode in ("off", "soft"):
        assert outcomes[mode].terms[0].status == "unsatisfied"
        assert "no hard constraint" in (outcomes[mode].terms[0].reason or "")
    assert outcomes["hard"].terms[0].status == "constrained"
    with pytest.raises(GlossaryError, match="there is no glossary mode 'hybird'"):
        Translator.from_pretrained(tiny_model, GLOSSARY, glossary_mode="hybird")  # type: ignore[arg-type]


def test_a_kept_term_and_a_traditional_source(tiny_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "g.tsv"
    path.write_text("source\ttarget\toptions\nWTO\t\tkeep\n外办\tForeign Affairs Office\n", "utf-8")
    translator = Translator.from_pretrained(tiny_model, path, decoding=FAST)
    text = "外辦(bàn)與WTO。"
    result = translator.translate(text)
    assert {text[o.source_start : o.source_end]: o.status for o in result.terms} == {
        "外辦": "constrained",
        "WTO": "constrained",
    }
    assert "WTO" in result.text
    assert "foreign affairs office" in result.text.lower()


def test_ctranslate2_gives_the_same_translations(tiny_model: Path, tmp_path: Path) -> None:
    pytest.importorskip("ctranslate2")
    from mt.inference.engines.ctranslate2_engine import Ct2Engine
    from mt.inference.export import export_ct2

    folder = export_ct2(tiny_model, tmp_path / "out", "float32")
    exported = Translator.from_pretrained(folder, decoding=FAST)
    assert isinstance(exported.engine, Ct2Engine)
    plain = Translator.from_pretrained(tiny_model, decoding=FAST)
    texts = ["成都的经验值得学习。", "双方一致同意，进一步加强沟通。"]
    assert list(map(str, exported.translate(texts))) == list(map(str, plain.translate(texts)))


@pytest.mark.parametrize("exported", [False, True])
def test_a_choice_is_made_among_what_the_beam_ends_with(tiny_model: Path, tmp_path: Path, exported: bool) -> None:
    folder = tiny_model
    if exported:
        pytest.importorskip("ctranslate2")
        from mt.inference.export import export_ct2

        folder = export_ct2(tiny_model, tmp_path / "out", "float32")
    engine = Translator.from_pretrained(folder, decoding=DecodingConfig(num_beams=3, max_length_ratio=1.0)).engine
    segments = ["成都的经验值得学习。", "双方一致同意。", "川促会"]
    best = engine.decode(segments)
    told: list[list[str]] = []

    def last(texts: Sequence[str]) -> int:
        told.append(list(texts))
        return len(texts) - 1

    chosen = engine.decode(segments, choices={1: last})
    assert [chosen[0], chosen[2]] == [best[0], best[2]]
    (texts,) = told
    assert len(texts) == len(set(texts)) == 3
    assert texts[0] == best[1].text
    assert chosen[1].text == texts[2]
    assert chosen[1].score <= best[1].score


def test_soft_takes_the_hypothesis_that_meets_the_most_terms(starter_engine: TorchEngine) -> None:
    """The shipped model, not told of the term, whose target only a lower hypothesis of the beam has."""
    engine = TorchEngine(starter_engine.model, starter_engine.tokenizer, DecodingConfig(num_beams=4))
    # So that the source, and with it the beam, stays the same.
    engine.settings = replace(engine.settings, knows_tags=False)
    beams: list[list[str]] = []

    def first(texts: Sequence[str]) -> int:
        beams.append(list(texts))
        return 0

    sources = ["双方签署了四川省人民政府与重庆市政府的合作协议。", "代表团参观了新建的工厂。", "他们讨论了教育问题。"]
    for source in sources:
        engine.decode([source], choices={0: first})
    source, texts, word = next(
        (source, texts, word)
        for source, texts in zip(sources, beams, strict=True)
        for text in texts[1:]
        for word in re.findall(r"\b[a-z]{4,}\b", text)
        if word[:4] not in texts[0].lower()
    )
    glossary = Glossary([Term(source[2:4], (word,))])
    soft = Translator(engine, glossary, glossary_mode="soft").translate(source)
    assert [term.status for term in soft.terms] == ["model"]
    assert soft.text == next(text for text in texts if re.search(rf"\b{word}\b", text))
    assert Translator(engine, glossary, glossary_mode="off").translate(source).text == texts[0]


def test_transformers_users_can_load_the_folder(tiny_model: Path) -> None:
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    model = AutoModelForSeq2SeqLM.from_pretrained(tiny_model)
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    inputs = tokenizer(["成都"], return_tensors="pt")
    assert tokenizer.batch_decode(model.generate(**inputs, max_length=8), skip_special_tokens=True)[0] is not None


def test_models_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no model"):
        Translator.from_pretrained(tmp_path)
    (tmp_path / "config.json").write_text("{}", "utf-8")
    with pytest.raises(ModelError, match="describes no model"):
        Translator.from_pretrained(tmp_path)
    with pytest.raises(GlossaryError, match="no such file"):
        Translator.from_pretrained(tmp_path, tmp_path / "none.tsv")


@pytest.mark.parametrize("long", ["成" * 3000, "数据库、服务器、" * 200, "甲 " * 1000, f"他说“{'好，' * 800}好”。"])
def test_an_overlong_sentence_is_cut_and_loses_no_other(hybrid: Translator, long: str) -> None:
    texts = ["今天天气很好。", long, "再见。"]
    results = hybrid.translate(texts)
    assert all(result.text for result in results)


def test_what_cannot_be_cut_is_left_and_its_line_named(tiny_model: Path, caplog: pytest.LogCaptureFixture) -> None:
    term = to_simplified("".join(chr(0x4E00 + number) for number in range(600)))
    glossary = {term: "long", "数据库": "data " * 700, "座谈": "talks"}
    translator = Translator.from_pretrained(tiny_model, glossary, decoding=FAST)
    results = translator.translate(["座谈。", f"前{term}后。", "座谈数据库。"])
    assert term in results[1].text
    assert "line 2: longer than the model can read" in caplog.text
    assert [[(term.status, term.reason) for term in result.terms] for result in results[1:]] == [
        [("unsatisfied", "longer than the model can write")],
        [("constrained", None), ("unsatisfied", "longer than the model can write")],
    ]


def test_glossary_objects_are_taken_as_they_are(tiny_model: Path) -> None:
    glossary = Glossary.from_pairs([("座谈", "talks")])
    result = Translator.from_pretrained(tiny_model, glossary, decoding=FAST).translate("座谈。")
    assert result.terms[0].term is glossary.terms[0]
    assert "talks" in result.text.lower()


def test_a_terms_marks_are_the_glossarys_unless_it_is_off(tiny_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "g.tsv"
    for target in ("People’s Bank", "People's Bank"):
        path.write_text(f"source\ttarget\n川促会\t{target}\n", "utf-8")
        translator = Translator.from_pretrained(tiny_model, path, decoding=FAST)
        result = translator.translate("川促会的经验。")
        (outcome,) = result.terms
        assert result.text[outcome.target_start : outcome.target_end].lower() == target.lower()
