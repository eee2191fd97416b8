"""What is published is never worse than the base on what is held out; the base itself where nothing beats it."""

from __future__ import annotations

import json
import logging
import math
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from mt.config import Config, TrainingConfig, load_config
from mt.data.dataset import load_prepared, prepare
from mt.errors import DataError
from mt.inference.translator import Translator
from mt.metrics.corpus_scores import Scorer
from mt.models.tags import LENGTH_TAGS
from mt.training.candidates import cross_validated, interpolated
from mt.training.run import train_run
from mt.training.saving.selection import averaged, best_steps, keep_candidates
from mt.training.strength import RULE, with_strength

ROOT = Path(__file__).resolve().parents[2]
STARTER = ROOT / "models" / "starter"


def halved(text: str) -> str:
    words = text.split()
    return " ".join(words[: math.ceil(len(words) / 2)])


def train(folder: Path, base: Path, rows: list[tuple[str, str]], *changes: str) -> tuple[Config, dict[str, Any], str]:
    """Fine-tune on the rows, half of them held out; return the configuration, the model's manifest and its card."""
    text = "".join(f"{number % 2}\t{zh}\t{en}\n" for number, (zh, en) in enumerate(rows))
    (folder / "documents.tsv").write_text(text, "utf-8")
    (folder / "c.yaml").write_text(
        f"""
run: {{dir: {folder}/run, seed: 1}}
data: {{documents: [{folder}/documents.tsv], validation_share: 0.5, test_share: 0, max_drop_share: 0.9}}
model: {{base: {base}}}
terms: {{glossary: {ROOT}/seeds/glossary.tsv}}
training: {{batch_tokens: 600, max_steps: 1, precision: fp32}}
adaptation: {{general: []}}
decoding: {{num_beams: 1, max_length_ratio: 1.2}}
""",
        "utf-8",
    )
    config = load_config(folder / "c.yaml", list(changes))
    prepare(config, folder / "run" / "data")
    model = train_run(config, watch=lambda _name: nullcontext(lambda _event: None))
    return config, json.loads((model / "manifest.json").read_text("utf-8")), (model / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def short(seed_pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(seed_pairs, key=lambda pair: len(pair[0]))[:2]


def test_training_that_only_harms_publishes_the_base_bit_for_bit_and_says_so(
    short: list[tuple[str, str]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    changes = ["training.learning_rate=0.5", "training.warmup_ratio=0.0", "model.source_prefix=<length-5>"]
    _, manifest, card = train(tmp_path, STARTER, short, *changes, "terms.glossary=null")
    base, published = load_file(STARTER / "model.safetensors"), load_file(tmp_path / "run/model/model.safetensors")
    assert base.keys() == published.keys()
    assert all(torch.equal(tensor.float(), published[name].float()) for name, tensor in base.items())
    assert "the base itself is published, unchanged" in manifest["published"]
    assert manifest["published"] in card
    assert any(manifest["published"] in line for line in caplog.messages)
    assert max(manifest["compared"], key=manifest["compared"].get) == "the base"


def test_what_is_published_beats_the_base_as_it_is_used(
    short: list[tuple[str, str]], tiny_model: Path, tmp_path: Path
) -> None:
    """Base, checkpoints, their average and interpolations are compared, and the scores are those of the folder."""
    changes = ["training.max_steps=12", "training.learning_rate=1e-2", "training.eval_steps=0.25"]
    config, manifest, card = train(tmp_path, tiny_model, short, *changes)
    names = list(manifest["compared"])
    assert names[0] == "the base"
    assert names[1].startswith("step ")
    assert names[2].startswith("the average of step ")
    assert [name.partition("%")[0] for name in names[3:6]] == ["75", "50", "25"]
    chosen = manifest["metrics"]["validation_chrf"]
    assert chosen >= manifest["base_metrics"]["validation_chrf"] == manifest["compared"]["the base"]
    assert manifest["metrics"]["plain_chrf"] >= manifest["base_metrics"]["plain_chrf"]
    assert manifest["published"] in card
    held = list(load_prepared(tmp_path / "run" / "data")["validation"])
    translator = Translator.from_pretrained(tmp_path / "run" / "model", config.terms.glossary, decoding=config.decoding)
    found = translator.translate(
        [row["translation"]["zh"] for row in held], documents=[row["document"] for row in held]
    )
    score = Scorer([row["translation"]["en"] for row in held], ("chrf",)).score(list(map(str, found)))["chrf"]
    assert score.score == pytest.approx(chosen)


def test_the_length_tag_is_the_one_with_which_documents_are_translated_best(
    short: list[tuple[str, str]], tmp_path: Path
) -> None:
    terse = [(zh, halved(en)) for zh, en in short]
    _, manifest, card = train(
        tmp_path, STARTER, terse, "training.learning_rate=1e-9", "terms.glossary=null", "decoding.max_length_ratio=0.8"
    )
    tags = {name[-10:]: value for name, value in manifest["compared"].items() if name.endswith(">")}
    chosen = manifest["options"]["prefix"]
    assert set(tags) <= set(LENGTH_TAGS)
    assert manifest["metrics"]["validation_chrf"] == max(manifest["compared"].values())
    assert LENGTH_TAGS.index(chosen) < LENGTH_TAGS.index("<length-5>")
    assert f"`{chosen}`" in card


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("data.validation_share=0.0", "No validation documents were held out"),
        ("training.metric_for_best_model=last", "training.metric_for_best_model is last"),
        ("training.validation_segments=0", "training.validation_segments is 0"),
    ],
)
def test_where_nothing_was_compared_that_is_said(
    short: list[tuple[str, str]], tiny_model: Path, tmp_path: Path, change: str, why: str
) -> None:
    _, manifest, card = train(tmp_path, tiny_model, short, change)
    assert manifest["published"].startswith(f"{why}, so nothing was compared")
    assert manifest["published"] in card
    assert manifest["compared"] == {}


def test_weights_are_averaged_and_interpolated_exactly(tmp_path: Path) -> None:
    paths = [tmp_path / f"step-{step:08d}.safetensors" for step in (1, 2, 3)]
    for path, value in zip(paths, (1.0, 2.0, 6.0), strict=True):
        save_file({"w": torch.full((2,), value), "n": torch.tensor([int(value)])}, path)
    mean = averaged(paths)
    assert mean["w"].tolist() == [3.0, 3.0]
    assert mean["n"].tolist() == [6]
    half = interpolated({"w": torch.zeros(2), "n": torch.tensor([0])}, mean, 0.5)
    assert half["w"].tolist() == [1.5, 1.5]
    assert interpolated({"w": torch.ones(2) / 3}, mean, 0.0)["w"].tolist() == (torch.ones(2) / 3).tolist()
    keep_candidates(tmp_path, {2})
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000002.safetensors"]
    with pytest.raises(DataError, match="step-00000001"):
        averaged(paths)


def test_the_best_three_are_kept_the_earlier_of_equals_first_and_never_the_base() -> None:
    chrf = [99, 30, 40, 40, 35, 20]
    given = [{"step": 10 * number, "validation_chrf": score} for number, score in enumerate(chrf)]
    assert best_steps(given, "chrf") == [20, 30, 40]
    assert best_steps(given[:1], "chrf") == []
    assert best_steps(given, "last") == []
    assert best_steps([{"step": 1, "validation_loss": 2.0}], "chrf") == []
    equal = [{"step": step, "validation_term_success": 100.0, "validation_chrf": 4.0 + step} for step in (1, 2)]
    assert best_steps(equal, "term_success") == [2, 1]


def test_fewer_segments_are_trained_on_more_gently_and_every_key_can_be_set() -> None:
    chosen = [with_strength(Config(), segments)[0] for segments in (20, 100, 500, 3000)]
    rates = [config.training.learning_rate or 0 for config in chosen]
    assert rates == sorted(rates)
    assert rates[0] < rates[-1]
    assert all(config.adaptation.general_share and config.training.eval_steps for config in chosen)
    assert with_strength(Config(), 20)[1] == (
        f"20 segments, so training.num_train_epochs={RULE[0].num_train_epochs}, "
        f"training.learning_rate={RULE[0].learning_rate:g}, training.eval_steps={RULE[0].eval_steps:g}, "
        f"adaptation.general_share={RULE[0].general_share:g}"
    )
    own = Config(training=TrainingConfig(max_steps=7, learning_rate=1e-3, eval_steps=2))
    assert with_strength(own, 20)[0].training == own.training


def test_auto_is_the_whole_section_and_what_it_chose_is_in_the_run_s_configuration(
    short: list[tuple[str, str]], tiny_model: Path, tmp_path: Path
) -> None:
    (tmp_path / "auto.yaml").write_text("training: auto\n", "utf-8")
    assert load_config(tmp_path / "auto.yaml") == Config()
    train(tmp_path, tiny_model, short, "training.max_steps=null", "training.validation_segments=0")
    written = load_config(tmp_path / "run" / "config.yaml")
    assert written.training.num_train_epochs == RULE[0].num_train_epochs
    assert written.training.learning_rate == RULE[0].learning_rate


def test_the_folds_choose_the_share_of_the_trained_weights_and_the_base_where_none_is_better() -> None:
    folds = [
        {"0": ["a cat sat"], "0.5": ["the cat sat"], "1": ["dog"], "reference": ["the cat sat"]},
        {"0": ["rain fell"], "0.5": ["rain fell"], "1": ["rain"], "reference": ["rain fell"]},
    ]
    share, chosen = cross_validated(folds, "chrf")
    assert share == 0.5
    assert chosen.sentence.startswith("Published are 50% of the trained weights and 50% of the base's: chrF on the 2 ")
    assert chosen.metrics["folds_chrf"] > chosen.base_metrics["folds_chrf"]
    worse = [{**fold, "0.5": fold["1"]} for fold in folds]
    share, chosen = cross_validated(worse, "term_success")
    assert (share, chosen.is_base) == (0.0, True)
    assert "the base itself is published, unchanged" in chosen.sentence
