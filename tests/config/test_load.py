from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
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
        # Unknown keys: a misspelling, another toolkit's name, another section's key, a key outside its section.
        ("training: {learnin_rate: 1}", "unknown key 'training.learnin_rate'; did you mean 'training.learning_rate'?"),
        ("trainign: {}", "unknown key 'trainign'; did you mean 'training'?"),
        ("training: {lr: 1}", "did you mean 'training.learning_rate'?"),
        ("epochs: 3", "unknown key 'epochs'; did you mean 'training.num_train_epochs'?"),
        ("training: {per_device_train_batch_size: 8}", "did you mean 'training.batch_tokens'?"),
        ("training: {beams: 4}", "did you mean 'decoding.num_beams'?"),
        ("training: {glossary: a.tsv}", "did you mean 'terms.glossary'?"),
        ("learning_rate: 1", "did you mean 'training.learning_rate'?"),
        ("training: {adaptation: {}}", "unknown key 'training.adaptation'; did you mean 'adaptation'?"),
        ("batch_tokens: 1", "did you mean 'training.batch_tokens' or 'decoding.batch_tokens'?"),
        ("training: {qqq: 1}", "unknown key 'training.qqq'; choose one of batch_tokens, gradient_"),
        (
            "adaptation: {general: [{pth: x}]}",
            "general.0.pth'; did you mean 'adaptation.general.path'?",
        ),
        ("model: {publish: x}", "unknown key 'model.publish'"),
        ("1: 2", "unknown key '1'; choose one of run, data"),
        # Types.
        ("training: {max_steps: many}", "[training.max_steps]: must be a whole number, not 'many'"),
        ("training: {max_steps: 1.5}", "must be a whole number, not 1.5"),
        ("training: {max_steps: true}", "must be a whole number, not True"),
        ("training: {learning_rate: true}", "must be a number, not True"),
        ("training: {torch_compile: 1}", "must be a boolean, not 1"),
        ("run: {dir: 5}", "must be a string, not 5"),
        ("run: {dir: 2024-11-05}", "must be a string, not datetime.date"),
        ("run: {dir: }", "must be a string, not null"),
        ("run: {dir: ''}", "[run.dir]: must have at least 1 character"),
        ("training: {lr_scheduler_type: wsdd}", "must be 'constant', 'cosine', 'linear' or 'wsd', not 'wsdd'"),
        ("data: {documents: seeds}", "must be a list, not 'seeds'"),
        ("data: {documents: [1]}", "[data.documents.0]: must be a string, not 1"),
        ("data: {folds: 1}", "[data.folds]: must be auto, none, documents, paragraphs or a number of folds from 2"),
        ("data: {folds: }", "[data.folds]: must be auto, none, documents"),
        ("training: [1]", "[training]: must be a section of key: value lines, not [1]"),
        ("adaptation: {general: [{}]}", "[adaptation.general.0.path]: is missing"),
        ("adaptation: {validation: [a, b, c]}", "must have at most 2 items"),
        # Ranges.
        ("run: {seed: -1}", "[run.seed]: must be at least 0, not -1"),
        ("run: {seed: 4294967296}", "[run.seed]: must be at most 4294967295"),
        ("training: {learning_rate: .nan}", "[training.learning_rate]: must be a finite number, not nan"),
        ("training: {learning_rate: 1e999}", "must be a finite number"),
        ("training: {learning_rate: 0}", "must be above 0, not 0"),
        ("training: {max_grad_norm: -1}", "[training.max_grad_norm]: must be above 0, not -1"),
        ("evaluation: {bootstrap_samples: 0}", "[evaluation.bootstrap_samples]: must be at least 1, not 0"),
        ("training: {batch_tokens: 0}", "[training.batch_tokens]: must be at least 1, not 0"),
        ("terms: {drop_share: 1.5}", "[terms.drop_share]: must be at most 1, not 1.5"),
        ("adaptation: {general: [{path: a, zh: -1}]}", "[adaptation.general.0.zh]: must be at least 0, not -1"),
        # What used to mean "inherit" or "no limit".
        ("model: {dropout: -1}", "[model.dropout]: must be at least 0, not -1"),
        ("training: {max_steps: 0}", "[training.max_steps]: must be at least 1, not 0"),
        ("training: {max_minutes: 0}", "must be above 0, not 0"),
        ("decoding: {length_penalty: -1}", "must be at least 0, not -1"),
        # Keys that do not go together.
        ("data: {test_share: 0.6, validation_share: 0.5}", "together leave nothing to train on"),
        ("training: {metric_for_best_model: last, early_stopping_patience: 2}", "does not say which"),
        ("adaptation: {max_general_drop: 0}", "[adaptation.max_general_drop]: needs a general validation set"),
        # YAML itself.
        ("- 1", "is not a mapping of sections"),
        ("", "is empty; give it at least one section"),
        ("a: [", ":1: is not YAML: expected the node content"),
        ("run: {seed: 1}\nrun: {dir: x}", ":2: is not YAML: 'run' is given twice"),
        ("run:\n  seed: 1\n  dir: x\n  seed: 2", ":4: is not YAML: 'seed' is given twice"),
        ("a: &a [x, x]\nb: &b [*a, *a]", ":2: is not YAML: alias *a is not supported"),
        ("run: {dir: '\x01'}", "is not YAML: it holds a control character"),
        ("run: {dir: !!python/object:os.system x}", "could not determine a constructor"),
        pytest.param("a: " + "[" * 20000, "is nested too deeply", id="deep"),
        pytest.param("a:" + "".join("\n" + " " * n + "a:" for n in range(1, 2000)), "is nested too deeply", id="block"),
        pytest.param(f"run: {{seed: {'9' * 5000}}}", "has a value that cannot be read", id="digits"),
        pytest.param(f"training: {{max_steps: {'9' * 4000}}}", "must be at most 1000000000000", id="large"),
        pytest.param(f"training: {{learning_rate: 1{'0' * 400}}}", "must be a number", id="large float"),
        ("run: {dir: 2024-13-45}", "has a value that cannot be read: month must be in 1..12"),
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
    assert len(message) < 800


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


def test_a_folder_in_place_of_a_file_and_a_bad_value_of_an_override_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a folder"):
        load_config(tmp_path)
    path = write(tmp_path, "run: {seed: 2}")
    for override, expected in (
        ("run.seed=-1", r"\[run\.seed\]: must be at least 0"),
        ("run.seed=[", r"\[run\.seed\]: is not YAML"),
        (f"run.seed={'9' * 5000}", r"\[run\.seed\]: has a value that cannot be read"),
        ("run.seed.x=1", "'seed' holds a value, not a section"),
        ("adaptation.general=[{path: a, zh: -1}]", r"general\.0\.zh\]: must be at least 0"),
    ):
        with pytest.raises(ConfigError, match=expected):
            load_config(path, [override])


@pytest.mark.parametrize("value", ["", "null", "''"])
def test_nothing_and_an_empty_text_and_null_all_mean_no_glossary(tmp_path: Path, value: str) -> None:
    path = write(tmp_path, "terms: {glossary: a.tsv}\nlora:\n")
    assert load_config(path).terms.glossary == "a.tsv"
    assert load_config(path, [f"terms.glossary={value}"]).terms.glossary is None


def test_the_resolved_copy_loads_back_equal(tmp_path: Path) -> None:
    config = load_config(
        write(tmp_path, "training: {warmup_ratio: 0.2, eval_steps: 5, max_minutes: 2.5}\ndata: {documents: [文件.txt]}")
    )
    save_config(config, tmp_path / "resolved.yaml")
    assert load_config(tmp_path / "resolved.yaml") == config
    save_config(config, tmp_path / "resolved.yaml")
    with pytest.raises(ConfigError, match=r"c\.yaml: would be replaced by the resolved configuration; rename it"):
        save_config(config, tmp_path / "c.yaml")


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_configuration_loads_and_begins_with_its_command(path: Path) -> None:
    load_config(path)
    schema, *first = path.read_text("utf-8").splitlines()[:3]
    assert schema == "# yaml-language-server: $schema=schema.json"
    assert any(f"zhen-mt {command} configs/{path.name}" in " ".join(first) for command in ("run", "train", "evaluate"))


@settings(suppress_health_check=[HealthCheck.too_slow])
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
