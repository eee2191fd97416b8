from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from mt.config import TrainingConfig
from mt.models.load import load_model
from mt.training.hardware.device import compile_layers, compiles, fast_on_cpu
from mt.training.optim.loss import summed_loss


def test_only_the_layers_of_a_gpu_are_compiled() -> None:
    wanted = TrainingConfig(torch_compile=True)
    assert compiles(wanted, torch.device("cuda"))
    assert not compiles(wanted, torch.device("cpu"))
    assert not compiles(TrainingConfig(), torch.device("cuda"))


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile on a CPU needs g++")
def test_compiled_layers_compute_the_same_and_keep_their_names(tiny_model: Path) -> None:
    (plain, tokenizer), (compiled, _) = load_model(str(tiny_model)), load_model(str(tiny_model))
    assert compile_layers(compiled) == plain.config.encoder_layers + plain.config.decoder_layers
    assert list(plain.state_dict()) == list(compiled.state_dict())
    for texts in (["川促会", "成都的经验", "座谈"], ["川促会秘书长参加座谈", "二级巡视员"]):
        inputs = tokenizer(texts, text_target=texts, padding=True, return_tensors="pt")
        labels = inputs["labels"].masked_fill(inputs["labels"] == tokenizer.pad_token_id, -100)
        batch = {"input_ids": inputs["input_ids"], "attention_mask": inputs["attention_mask"], "labels": labels}
        losses = [summed_loss(model.eval(), batch, 0.1) for model in (plain, compiled)]
        assert losses[1].item() == pytest.approx(losses[0].item(), rel=1e-4)


def test_attention_is_matrix_products_on_a_cpu_alone_and_only_while_training(tiny_model: Path) -> None:
    model, _ = load_model(tiny_model)
    before = model.config._attn_implementation
    assert before != "eager"
    for device, expected in (("cuda", before), ("cpu", "eager")):
        with fast_on_cpu(model, torch.device(device)):
            assert model.config._attn_implementation == expected
        assert model.config._attn_implementation == before
