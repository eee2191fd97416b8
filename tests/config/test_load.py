from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.config import Config, load_config, save_config
from mt.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]


def write(folder: Path, text: str) -> Path:
    path = folder / "c.yaml"
    path.write_text(text, "utf-8")
    return path


def test_defaults_file_and_overrides_lie_over_each_other(tmp_path: Path) -> None:
    path = write(tmp_path, "training: {max_steps: 5, learning_rate: 3e-4}\n")
    config = load_config(path, ["training.max_steps=7", "run.dir=runs/x", "data.documents=[a, b]"])
    assert config.training.max_steps == 7
    assert config.training.learning_rate == pytest.approx(3e-4)
    assert config.training.batch_tokens == Config().training.batch_tokens
    assert config.data.documents == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("training: {learnin_rate: 1}", "unknown key 'training.learnin_rate'; did you mean 'training.learning_rate'?"),
        ("steps: 3", "unknown key 'steps'; did you mean 'training.max_steps'?"),
        ("trainign: {}", "did you mean 'training'?"),
        ("training: {qqq: 1}", "unknown key 'training.qqq'; choose one of batch_tokens"),
        ("training: {max_steps: many}", "[training.max_steps]: must be a whole number, not text 'many'"),
        ("training: {max_steps: 1.5}", "must be a whole number"),
        ("training: {max_steps: true}", "must be a whole number"),
        ("run: {dir: 5}", "must be text, not the whole number 5; write it in quotes: '5'"),
        ("training: {optimizer: adam}", "[training.optimizer]: is text 'adam'; did you mean 'adamw'?"),
        ("data: {documents: seeds}", "must be a list"),
        ("training: [1]", "must be a section"),
        (
            "corpus: {sources: [{pth: x}]}",
            "unknown key 'corpus.sources[0].pth'; did you mean 'corpus.sources[0].path'?",
        ),
        ("training: {batch_tokens: 0}", "[training.batch_tokens]: must be at least 1"),
        ("terms: {drop_share: 1.5}", "must be at most 1, not 1.5"),
        ("model: {dropout: -0.5}", "must be at least 0, not -0.5"),
        ("data: {test_share: 0.6, validation_share: 0.5}", "together leave nothing to train on"),
        ("- 1", "is not a mapping"),
        ("", "is empty"),
        ("a: [", "is not YAML"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(tmp_path: Path, text: str, expected: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    message = str(caught.value)
    assert expected in message
    assert str(path) in message
    assert "\n" not in message


def test_a_missing_file_and_a_bad_override_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_config(tmp_path / "none.yaml")
    path = write(tmp_path, "run: {seed: 2}")
    with pytest.raises(ConfigError, match="is not KEY=VALUE"):
        load_config(path, ["training.max_steps"])
    with pytest.raises(ConfigError, match=r"unknown key 'training\.step'"):
        load_config(path, ["training.step=1"])
    path.write_bytes(b"run: {dir: \xff}")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load_config(path)


def test_the_resolved_copy_loads_back_equal(tmp_path: Path) -> None:
    config = load_config(
        write(tmp_path, "training: {optimizer: muon, max_minutes: 2.5}\ndata: {documents: [文件.txt]}")
    )
    save_config(config, tmp_path / "resolved.yaml")
    assert load_config(tmp_path / "resolved.yaml") == config


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_configuration_loads_and_begins_with_its_command(path: Path) -> None:
    load_config(path)
    first = path.read_text("utf-8").splitlines()[:2]
    assert any(f"zhen-mt {command} configs/{path.name}" in " ".join(first) for command in ("run", "train", "evaluate"))


@given(
    st.dictionaries(st.text(max_size=8), st.recursive(st.none() | st.booleans() | st.text(), st.lists, max_leaves=3))
)
def test_any_mapping_either_loads_or_is_refused_clearly(tree: dict[str, object]) -> None:
    import tempfile

    import yaml

    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder), yaml.safe_dump(tree, allow_unicode=True))
        with suppress(ConfigError):
            load_config(path)  # anything else raised fails the test
