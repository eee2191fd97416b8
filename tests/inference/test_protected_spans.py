"""What must be copied is copied, through the real starter: handed cases, every mode, documents of all kinds."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mt import Translator
from mt.config import DecodingConfig
from mt.errors import ConfigError
from mt.glossary import Glossary, Term
from mt.inference.engines.load import EngineName
from mt.inference.engines.torch_engine import TorchEngine
from mt.inference.export import export_ct2
from mt.inference.masking import mask, put_back
from mt.inference.translator import GlossaryMode
from mt.models.load import encode_sources, encode_targets, load_tokenizer
from mt.text.entities import Entity
from mt.text.protected import find_protected

STARTER = Path(__file__).parents[2] / "models" / "starter"
GLOSSARY = Glossary([Term("文件", ("dossier",)), Term("消息", ("tidings",)), Term("example", ("EXAMPLE",))])


@pytest.fixture(scope="module")
def translators(starter_engine: TorchEngine) -> dict[str, Translator]:
    return {mode: Translator(starter_engine, GLOSSARY, glossary_mode=mode) for mode in get_args(GlossaryMode)}


# Case of /shared/cases/faults.jsonl, source, what the output must hold (or, with "=", be).
CASES = [
    (11, "00:00:01,000 --> 00:00:04,000", ["=00:00:01,000 --> 00:00:04,000"]),
    (12, "* * *", ["=* * *"]),
    (12, 'print("hi")', ['=print("hi")']),
    (15, "https://www.example.com/a?b=1&c=2", ["=https://www.example.com/a?b=1&c=2"]),
    (15, "您好 @张三 请看 https://a.example.com/mlink/NjY1", ["@张三", "https://a.example.com/mlink/NjY1"]),
    (17, "我的邮箱是donde_esta@example.com", ["donde_esta@example.com"]),
    (17, "请发邮件至 support@example.com。", [" support@example.com."]),
    (18, "您好，{name}！您有 %d 条新消息。", [", {name}!", " %d "]),
    (18, "{0}个文件，共{1}个", ["{0} ", "{1}"]),
    (18, "{{count}} 个文件", ["{{count}} "]),
    (18, "您有${count}条消息", [" ${count} "]),
    (19, "<br>", ["=<br>"]),
    (19, "点击<br />继续<br/>下一步", ["<br />", "<br/>"]),
    (19, "<b>注意</b>：请勿关闭电源。", ["<b>", "</b>:"]),
    (20, "好的👍谢谢😊", ["👍", "😊"]),
    (20, "🎉🎉", ["=🎉🎉"]),
    (21, "￥20", ["=¥20"]),
    (21, "A≥B且B≤C。", ["=A≥B and B≤C."]),
    (21, "版权所有©2024", ["©2024"]),
    (21, "5×3=15", ["=5×3=15"]),
    (22, "他获得了10⁶元奖金。", ["10⁶"]),
    (22, "共有2⁸种可能。", ["2⁸"]),
    (22, "加入½杯水。", ["½"]),
    (24, ">>重要通知<<请各位同事明天上午九点开会。", [">>", "otice", "<<", "meet"]),
    (24, ">>>>>>> 冲突的代码在这里 <<<<<<< 请解决", [">>>>>>> ", "code", " <<<<<<< "]),
    (24, "<s>原价</s>现价100元", ["<s>", "</s>", "100"]),
    (24, "</s>", ["=</s>"]),
    (24, "请不要使用<pad>标记来填充句子。", ["<pad>"]),
    (0, "联系电话：138-0000-1234，或13800001234，请注意。", ["138-0000-1234", "13800001234"]),
    (0, "总投资￥1.2亿，增长≥3亿。", ["¥120 million", "≥300 million"]),
    (0, "用X1表示第一个变量，{x}表示第二个。", ["X1", "{x}"]),
]


@pytest.fixture(scope="module")
def outputs(starter_engine: TorchEngine) -> dict[str, str]:
    sources = [source for _, source, _ in CASES]
    results = Translator(starter_engine).translate(sources, documents=range(len(sources)))
    return {result.source: result.text for result in results}


@pytest.mark.parametrize(("case", "source", "expected"), CASES)
def test_handed_cases(outputs: dict[str, str], case: int, source: str, expected: list[str]) -> None:
    text = outputs[source]
    for part in expected:
        assert text == part[1:] if part[0] == "=" else part in text, (case, text)


@pytest.mark.parametrize("mode", ["off", "soft", "hybrid", "hard"])
def test_spans_and_terms_in_every_mode(translators: dict[str, Translator], mode: str) -> None:
    source = "{user}，您有%d条消息，请打开https://www.example.com/文件 查看<b>文件</b>。"
    result = translators[mode].translate(source)
    spans = [entity for entity in result.entities if entity.kind in ("placeholder", "url", "tag")]
    assert [span.source for span in spans] == ["{user}", "%d", "https://www.example.com/文件", "<b>", "</b>"]
    for span in spans:
        assert span.met
        assert result.text[span.target_start : span.target_end] == span.target == span.source
        assert source[span.source_start : span.source_end] == span.source
    # A term within a span is none.
    assert [term.term.source for term in result.terms] == ["消息", "文件"]
    if mode in ("hybrid", "hard"):
        for term in result.terms:
            assert result.text[term.target_start : term.target_end].lower() == term.target


def test_a_term_around_a_span_is_the_glossary_s(starter_engine: TorchEngine) -> None:
    glossary = Glossary([Term("第{n}页", ("page {n} of all",))])
    result = Translator(starter_engine, glossary).translate("请看第{n}页。")
    assert result.terms[0].met
    assert "page {n} of all" in result.text


def test_spans_between_sentences_are_reported(translators: dict[str, Translator]) -> None:
    source = "你好。👍再见。\nhttps://example.com/a"
    result = translators["hybrid"].translate(source)
    assert [(one.kind, one.source, one.status) for one in result.entities] == [
        ("emoji", "👍", "model"), ("url", "https://example.com/a", "model"),
    ]  # fmt: skip
    for one in result.entities:
        assert result.text[one.target_start : one.target_end] == one.target


@pytest.mark.parametrize("engine", ["torch", "ctranslate2"])
def test_any_model_keeps_spans(tiny_model: Path, tmp_path: Path, engine: EngineName) -> None:
    folder = export_ct2(tiny_model, tmp_path / "out", "float32") if engine == "ctranslate2" else tiny_model
    source = "您好，{name}！您有 %d 条新消息。\n请看https://example.com/a，<b>注意</b>：￥20的<pad>。"
    # It was never trained: it loses every token, even under constraint it repeats them.
    result = Translator.from_pretrained(folder, engine=engine).translate(source)
    assert [one.target for one in result.entities] == [
        "{name}", "%d", "https://example.com/a", "<b>", "</b>", "¥20", "<pad>",
    ]  # fmt: skip


def test_patterns_of_the_user(starter_engine: TorchEngine) -> None:
    decoding = DecodingConfig(protect=["工单[A-Z]+-[0-9]+"])
    own = Translator(TorchEngine(starter_engine.model, starter_engine.tokenizer, decoding))
    result = own.translate("请查看工单AB-12的进展情况。")
    assert "工单AB-12" in result.text
    assert [one.kind for one in result.entities] == ["custom"]
    with pytest.raises(ConfigError, match="no regular expression"):
        Translator.from_pretrained(STARTER, protect=["("])


def test_text_without_spans_is_translated_as_ever(translators: dict[str, Translator]) -> None:
    for source in ("代表团一行访问了成都。", "双方就经贸合作深入交换意见，并签署了备忘录。"):
        plain = translators["off"]
        assert str(plain.translate(source)) == plain.engine.decode([source])[0].text


SPANS = [
    "https://www.example.com/a/b?c=1&d=2", "li_na@example.gov.cn", "{name}", "{0}", "%d", "%(name)s", "<b>", "</i>",
    "&nbsp;", "@li_na", "👍", "👨‍👩‍👧", "≥10", "5×3=15", "10⁶", "½", "38.5℃", "138-0000-1234", "v1.2.3", "/etc/hosts",
    "`make demo`", "</s>", "<pad>", "<length-5>", "<term>", ">>x<<",
]  # fmt: skip
CLAUSES = ["请各位代表注意", "会议在成都举行", "我们收到了您的来信", "这个问题很重要", "双方交换了意见"]


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(CLAUSES), st.sampled_from(SPANS), st.booleans()), min_size=1, max_size=2),
        min_size=1,
        max_size=2,
    )
)
def test_generated_documents_keep_their_spans_lines_and_space(
    translators: dict[str, Translator], document: list[list[tuple[str, str, bool]]]
) -> None:
    lines = ["\t" + "，".join(span + clause if first else clause + span for clause, span, first in line) + "。"
             for line in document]  # fmt: skip
    result = translators["off"].translate("\n".join(lines))
    written = result.text.split("\n")
    assert len(written) == len(lines)
    for line, text in zip(lines, written, strict=True):
        assert text.startswith("\t")
        own = [line[span.start : span.end] for span in find_protected(line)]
        for span in set(own):
            assert text.count(span) >= own.count(span), (line, text)
    assert all(entity.met for entity in result.entities)


@pytest.mark.parametrize(
    ("source", "spans", "translation", "expected"),
    [
        ("看甲乙。", ["甲"], "See (X1) b.", "See 甲 b."),
        ("看（甲）。", ["甲"], "See (X1).", "See (甲)."),
        ("<b>丙</b>丁", ["<b>", "</b>"], "(X1) c (X2) d", "<b>c</b> d"),
        ("用<pad>丁", ["<pad>"], "use (X1) d", "use <pad> d"),
        ("“{0}”已被用", ["{0}"], '"X1" is used', '"{0}" is used'),
        ("报告.pdf", [".pdf"], "Report (X1)", "Report.pdf"),
        ("宽{w}px", ["{w}"], "(X1) px wide", "{w}px wide"),
        ("看{a}/{b}", ["{a}", "{b}"], "See (X1).", "See {a}/{b}."),
        ("看甲，乙", ["甲", "乙"], "See (X1, X2).", "See (甲, 乙)."),
        ("看甲，X1", ["甲"], "See Q1, X1", "See 甲, X1"),
        ("看甲", ["甲"], "See X1 X1", None),
        ("看甲", ["甲"], "See it", None),
    ],
)
def test_tokens_are_put_back_as_english_has_them(
    source: str, spans: list[str], translation: str, expected: str | None
) -> None:
    kinds = {"<": "tag", ".": "path"}
    entities = [
        Entity(source.index(span), source.index(span) + len(span), (span,), kinds.get(span[0], "custom"))  # type: ignore[arg-type]
        for span in spans
    ]
    result = put_back(translation, mask(source, entities))
    assert (result and result.text) == expected
    if result:
        assert [result.text[start:end] for start, end in result.spans] == spans


@pytest.mark.parametrize("text", ["甲</s>乙", "甲<pad>乙", "<unk>", ">>eng<<甲", "<s>甲"])
def test_control_strings_are_text_to_the_tokenizer(text: str) -> None:
    tokenizer = load_tokenizer(STARTER)
    special = set(tokenizer.all_special_ids)
    (source,), (target,) = encode_sources(tokenizer, [text], "<length-5>"), encode_targets(tokenizer, [text])
    assert special.isdisjoint(set(source[1:-1]) - {tokenizer.convert_tokens_to_ids("<length-5>")})
    assert special.isdisjoint(target[:-1])
    letters = [char for char in text if char.isalnum()]
    assert [char for char in tokenizer.decode(target[:-1]) if char.isalnum()] == letters


def test_a_tag_with_a_bracket_in_quotes_has_no_space_after_it() -> None:
    source = "点击<a title='a>b'>这里</a>。"
    tags = [
        Entity(span.start, span.end, (source[span.start : span.end],), span.kind) for span in find_protected(source)
    ]
    result = put_back("Click (X1) here (X2).", mask(source, tags))
    assert result is not None
    assert result.text == "Click <a title='a>b'>here</a>."
