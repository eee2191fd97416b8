"""What was trained is what is said: the fingerprint of a run, and what is refused because of it."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from datasets import Dataset, DatasetDict
from safetensors.torch import load_file, save_file

from mt.cli import main
from mt.config import AdaptationConfig, Config, CorpusSource, LoraConfig, TermsConfig, TrainingConfig, save_config
from mt.data.dataset import load_prepared, prepare
from mt.errors import ConfigError, DataError, Interrupted, UserError
from mt.training.fingerprint import ONLY_IF, difference, fingerprint
from mt.training.progress import TrainingEvent
from mt.training.run import train_run

ROOT = Path(__file__).resolve().parents[2]

# Every key of the configuration is in one of these three; a new key has to be put in one.
ALWAYS = """
run.seed model.base model.source_language model.target_language model.source_prefix model.dropout lora.rank
terms.glossary terms.annotated_share terms.drop_share terms.invented_share terms.sampled_share
training.batch_tokens training.gradient_accumulation_steps training.max_steps training.num_train_epochs
training.max_minutes training.learning_rate training.weight_decay training.warmup_ratio
training.lr_scheduler_type training.label_smoothing_factor training.max_grad_norm
training.precision training.metric_for_best_model
decoding.numbers
""".split()
SOMETIMES = """
lora.alpha lora.dropout lora.targets
training.cooldown_share training.early_stopping_patience training.eval_steps training.validation_segments
training.generation_num_beams adaptation.general adaptation.general_share adaptation.general_pairs
adaptation.validation adaptation.max_general_drop decoding.num_beams decoding.length_penalty
decoding.max_length_ratio decoding.no_repeat_ngram_size decoding.batch_tokens decoding.clause_characters
decoding.names decoding.protect
""".split()
NEVER = """
run.dir training.torch_compile training.checkpoint_minutes training.keep_checkpoints training.keep_fold_models
training.logging_steps training.report_to data.* evaluation.*
""".split()


def keys_of(config: Config) -> set[str]:
    whole = {key.removesuffix(".*") for key in (*SOMETIMES, *NEVER) if key.endswith(".*")}
    return {
        f"{section}.{key}"
        for section in type(config).model_fields
        for key in (["*"] if section in whole else type(getattr(config, section)).model_fields)
    }


def test_every_key_is_classified() -> None:
    assert keys_of(Config()) == {*ALWAYS, *SOMETIMES, *NEVER}
    assert set(ONLY_IF) == set(SOMETIMES)
    deciding = {f"{section}.{key}" for section, keys in Config().deciding().items() for key in keys}
    assert not deciding & set(NEVER)
    assert set(ALWAYS) <= deciding


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """A folder with everything a run reads."""
    folder = tmp_path_factory.mktemp("files")
    shutil.copytree(tiny_model, folder / "base")
    shutil.copy(ROOT / "seeds" / "glossary.tsv", folder / "glossary.tsv")
    for name in ("general", "validation"):
        (folder / f"{name}.tsv").write_text(f"成都市\tthe city of Chengdu ({name})\n重庆市\tChongqing city\n", "utf-8")
    return folder


def configured(files: Path, **training: Any) -> Config:
    selecting = {"eval_steps": 2, "precision": "fp32", "batch_tokens": 300}
    steps = {"max_steps": 2, "warmup_ratio": 0.0, "checkpoint_minutes": None, "logging_steps": 1, "learning_rate": 1e-3}
    return Config(
        model=Config().model.replace(base=str(files / "base")),
        terms=TermsConfig(glossary=str(files / "glossary.tsv")),
        training=TrainingConfig(**{**steps, **selecting, **training}),
        adaptation=AdaptationConfig(
            general=[CorpusSource(path=str(files / "general.tsv"))],
            validation=[str(files / "validation.tsv")],
            max_general_drop=None if training.get("metric_for_best_model") == "last" else 1.0,
        ),
    )


def test_a_fingerprint_has_what_decides_under_this_configuration(files: Path) -> None:
    config = configured(files)
    assert set(ALWAYS) <= set(fingerprint(config, "rows"))
    assert {"adaptation.general", "training.eval_steps", "decoding.num_beams"} <= set(fingerprint(config, "rows"))
    without = configured(files, eval_steps=None, metric_for_best_model="last")
    # Validation that does not choose changes nothing.
    some = {"training.eval_steps", "training.validation_segments", "adaptation.validation", "decoding.num_beams"}
    assert not some & set(fingerprint(without, "rows"))
    assert "lora.alpha" not in fingerprint(config, "rows")
    assert "lora.alpha" in fingerprint(config.replace(lora=LoraConfig(rank=2)), "rows")


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("training", {"logging_steps": 7}),
        ("training", {"checkpoint_minutes": 3.0, "keep_checkpoints": True}),
        ("training", {"report_to": ["tensorboard"], "torch_compile": True}),
        ("training", {"cooldown_share": 0.5}),
        ("run", {"dir": "elsewhere"}),
        ("evaluation", {"title": "Another", "bootstrap_samples": 7}),
        ("lora", {"alpha": 3}),
        ("data", {"max_drop_share": 0.5}),
    ],
)
def test_what_does_not_decide_changes_nothing(files: Path, section: str, values: dict[str, Any]) -> None:
    config = configured(files)
    other = config.replace(**{section: getattr(config, section).replace(**values)})
    assert difference(fingerprint(config, "rows"), fingerprint(other, "rows")) is None


@pytest.mark.parametrize(
    ("section", "values", "message"),
    [
        ("training", {"learning_rate": 2e-3}, "training.learning_rate is 0.001, was 0.002"),
        ("training", {"max_steps": None, "num_train_epochs": 1}, "training.max_steps is 2, was unset"),
        ("run", {"seed": 2}, "run.seed is 1, was 2"),
        ("decoding", {"numbers": "request"}, "decoding.numbers is auto, was request"),
        ("terms", {"glossary": None}, "the content of terms.glossary is another"),
    ],
)
def test_the_first_difference_is_named(files: Path, section: str, values: dict[str, Any], message: str) -> None:
    config = configured(files)
    other = config.replace(**{section: getattr(config, section).replace(**values)})
    assert difference(fingerprint(config, "rows"), fingerprint(other, "rows")) == message


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("glossary.tsv", "terms.glossary"),
        ("general.tsv", "adaptation.general"),
        ("validation.tsv", "adaptation.validation"),
        ("base/model.safetensors", "model.base"),
        ("base/config.json", "model.base"),
    ],
)
def test_the_content_of_files_decides_and_not_their_place(files: Path, tmp_path: Path, name: str, key: str) -> None:
    before = fingerprint(configured(files), "rows")
    shutil.copytree(files, tmp_path / "moved")
    (tmp_path / "moved" / "base" / "README.md").write_text("# A card\n", "utf-8")
    config = configured(tmp_path / "moved")
    assert difference(fingerprint(config, "rows"), before) is None
    path = tmp_path / "moved" / name
    path.write_bytes(path.read_bytes() + b"\n")
    assert difference(fingerprint(config, "rows"), before) == f"the content of {key} is another"
    path.unlink()
    if key != "model.base":
        with pytest.raises(DataError, match=path.name):
            fingerprint(config, "rows")


def test_two_processes_of_one_batch_are_one_of_two(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = fingerprint(configured(files, gradient_accumulation_steps=2), "rows")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert difference(fingerprint(configured(files), "rows"), alone) is None


@pytest.fixture
def run(files: Path, seed_pairs: list[tuple[str, str]], tmp_path: Path) -> Config:
    """A prepared run that does not select by validation: fast to train."""
    for number, (zh, en) in enumerate(seed_pairs[:4]):
        (tmp_path / f"d{number}.txt").write_text(f"{zh}\n\n{en}\n", "utf-8")
    config = configured(files, eval_steps=None, metric_for_best_model="last").replace(
        run=Config().run.replace(dir=str(tmp_path / "run")),
        data=Config().data.replace(documents=[f"{tmp_path}/d*.txt"], validation_share=0.0, test_share=0.0),
        adaptation=AdaptationConfig(general=[]),
    )
    prepare(config, tmp_path / "run" / "data")
    return config


Report = Callable[[TrainingEvent], None]


@contextmanager
def unwatched(_name: str) -> Iterator[Report]:
    yield lambda event: None


@contextmanager
def stopped(_name: str) -> Iterator[Report]:
    yield lambda event: os.kill(os.getpid(), signal.SIGTERM) if event.step == 1 else None


def train(config: Config, **options: Any) -> Path:
    return train_run(config, watch=options.pop("watch", unwatched), **options)


def with_training(config: Config, **values: Any) -> Config:
    return config.replace(training=config.training.replace(**values))


def weights(model: Path) -> dict[str, torch.Tensor]:
    return load_file(model / "model.safetensors")


def test_resume_and_overwrite_exclude_each_other(run: Config, tmp_path: Path) -> None:
    save_config(run, tmp_path / "c.yaml")
    for command in ("train", "run"):
        result = CliRunner().invoke(main, [command, str(tmp_path / "c.yaml"), "--resume", "--overwrite"])
        assert result.exit_code == 2
        assert result.output.count("\n") == 1
        assert "--resume and --overwrite exclude each other" in result.output
    assert not (tmp_path / "run" / "model").exists()


def test_a_finished_model_is_kept_only_for_its_own_configuration_and_whole(run: Config) -> None:
    model = train(run)
    written = (model / "model.safetensors").stat().st_mtime_ns
    assert train(with_training(run, logging_steps=9)) == model
    assert (model / "model.safetensors").stat().st_mtime_ns == written
    with pytest.raises(ConfigError, match=r"another configuration: training.learning_rate is 0.5, was 0.001; choose"):
        train(with_training(run, learning_rate=0.5))
    tensors = weights(model)
    save_file({name: tensor + 1 if tensor.is_floating_point() else tensor for name, tensor in tensors.items()},
              model / "model.safetensors", {"format": "pt"})  # fmt: skip
    with pytest.raises(DataError, match="model: does not hold the weights that were trained"):
        train(run)
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in weights(train(run, overwrite=True)).items())
    shutil.rmtree(model)
    with pytest.raises(DataError, match="does not hold the weights"):
        train(run)


def added(run: Config, folder: Path) -> Config:
    (folder / "d7.txt").write_text("新的。\n\nNew.\n", "utf-8")
    return run


def edited(run: Config, folder: Path) -> Config:
    (folder / "d1.txt").write_text("旧的。\n\nOld.\n", "utf-8")
    return run


def removed(run: Config, folder: Path) -> Config:
    (folder / "d1.txt").unlink()
    return run


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (added, "d7.txt changed"),
        (edited, "d1.txt changed"),
        (removed, "d1.txt changed"),
        (lambda run, _: run.replace(run=run.run.replace(seed=9)), "run.seed changed"),
        (
            lambda run, _: run.replace(data=run.data.replace(restore_apostrophes=True)),
            "data.restore_apostrophes changed",
        ),
        (lambda run, _: run.replace(data=run.data.replace(documents=["seeds/raw"])), "data.documents changed"),
    ],
)
def test_other_documents_than_were_prepared_are_refused(
    run: Config, tmp_path: Path, change: Callable[[Config, Path], Config], message: str
) -> None:
    with pytest.raises(DataError, match=re.escape(f"{message}; run zhen-mt prepare CONFIG again")):
        train(change(run, tmp_path))


def test_documents_that_are_gone_are_still_those_prepared(run: Config, tmp_path: Path) -> None:
    for path in tmp_path.glob("d?.txt"):
        path.unlink()
    assert train(run) == tmp_path / "run" / "model"


def test_other_rows_are_other_data(run: Config, tmp_path: Path) -> None:
    """A dataset of the user's own making has no manifest: its rows count."""
    train(run)
    (tmp_path / "run" / "data" / "manifest.json").unlink()
    train(run)
    rows = list(load_prepared(tmp_path / "run" / "data")["train"])[:2]
    DatasetDict({"train": Dataset.from_list(rows)}).save_to_disk(str(tmp_path / "other"))
    shutil.rmtree(tmp_path / "run" / "data" / "dataset")
    (tmp_path / "other").rename(tmp_path / "run" / "data" / "dataset")
    with pytest.raises(ConfigError, match="the content of the prepared documents is another"):
        train(run)


def test_an_unfinished_training_is_resumed_with_its_own_configuration_alone(run: Config, tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        train(run, watch=stopped)
    with pytest.raises(UserError, match="holds an unfinished run"):
        train(run)
    with pytest.raises(
        ConfigError,
        match=r"step-00000001: cannot be resumed with another configuration: training.max_steps is 3, was 2",
    ):
        train(with_training(run, max_steps=3), resume=True)
    glossary = tmp_path / "glossary.tsv"
    glossary.write_text("source\ttarget\n川促会\tSUCPEB\n", "utf-8")
    with pytest.raises(ConfigError, match=r"the content of terms\.glossary is another"):
        train(run.replace(terms=run.terms.replace(glossary=str(glossary))), resume=True)
    train(with_training(run, logging_steps=2, keep_checkpoints=True), resume=True)


def test_an_interrupted_overwrite_leaves_no_model_of_the_old_configuration(run: Config, tmp_path: Path) -> None:
    train(run)
    folder = tmp_path / "run"
    (folder / "manifest.json").write_text("{}", "utf-8")
    new = with_training(run, learning_rate=5e-3)
    with pytest.raises(Interrupted):
        train(new, overwrite=True, watch=stopped)
    assert not [name for name in ("model", "model.json", "manifest.json", "report") if (folder / name).exists()]
    model = train(new, resume=True)
    shutil.copytree(folder / "data", tmp_path / "fresh" / "data")
    fresh = train(new.replace(run=new.run.replace(dir=str(tmp_path / "fresh"))))
    assert all(torch.equal(tensor, weights(fresh)[name]) for name, tensor in weights(model).items())


def test_a_finished_fold_of_another_configuration_is_not_resumed(run: Config, tmp_path: Path) -> None:
    folds = run.replace(data=run.data.replace(folds="documents"))
    prepare(folds, tmp_path / "run" / "data")

    @contextmanager
    def stopped_in_the_second(name: str) -> Iterator[Report]:
        with (stopped if name.startswith("fold 2") else unwatched)(name) as report:
            yield report

    with pytest.raises(Interrupted):
        train(folds, watch=stopped_in_the_second)
    assert (tmp_path / "run" / "folds" / "0" / "model.json").is_file()
    with pytest.raises(
        ConfigError, match=r"folds/0: holds a model trained with another configuration: training.learning_rate"
    ):
        train(with_training(folds, learning_rate=0.5), resume=True)
    first = weights(tmp_path / "run" / "folds" / "0" / "model")
    train(folds, resume=True)
    assert all(torch.equal(tensor, first[name]) for name, tensor in weights(tmp_path / "run/folds/0/model").items())
