from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from mt.errors import ConfigError
from mt.training.optim.loss import decoder_inputs, summed_loss
from recipes.starter.config import StarterConfig, load_starter_config
from recipes.starter.training.marian import new_marian
from recipes.starter.training.target_noise import TargetNoise

START = 9


@given(
    st.lists(st.lists(st.integers(10, 99), min_size=1, max_size=8), min_size=1, max_size=6),
    st.floats(0, 1),
    st.integers(0, 1000),
)
def test_the_decoder_reads_the_word_itself_the_start_token_or_a_word_of_the_batch(
    rows: list[list[int]], share: float, seed: int
) -> None:
    width = max(map(len, rows))
    read = torch.tensor([[START, *row, *[START] * (width - len(row))] for row in rows])
    before = read.clone()
    torch.manual_seed(seed)
    changed = TargetNoise(share)(read)
    assert torch.equal(read, before)
    assert torch.equal(changed[:, 0], read[:, 0])
    allowed = {START, *(word for row in rows for word in row)}
    assert all(int(new) in allowed for new, old in zip(changed.flatten(), read.flatten(), strict=True) if new != old)
    torch.manual_seed(seed)
    assert torch.equal(TargetNoise(share)(read), changed)


def test_the_share_is_kept_half_blank_half_exchanged() -> None:
    labels = torch.arange(10, 20_010).reshape(100, 200)
    read = torch.cat([torch.full((100, 1), START), labels[:, :-1]], dim=1)
    torch.manual_seed(1)
    changed = TargetNoise(0.3)(read)
    inner = changed[:, 1:]
    assert (inner == START).float().mean() == pytest.approx(0.15, abs=0.01)
    assert ((inner != START) & (inner != read[:, 1:])).float().mean() == pytest.approx(0.15, abs=0.01)
    assert torch.equal(TargetNoise(0.0)(read), read)


def test_the_loss_has_noise_only_in_training_and_predicts_the_words_themselves(starter_config: StarterConfig) -> None:
    tokenizer = AutoTokenizer.from_pretrained(Path(starter_config.corpus.packed) / "tokenizer")
    model = new_marian(starter_config.model.replace(dropout=0.0), tokenizer, seed=1)
    inputs = tokenizer(["川促会", "成都的经验"], text_target=["SUCPEB", "Chengdu"], padding=True, return_tensors="pt")
    inputs["labels"] = inputs["labels"].masked_fill(inputs["labels"] == tokenizer.pad_token_id, -100)
    labels = inputs["labels"]
    torch.manual_seed(3)
    read = TargetNoise(0.5)(decoder_inputs(model.config, labels))
    logits = model(
        input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], decoder_input_ids=read
    ).logits
    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum")
    TargetNoise(0.5).add_to(model)
    torch.manual_seed(3)
    assert summed_loss(model, inputs, 0.0).item() == pytest.approx(expected.item(), rel=1e-5)
    assert summed_loss(model.eval(), inputs, 0.0).item() != pytest.approx(expected.item(), rel=1e-3)


def test_a_share_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("training: {target_noise: 0.9}\n", "utf-8")
    with pytest.raises(ConfigError, match=r"training\.target_noise"):
        load_starter_config(path)
