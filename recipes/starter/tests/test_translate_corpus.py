"""The corpus translated by a run's own model, and how a run uses the translations."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from runs import own_run
from sacrebleu.metrics import CHRF
from transformers import AutoTokenizer

from mt.errors import DataError
from recipes.starter.config import Source, StarterConfig
from recipes.starter.corpus.pairs import load_pairs
from recipes.starter.corpus.translations import write_translations
from recipes.starter.corpus.vocabulary import train_vocabulary
from recipes.starter.training.starter import train_starter

ROOT = Path(__file__).resolve().parents[3]


def translate(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "recipes.starter.translate_corpus", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def trained(starter_config: StarterConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Configuration file of a trained run."""
    folder = tmp_path_factory.mktemp("trained")
    train_starter(own_run(starter_config, folder))
    return folder / "c.yaml"


def test_its_translations_are_used_by_the_next_run_with_their_weight(
    trained: Path, starter_config: StarterConfig, tmp_path: Path
) -> None:
    done = translate(trained, tmp_path / "made", "--source", "pairs")
    assert done.returncode == 0, done.stderr
    made = load_pairs(tmp_path / "made" / "train")
    assert done.stdout.splitlines()[-1] == f"{len(made)} pairs: {tmp_path / 'made'}"
    # The human Chinese is complete and in order; six steps do not teach the model English that is worth reading.
    packed = load_pairs(Path(starter_config.corpus.packed) / "train")
    human = [packed.source[row].tolist() for row in range(len(packed))]
    places = [human.index(made.source[row].tolist()) for row in range(len(made))]
    assert places
    assert places == sorted(places)
    assert (made.target.lengths > 1).all()
    assert not made.annotated.lengths.any()
    assert [path.name for path in tmp_path.iterdir()] == ["made"]

    epoch = {"max_steps": None, "num_train_epochs": 1, "batch_tokens": 256}
    tokens = []
    for name, translations in (("with", [Source(path=str(tmp_path / "made"), weight=9.0)]), ("alone", [])):
        (tmp_path / name).mkdir()
        config = own_run(starter_config, tmp_path / name, training=epoch, translations=translations)
        tokens.append(train_starter(config).progress.target_tokens)
    assert tokens[0] == pytest.approx(tokens[1] + 9 * len(made.target.ids), rel=0.2)


def test_what_was_begun_with_other_settings_or_does_not_exist_is_refused(trained: Path, tmp_path: Path) -> None:
    parts = tmp_path / "third.parts"
    parts.mkdir()
    (parts / "settings.json").write_text(json.dumps({"step": 1}))
    refused = translate(trained, tmp_path / "third")
    assert refused.returncode == 2
    assert "was begun with other settings" in refused.stderr.splitlines()[-1]
    unknown = translate(trained, tmp_path / "made", "--source", "pears")
    assert unknown.returncode == 2
    assert unknown.stderr.splitlines()[-1] == "pears: no such source; choose among pairs, terms"


def test_the_output_most_similar_to_the_human_translation_is_used(
    trained: Path, starter_config: StarterConfig, tmp_path: Path
) -> None:
    packed = load_pairs(Path(starter_config.corpus.packed) / "train")
    tokenizer = AutoTokenizer.from_pretrained(Path(starter_config.corpus.packed) / "tokenizer")
    human = {
        tuple(packed.source[row].tolist()): tokenizer.decode(packed.target[row].tolist(), skip_special_tokens=True)
        for row in range(len(packed))
    }
    scores: dict[str, dict[tuple[int, ...], float]] = {}
    for name, words in {"first": (), "closest": ("--closest", "--least", "0")}.items():
        done = translate(trained, tmp_path / name, "--source", "pairs", *words)
        assert done.returncode == 0, done.stderr
        made = load_pairs(tmp_path / name / "train")
        scores[name] = {}
        for row in range(len(made)):
            source = tuple(made.source[row].tolist())
            hypothesis = tokenizer.decode(made.target[row].tolist(), skip_special_tokens=True)
            scores[name][source] = CHRF(word_order=2).sentence_score(hypothesis, [human[source]]).score
    both = scores["first"].keys() & scores["closest"].keys()
    assert both
    assert all(scores["closest"][source] >= scores["first"][source] for source in both)
    assert any(scores["closest"][source] > scores["first"][source] for source in both)

    strict = translate(trained, tmp_path / "strict", "--source", "pairs", "--closest", "--least", "99")
    assert strict.returncode == 0
    assert strict.stdout.startswith("0 pairs")


def test_translations_of_another_vocabulary_are_refused(starter_config: StarterConfig, tmp_path: Path) -> None:
    tokenizer = tmp_path / "tokenizer"
    train_vocabulary(["one two three four five six seven eight nine ten"] * 9, 278, tokenizer)
    write_translations(tmp_path / "made", tokenizer, [([5, 6, 0], [7, 0])], {})
    config = own_run(starter_config, tmp_path, translations=[Source(path=str(tmp_path / "made"))])
    with pytest.raises(DataError, match="another vocabulary"):
        train_starter(config)
