"""The length tag of requests is fitted to validation documents: recorded, or kept if one is given."""

from __future__ import annotations

import json
import math
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.config import Config, DecodingConfig, TrainingConfig, load_config
from mt.data.dataset import prepare
from mt.models.load import load_model, longest_input, source_prefix
from mt.models.tags import LENGTH_TAGS
from mt.training.data.fine_tuning_data import FineTuningData
from mt.training.data.packed_pairs import PairEncoder
from mt.training.hardware.processes import Processes
from mt.training.request_length import fit_request_length, nearest_length
from mt.training.run import train_run

ROOT = Path(__file__).parents[2]
STARTER = ROOT / "models" / "starter"
BEGIN = LENGTH_TAGS[-1]


@given(
    st.lists(st.floats(0.05, 0.4), min_size=len(LENGTH_TAGS), max_size=len(LENGTH_TAGS)),
    st.floats(0.2, 1.5),
    st.integers(0, len(LENGTH_TAGS) - 1),
)
def test_of_lengths_that_grow_with_the_tag_the_nearest_is_found(steps: list[float], least: float, begin: int) -> None:
    ratios = [least + sum(steps[: number + 1]) for number in range(len(LENGTH_TAGS))]
    best = min(abs(math.log(ratio)) for ratio in ratios)
    assert abs(math.log(ratios[nearest_length(ratios.__getitem__, begin)])) == best


@given(
    st.lists(st.floats(0, 3), min_size=len(LENGTH_TAGS), max_size=len(LENGTH_TAGS)),
    st.integers(0, len(LENGTH_TAGS) - 1),
)
def test_it_ends_and_is_never_worse_than_where_it_began(ratios: list[float], begin: int) -> None:
    def distance(number: int) -> float:
        return abs(math.log(ratios[number])) if ratios[number] else math.inf

    assert distance(nearest_length(ratios.__getitem__, begin)) <= distance(begin)


def halved(text: str) -> str:
    words = text.split()
    return " ".join(words[: math.ceil(len(words) / 2)])


def fitted(pairs: list[tuple[str, str]], prefix: str = BEGIN) -> tuple[str, dict[str, float]]:
    model, tokenizer = load_model(str(STARTER), prefix=prefix)
    config = Config(training=TrainingConfig(validation_segments=4), decoding=DecodingConfig(batch_tokens=2000))
    data = FineTuningData(config, PairEncoder(tokenizer, longest_input(model, tokenizer), prefix))
    sets = data.validation([{"translation": {"zh": zh, "en": en}} for zh, en in pairs])
    metrics = fit_request_length(model, sets, Processes())
    return source_prefix(model.config), metrics


def test_terse_documents_get_a_lower_tag_and_full_ones_none_lower(seed_pairs: list[tuple[str, str]]) -> None:
    pairs = [pair for pair in seed_pairs if len(pair[0]) < 120][:4]
    full, none = fitted(pairs)
    terse, metrics = fitted([(zh, halved(en)) for zh, en in pairs])
    assert LENGTH_TAGS.index(terse) < LENGTH_TAGS.index(full)
    # The metrics are those with the tag that requests will have.
    assert set(metrics) == {"validation_chrf", "validation_chrf++"}
    assert none == {} or full != BEGIN


def test_without_a_length_tag_nothing_is_fitted(seed_pairs: list[tuple[str, str]]) -> None:
    assert fitted(seed_pairs[:1], "") == ("", {})


@pytest.mark.parametrize("said", ["auto", BEGIN])
def test_a_trained_folder_has_the_fitted_tag_unless_one_is_given(
    said: str, seed_pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    pairs = [pair for pair in seed_pairs if len(pair[0]) < 120]
    rows = [f"{number % 2}\t{zh}\t{halved(en)}\n" for number, (zh, en) in enumerate(pairs)]
    (tmp_path / "documents.tsv").write_text("".join(rows), "utf-8")
    (tmp_path / "c.yaml").write_text(
        f"""
run: {{dir: {tmp_path}/run, seed: 1}}
data: {{documents: [{tmp_path}/documents.tsv], folds: none, validation_share: 0.5, test_share: 0, max_drop_share: 0.9}}
model: {{base: {STARTER}, source_prefix: {said}}}
training:
  {{batch_tokens: 600, max_steps: 1, warmup_steps: 0, learning_rate: 1e-7, eval_steps: 1, validation_segments: 4}}
""",
        "utf-8",
    )
    config = load_config(tmp_path / "c.yaml")
    prepare(config, tmp_path / "run" / "data")
    model = train_run(config, watch=lambda _name: nullcontext(lambda _event: None))
    saved = json.loads((model / "config.json").read_text("utf-8"))["task_specific_params"]["zhen_mt"]
    chosen = saved["prefix"]
    assert (chosen == BEGIN) if said == BEGIN else LENGTH_TAGS.index(chosen) < LENGTH_TAGS.index(BEGIN)
    assert f"`{chosen}`" in (model / "README.md").read_text("utf-8")
