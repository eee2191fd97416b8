"""Terms are forced into the outputs of CTranslate2 without a constrained search, and torch decodes what that cannot."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from mt.config import DecodingConfig
from mt.glossary.glossary import Glossary
from mt.inference.engines.ctranslate2_engine import Ct2Engine
from mt.inference.engines.forcing import Output, Task, force
from mt.inference.engines.load import load_engine
from mt.inference.export import export_ct2
from mt.inference.translator import Translator

ROOT = Path(__file__).resolve().parents[2]
STARTER = ROOT / "models" / "starter"
WORDS = ["▁a", "▁b", "▁c", "▁d", "▁X", "▁Y", "y"]
COLUMNS = {piece: column for column, piece in enumerate(WORDS)}


def complete(sources: list[list[str]], begins: list[list[str]]) -> list[Output]:
    """A model that copies what of its source is not yet written, and likes a term best where its source word was."""
    outputs = []
    for source, begin in zip(sources, begins, strict=True):
        pieces = [*begin, *source[len(begin) :]]
        scores = np.full((len(pieces) - len(begin) + 1, len(WORDS)), -5.0)
        for step, piece in enumerate([*pieces, "▁a"][len(begin) :]):
            scores[step, COLUMNS[piece]] = -0.1
            scores[step, COLUMNS["▁X"]] = -1.0 if piece == "▁b" else -5.0
            scores[step, COLUMNS["▁Y"]] = -3.0 if piece == "▁d" else -5.0
        outputs.append(Output(pieces, "".join(pieces), scores))
    return outputs


def task(source: str, *terms: Sequence[str]) -> Task:
    written = ["".join(term) for term in terms]
    return Task(
        source.split(), list(map(list, terms)), lambda text: [n for n, term in enumerate(written) if term not in text]
    )


def test_terms_are_written_where_they_are_likeliest() -> None:
    tasks = [
        task("▁a ▁b ▁c ▁d", ["▁X"]),
        task("▁a ▁b ▁c ▁d", ["▁Y", "y"], ["▁X"]),  # the one to the left is forced first
        task("▁a ▁X", ["▁X"]),
        task("▁a ▁b", []),  # cannot be spelled
    ]
    tasks[3] = Task(tasks[3].source, [[]], lambda _: [0])
    assert force(tasks, complete, COLUMNS) == [
        ["▁a", "▁X", "▁c", "▁d"],
        ["▁a", "▁X", "▁c", "▁Y", "y"],
        ["▁a", "▁X"],
        None,
    ]


def test_another_place_is_tried_where_the_likeliest_does_not_do() -> None:
    strict = Task("▁a ▁b ▁c".split(), [["▁X"]], lambda text: [] if text == "▁a▁b▁c▁X" else [0])
    assert force([strict], complete, COLUMNS) == [["▁a", "▁b", "▁c", "▁X"]]


@pytest.mark.usefixtures("starter_converted")
def test_the_engine_forces_terms_without_torch() -> None:
    engine = load_engine(STARTER, DecodingConfig(), "cpu", "ctranslate2")
    assert isinstance(engine, Ct2Engine)
    terms = [["zebra crossing", "Quorx-7"], ["Quorx-7", "Quorx-7"], ["lighthouse"]]
    segments = ["今天天气很好，我们和朋友去公园散步。", "他没有朋友，只有公园和公园。", "天气。"]

    def lacking(own: list[str], text: str) -> list[int]:
        return [n for n, term in enumerate(own) if text.count(term) <= own[:n].count(term)]

    assert all(lacking(own, found.text) for own, found in zip(terms, engine.decode(segments), strict=True))
    constraints = [[engine.speller.constraint([(term, True)]) for term in own] for own in terms]
    found = engine.decode(segments, constraints=constraints, unmet=[partial(lacking, own) for own in terms])
    assert not any(lacking(own, hypothesis.text) for own, hypothesis in zip(terms, found, strict=True))
    assert all(hypothesis.score < 0 for hypothesis in found)
    assert "torch_engine" not in vars(engine)


def test_torch_decodes_what_cannot_be_forced(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mt.inference.engines.ctranslate2_engine.force", lambda tasks, *_: [None] * len(tasks))
    folder = export_ct2(tiny_model, tmp_path / "out", "float32")
    glossary = Glossary.load(ROOT / "seeds" / "glossary.tsv")
    for mode in ("hybrid", "hard"):
        translator = Translator.from_pretrained(
            folder, glossary, glossary_mode=mode, decoding=DecodingConfig(num_beams=2)
        )
        assert [term.status for term in translator.translate("成都的经验。").terms] == ["constrained"]
        assert "torch_engine" in vars(translator.engine)
