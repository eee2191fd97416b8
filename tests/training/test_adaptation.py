"""Fine-tuning with everything on: general data, averaged candidates selected by a rule; and resumed."""

from __future__ import annotations

import json
import os
import signal
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from commands import start, start_together
from safetensors.torch import load_file

from mt.config import (
    AdaptationConfig,
    Config,
    CorpusSource,
    ModelConfig,
    TermsConfig,
    TrainingConfig,
    load_config,
    save_config,
)
from mt.errors import ConfigError, DataError
from mt.models.load import load_model, longest_input, tag_ids
from mt.training.data.fine_tuning_data import FineTuningData
from mt.training.data.packed_pairs import PairEncoder
from mt.training.loop import TrainingTask, train_loop
from mt.training.progress import TrainingEvent, TrainingResult
from recipes.starter.config import StarterConfig

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def everything(starter_config: StarterConfig, tiny_model: Path) -> Config:
    """A configuration of a fine-tuning run that uses every option at once."""
    corpus = starter_config.corpus
    return Config(
        run=starter_config.run,
        model=ModelConfig(base=str(tiny_model), dropout=0.1),
        terms=TermsConfig(
            glossary=str(ROOT / "seeds" / "glossary.tsv"),
            annotated_share=0.8,
            invented_share=0.3,
        ),
        training=TrainingConfig(
            batch_tokens=500,
            gradient_accumulation_steps=2,
            max_steps=8,
            warmup_ratio=0.0,
            lr_scheduler_type="constant",
            learning_rate=3e-3,
            label_smoothing_factor=0.1,
            logging_steps=1,
            precision="fp32",
            checkpoint_minutes=None,
            eval_steps=2,
            validation_segments=2,
        ),
        adaptation=AdaptationConfig(
            general=[
                CorpusSource(path=corpus.sources[1].path, weight=2),
                CorpusSource(path=corpus.sources[0].path),
            ],
            general_share=0.4,
            validation=[corpus.validation_zh, corpus.validation_en],
            max_general_drop=0.5,
        ),
        decoding=starter_config.decoding.replace(num_beams=1, max_length_ratio=0.3),
    )


def run(
    config: Config,
    rows: list[tuple[str, str]],
    folder: Path,
    *,
    resume: bool = False,
    report: Any = None,
    held: int = 2,
) -> tuple[Any, TrainingResult]:
    model, tokenizer = load_model(config.model.base, dropout=config.model.dropout)
    material = FineTuningData(config, PairEncoder(tokenizer, longest_input(model, tokenizer)))
    data = [{"translation": {"zh": zh, "en": en}} for zh, en in rows]
    task = TrainingTask(
        model,
        material.pairs(data[held:]),
        config.training,
        config.terms,
        tag_ids(tokenizer),
        config.run.seed,
        material.validation(data[:held]),
    )
    trained = train_loop(task, folder, resume=resume, report=report)
    return model, trained


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def whole(
    everything: Config, seed_pairs: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Any, TrainingResult, Path]:
    folder = tmp_path_factory.mktemp("whole")
    return *run(everything, seed_pairs, folder), folder


def same(one: torch.nn.Module, two: torch.nn.Module) -> bool:
    pairs = zip(one.state_dict().items(), two.state_dict().items(), strict=True)
    return all(name == other and torch.equal(tensor, twin) for (name, tensor), (other, twin) in pairs)


@pytest.mark.parametrize("steps", [(1, 4), (7,)])
def test_a_run_resumed_ends_with_the_same_choice_and_weights_bit_for_bit(
    everything: Config,
    seed_pairs: list[tuple[str, str]],
    whole: tuple[Any, TrainingResult, Path],
    tmp_path: Path,
    steps: Any,
) -> None:
    model, expected, folder = whole
    for step in steps:

        def stop(event: TrainingEvent, step: int = step) -> None:
            if event.step == step:
                os.kill(os.getpid(), signal.SIGTERM)

        _, cut = run(everything, seed_pairs, tmp_path, resume=True, report=stop)
        assert cut.interrupted
        torch.manual_seed(step)
    parts, trained = run(everything, seed_pairs, tmp_path, resume=True)
    assert not trained.interrupted
    assert (trained.best_steps, trained.metrics) == (expected.best_steps, expected.metrics)
    assert same(model, parts)
    timed = ("seconds", "tokens_per_second")
    untimed = [
        [{key: value for key, value in line.items() if key not in timed} for line in lines(path)]
        for path in (folder, tmp_path)
    ]
    assert untimed[0] == untimed[1]


def test_each_validation_gives_scores_and_terms_of_both_sets(whole: tuple[Any, TrainingResult, Path]) -> None:
    _, trained, folder = whole
    measured = [line for line in lines(folder) if "validation_loss" in line]
    assert [line["step"] for line in measured] == [0, 2, 4, 6, 8]
    names = {f"{name}_{figure}" for name in ("validation", "general") for figure in ("loss", "chrf", "chrf++")}
    for line in measured:
        assert names | {"validation_term_success"} <= set(line)
        assert 0 <= line["validation_term_success"] <= 100
    assert set(trained.base_metrics) >= names
    assert trained.base_metrics["validation_loss"] == pytest.approx(measured[0]["validation_loss"], abs=1e-5)
    best = sorted(measured[1:], key=lambda line: (-line["validation_chrf"], line["step"]))
    assert trained.best_steps == [line["step"] for line in best[:3]]
    # Only the best candidates are left, and no half-written file.
    left = sorted(path.name for path in (folder / "candidates").iterdir())
    assert left == [f"step-{step:08d}.safetensors" for step in sorted(trained.best_steps)]


def test_patience_ends_a_run_that_gets_no_better(
    everything: Config, seed_pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    """Steps of size nothing leave the scores where they are: the first evaluation is the best."""
    settings = everything.training.replace(learning_rate=1e-12, max_steps=None, num_train_epochs=500,
        early_stopping_patience=2,
    )  # fmt: skip
    still = everything.replace(training=settings, adaptation=AdaptationConfig())
    _, trained = run(still, seed_pairs, tmp_path)
    assert not trained.interrupted
    assert trained.progress.step == 6
    assert trained.best_steps == [2, 4, 6]


@pytest.fixture(scope="module")
def prepared(
    everything: Config, seed_pairs: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """A configuration file of the same run and a folder with its documents prepared, some of them held out."""
    from mt.data.dataset import prepare

    folder = tmp_path_factory.mktemp("prepared")
    for number in range(8):
        zh, en = seed_pairs[number % len(seed_pairs)]
        (folder / f"d{number}.txt").write_text(f"第{number}号文件。{zh}\n\nDocument {number}. {en}\n", "utf-8")
    config = everything.replace(
        data=everything.data.replace(documents=[f"{folder}/d*.txt"], validation_share=0.25, test_share=0.0),
        model=everything.model.replace(dropout=0.0),
        training=everything.training.replace(gradient_accumulation_steps=1, max_steps=4, report_to=["tensorboard"]),
    )
    save_config(config, folder / "c.yaml")
    prepare(config, folder / "data")
    return folder / "c.yaml", folder / "data"


def test_a_run_killed_at_its_validations_and_resumed_ends_with_the_same_bits(
    prepared: tuple[Path, Path], tmp_path: Path
) -> None:
    """SIGKILL, not a signal that can be caught: right after a validation, and while candidates are compared."""
    config, data = prepared
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "data").symlink_to(data)
    # A checkpoint at every step.
    often = ["training.checkpoint_minutes=0.000001", "training.report_to=[]"]
    whole = start(["train", str(config), f"run.dir={tmp_path}/whole", *often], tmp_path / "whole.log")
    metrics = tmp_path / "killed" / "metrics.jsonl"
    for written in (3, 5):
        cut = start(["train", str(config), f"run.dir={tmp_path}/killed", "--resume", *often], tmp_path / "killed.log")
        while cut.is_alive() and not (metrics.is_file() and metrics.read_text("utf-8").count("\n") >= written):
            time.sleep(0.005)
        cut.kill()
        cut.join(60)
    resumed = start(["train", str(config), f"run.dir={tmp_path}/killed", "--resume", *often], tmp_path / "killed.log")
    for process in (whole, resumed):
        process.join(200)
        assert process.exitcode == 0, (tmp_path / "killed.log").read_text("utf-8")
    one, two = (load_file(tmp_path / name / "model" / "model.safetensors") for name in ("whole", "killed"))
    assert all(torch.equal(one[name], two[name]) for name in one)
    steps = [[line["step"] for line in lines(tmp_path / name)] for name in ("whole", "killed")]
    assert steps[0] == steps[1] == [0, 1, 2, 3, 4]
    manifests = [
        json.loads((tmp_path / name / "model" / "manifest.json").read_text("utf-8")) for name in ("whole", "killed")
    ]
    assert manifests[0]["compared"] == manifests[1]["compared"]
    # Nothing to resume from is left of a finished run.
    assert not [*tmp_path.glob("*/checkpoints"), *tmp_path.glob("*/candidates")]


def command(prepared: tuple[Path, Path], folder: Path, processes: str, *changes: str) -> Path:
    """Run ``zhen-mt train`` in one process, in two, or in two with shards; return the run folder."""
    config, data = prepared
    (folder / processes).mkdir()
    (folder / processes / "data").symlink_to(data)
    arguments = ["train", str(config), f"run.dir={folder / processes}", *changes]
    # One process takes as many batches a step as two do.
    one = processes == "one"
    started = (
        [start([*arguments, "training.gradient_accumulation_steps=2"], folder / f"{processes}.log")]
        if one
        else start_together(arguments, folder / f"{processes}.log", fsdp=processes == "shards")
    )
    for process in started:
        process.join(200)
    said = "".join(path.read_text("utf-8") for path in folder.glob(f"{processes}*.log"))
    assert [process.exitcode for process in started] == [0] * len(started), said
    return folder / processes


@pytest.mark.skipif(find_spec("tensorboard") is None, reason="tensorboard is not installed")
def test_two_processes_and_shards_measure_and_choose_as_one_does(prepared: tuple[Path, Path], tmp_path: Path) -> None:
    runs = {name: command(prepared, tmp_path, name) for name in ("one", "two", "shards")}
    expected = [line for line in lines(runs["one"]) if "validation_loss" in line]
    assert [line["step"] for line in expected] == [0, 2, 4]
    for run_folder in runs.values():
        measured = [line for line in lines(run_folder) if "validation_loss" in line]
        assert [line["step"] for line in measured] == [0, 2, 4]
        for line, wanted in zip(measured, expected, strict=True):
            assert line["validation_loss"] == pytest.approx(wanted["validation_loss"], abs=2e-3)
            assert line["general_loss"] == pytest.approx(wanted["general_loss"], abs=2e-3)
            assert set(line) >= {"validation_chrf", "validation_term_success", "general_chrf++"}
        card = (run_folder / "model" / "README.md").read_text("utf-8")
        assert "on the 2 held-out segments" in card
        assert "| general data | 40% of an epoch's target tokens" in card
        assert list((run_folder / "trackers").rglob("events.out.tfevents.*"))


def test_lora_trains_in_processes_and_shards_as_in_one(prepared: tuple[Path, Path], tmp_path: Path) -> None:
    changes = (
        "lora.rank=4",
        "training.report_to=[]",
        "training.max_steps=16",
        "training.eval_steps=8",
    )
    runs = [command(prepared, tmp_path, name, *changes) for name in ("one", "two", "shards")]
    expected = [line for line in lines(runs[0]) if "padding" in line]
    plain = load_file(runs[0] / "model" / "model.safetensors")
    for run_folder in runs[1:]:
        for line, wanted in zip((line for line in lines(run_folder) if "padding" in line), expected, strict=True):
            assert line["loss"] == pytest.approx(wanted["loss"], abs=2e-3)
        # A plain model comes of each, and a trained one.
        assert load_file(run_folder / "model" / "model.safetensors").keys() == plain.keys()
    assert expected[-1]["loss"] < expected[0]["loss"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            ["training.metric_for_best_model=last", "training.early_stopping_patience=2"],
            "does not say which checkpoint is better",
        ),
        (["training.metric_for_best_model=term_success"], "needs a glossary"),
        (["training.average=best"], "unknown key"),
        (["training.warmup_ratio=0.9"], "at most 0.5"),
        (["adaptation.general_share=1.0"], "general_share"),
        (["adaptation.max_general_drop=1"], "needs a general validation set"),
        (
            [
                "adaptation.max_general_drop=1",
                "adaptation.validation=[a.tsv]",
                "training.metric_for_best_model=last",
            ],
            "the last one is taken",
        ),
        (["adaptation.validation=[a, b, c]"], "must have at most 2 items"),
        (["terms.sampled_share=2"], "sampled_share"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings: list[str], message: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("model: {base: somewhere}\n", "utf-8")
    with pytest.raises(ConfigError, match=message):
        load_config(path, settings)


def test_broken_validation_files_are_named(
    everything: Config, seed_pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    (tmp_path / "a.zh").write_text("成都\n重庆\n", "utf-8")
    (tmp_path / "a.en").write_text("Chengdu\n", "utf-8")
    for files, message in (
        ([tmp_path / "a.zh", tmp_path / "a.en"], "2 lines against 1"),
        ([tmp_path / "a.zh", tmp_path / "b.en"], r"b\.en: no such file"),
        ([tmp_path / "none.tsv"], r"none\.tsv: no such file"),
    ):
        wrong = everything.adaptation.replace(validation=[str(path) for path in files])
        with pytest.raises(DataError, match=message):
            run(everything.replace(adaptation=wrong), seed_pairs, tmp_path / "run")
