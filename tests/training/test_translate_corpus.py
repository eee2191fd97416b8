"""Reversed pairs, a model trained on them, and the corpus that it back-translates."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import own_run
from sacrebleu.metrics import CHRF
from transformers import AutoTokenizer

from mt.config import Config, CorpusSource, RunConfig, save_config
from mt.errors import DataError
from mt.training.data.packing import PackedPairs
from mt.training.data.ragged import Ragged
from mt.training.data.translations import write_translations
from mt.training.data.vocabulary import train_vocabulary
from mt.training.starter import train_starter

ROOT = Path(__file__).resolve().parents[2]
rows = st.lists(st.lists(st.integers(0, 70_000), max_size=5), max_size=8)


@given(rows, st.data())
def test_selected_rows_are_those_asked_for(lists: list[list[int]], data: st.DataObject) -> None:
    ragged = Ragged.of(lists)
    chosen = data.draw(st.lists(st.integers(0, len(lists) - 1))) if lists else []
    selected = ragged.select(np.array(chosen, np.int64))
    assert [row.tolist() for row in (selected[place] for place in range(len(chosen)))] == [lists[n] for n in chosen]


@given(st.lists(st.tuples(*[st.lists(st.integers(3, 99), max_size=4)] * 3), min_size=1, max_size=8))
def test_reversed_pairs_have_both_sides_plain(triples: list[tuple[list[int], list[int], list[int]]]) -> None:
    source, annotated, target = (Ragged.of(column) for column in zip(*triples, strict=True))
    origin = np.arange(len(triples), dtype=np.uint8)
    back = PackedPairs(source, annotated, target, origin, (1.0,) * len(triples)).reversed()
    expected = [(t, s, n) for n, (s, _, t) in enumerate(triples) if s]
    assert [
        (back.source[i].tolist(), back.target[i].tolist(), int(back.origin[i])) for i in range(len(back))
    ] == expected
    assert not back.annotated.lengths.any()
    assert len(back.annotated) == len(back)


def translate(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/translate_corpus.py", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def reversed_run(starter_config: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Configuration file of a run from English into Chinese, trained."""
    folder = tmp_path_factory.mktemp("reversed")
    config = own_run(starter_config, folder, reverse=True)
    assert train_starter(config).validation_loss is not None
    return folder / "c.yaml"


def test_a_reversed_model_back_translates_the_corpus(
    reversed_run: Path, starter_config: Config, tmp_path: Path
) -> None:
    output = tmp_path / "made"
    done = translate(reversed_run, output, "--source", "pairs", "--sample", "5")
    assert done.returncode == 0, done.stderr
    made = PackedPairs.load(output / "train")
    assert done.stdout.splitlines()[-1] == f"{len(made)} pairs: {output}"
    # The human English is whole and in order; six steps do not teach the model Chinese that is worth reading.
    packed = PackedPairs.load(Path(starter_config.corpus.packed) / "train")
    human = [packed.target[row].tolist() for row in range(len(packed))]
    targets = [made.target[row].tolist() for row in range(len(made))]
    places = [human.index(target) for target in targets]
    assert places
    assert places == sorted(places)
    assert (made.source.lengths > 1).all()
    assert not made.annotated.lengths.any()
    assert [path.name for path in tmp_path.iterdir()] == ["made"]

    # Sampling depends on nothing but the seed.
    assert translate(reversed_run, tmp_path / "again", "--source", "pairs", "--sample", "5").returncode == 0
    again = PackedPairs.load(tmp_path / "again" / "train")
    assert np.array_equal(again.source.ids, made.source.ids)

    # A run takes them in beside its own, with the weight it gives them.
    config = starter_config.replace(
        run=starter_config.run.replace(dir=str(tmp_path / "run")),
        corpus=starter_config.corpus.replace(translations=[CorpusSource(path=str(output), weight=9.0)]),
        training=starter_config.training.replace(max_steps=None, num_train_epochs=1, batch_tokens=256),
    )
    alone = config.replace(corpus=starter_config.corpus, run=RunConfig(dir=str(tmp_path / "alone"), seed=1))
    tokens = [train_starter(one).progress.target_tokens for one in (config, alone)]
    assert tokens[0] == pytest.approx(tokens[1] + 9 * len(made.target.ids), rel=0.2)


def test_what_was_begun_otherwise_and_what_is_not_there_is_refused(reversed_run: Path, tmp_path: Path) -> None:
    parts = tmp_path / "third.parts"
    parts.mkdir()
    (parts / "settings.json").write_text('{"step": 1}')
    refused = translate(reversed_run, tmp_path / "third")
    assert refused.returncode == 2
    assert "was begun with other settings" in refused.stderr.splitlines()[-1]
    unknown = translate(reversed_run, tmp_path / "made", "--source", "pears")
    assert unknown.returncode == 2
    assert unknown.stderr.splitlines()[-1].endswith("no such source; take of pairs, terms")
    backwards = translate(reversed_run, tmp_path / "made", "--closest")
    assert backwards.returncode == 2
    assert "leave --sample out" in backwards.stderr.splitlines()[-1]


def test_what_is_most_like_the_human_translation_is_taken(starter_config: Config, tmp_path: Path) -> None:
    config = starter_config.replace(
        run=starter_config.run.replace(dir=str(tmp_path / "run")),
    )
    save_config(config, tmp_path / "c.yaml")
    train_starter(config)
    packed = PackedPairs.load(Path(config.corpus.packed) / "train")
    tokenizer = AutoTokenizer.from_pretrained(Path(config.corpus.packed) / "tokenizer")
    human = {
        tuple(packed.source[row].tolist()): tokenizer.decode(packed.target[row].tolist(), skip_special_tokens=True)
        for row in range(len(packed))
    }
    scores: dict[str, dict[tuple[int, ...], float]] = {}
    for name, words in {"first": (), "closest": ("--closest", "--least", "0")}.items():
        done = translate(tmp_path / "c.yaml", tmp_path / name, "--source", "pairs", *words)
        assert done.returncode == 0, done.stderr
        made = PackedPairs.load(tmp_path / name / "train")
        scores[name] = {}
        for row in range(len(made)):
            source = tuple(made.source[row].tolist())
            hypothesis = tokenizer.decode(made.target[row].tolist(), skip_special_tokens=True)
            scores[name][source] = CHRF(word_order=2).sentence_score(hypothesis, [human[source]]).score
    both = scores["first"].keys() & scores["closest"].keys()
    assert both
    assert all(scores["closest"][source] >= scores["first"][source] for source in both)
    assert any(scores["closest"][source] > scores["first"][source] for source in both)

    strict = translate(tmp_path / "c.yaml", tmp_path / "strict", "--source", "pairs", "--closest", "--least", "99")
    assert strict.returncode == 0
    assert strict.stdout.startswith("0 pairs")


def test_translations_of_another_vocabulary_are_refused(starter_config: Config, tmp_path: Path) -> None:
    tokenizer = tmp_path / "tokenizer"
    train_vocabulary(["one two three four five six seven eight nine ten"] * 9, 278, tokenizer)
    write_translations(tmp_path / "made", tokenizer, [([5, 6, 0], [7, 0])], {})
    config = starter_config.replace(
        run=starter_config.run.replace(dir=str(tmp_path / "run")),
        corpus=starter_config.corpus.replace(translations=[CorpusSource(path=str(tmp_path / "made"), weight=1.0)]),
    )
    with pytest.raises(DataError, match="another vocabulary"):
        train_starter(config)
