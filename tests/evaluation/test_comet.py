"""COMET with random weights against the published architecture written out in another way: loops and float64."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from click.testing import CliRunner
from safetensors.torch import load_file, save_file
from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaModel

from mt.cli import main
from mt.errors import ModelError
from mt.evaluation.comet import CometModel, _sparsemax

SOURCES = ["鲁进 到 成都", "他 走 了"]
HYPOTHESES = ["Lu Jin came to Chengdu today", "he went"]
REFERENCES = ["Lu Jin arrived in Chengdu", "he left us"]


def make_folder(folder: Path, **changes: Any) -> Path:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing

    folder.mkdir()
    words = [
        "<s>",
        "<pad>",
        "</s>",
        "<unk>",
        *sorted({w for t in SOURCES + HYPOTHESES + REFERENCES for w in t.split()}),
    ]
    tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    ).save_pretrained(folder)
    config = XLMRobertaConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
        max_position_embeddings=40, pad_token_id=1,
    )  # fmt: skip
    config.save_pretrained(folder)
    torch.manual_seed(7)
    encoder = XLMRobertaModel(config, add_pooling_layer=False)
    weights = {f"encoder.model.{name}": tensor * 3 for name, tensor in encoder.state_dict().items()}
    weights |= {f"layerwise_attention.scalar_parameters.{n}": torch.randn(1) for n in range(3)}
    weights["layerwise_attention.gamma"] = torch.tensor([1.7])
    weights["layerwise_attention.dropout_mask"] = torch.zeros(3)
    for place, (wide, narrow) in {0: (12, 96), 3: (5, 12), 6: (1, 5)}.items():
        weights[f"estimator.ff.{place}.weight"] = torch.randn(wide, narrow) * 0.3
        weights[f"estimator.ff.{place}.bias"] = torch.randn(wide) * 0.1
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, folder / "model.safetensors")
    hparams = {
        "class_identifier": "regression_metric", "encoder_model": "XLM-RoBERTa", "pool": "avg", "layer": "mix",
        "layer_transformation": "sparsemax", "layer_norm": True, "hidden_sizes": [12, 5], "activations": "Tanh",
    } | changes  # fmt: skip
    (folder / "hparams.yaml").write_text(yaml.safe_dump(hparams))
    return folder


def test_a_published_checkpoint_is_converted_as_the_docs_say(tmp_path: Path, root: Path) -> None:
    """The documented lines, on a checkpoint with the layout of Lightning's, give the scores of its weights."""
    model = CometModel.load(make_folder(tmp_path / "expected"))
    state = dict(load_file(tmp_path / "expected/model.safetensors"))
    state["encoder.model.embeddings.position_ids"] = torch.arange(40)[None]
    state["layerwise_attention.dropout_fill"] = torch.full((3,), -1e20)
    hparams = yaml.safe_load((tmp_path / "expected/hparams.yaml").read_text())
    (tmp_path / "checkpoints").mkdir()
    torch.save(
        {
            "epoch": 2, "global_step": 7, "pytorch-lightning_version": "1.8.2", "state_dict": OrderedDict(state),
            "loops": {"fit_loop": {"state_dict": {}}}, "hparams_name": "kwargs", "hyper_parameters": hparams,
        },
        tmp_path / "checkpoints/model.ckpt",
    )  # fmt: skip
    # What the lines would fetch by name.
    encoder = tmp_path / "xlm-roberta-large"
    encoder.mkdir()
    for path in (tmp_path / "expected").iterdir():
        if path.name not in ("model.safetensors", "hparams.yaml"):
            shutil.copy(path, encoder)
    (code,) = re.findall(r"```python\n(.*?)```", (root / "docs/guides/evaluate.md").read_text("utf-8"), re.S)
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    shutil.copy(tmp_path / "expected/hparams.yaml", tmp_path / "comet-22")
    assert not list((tmp_path / "comet-22").glob("*.ckpt"))
    converted = CometModel.load(tmp_path / "comet-22").score(SOURCES, HYPOTHESES, REFERENCES)
    assert converted == model.score(SOURCES, HYPOTHESES, REFERENCES)


def by_hand(model: CometModel, source: str, hypothesis: str, reference: str, mixing: list[float], norm: bool) -> float:
    """Each segment alone, so without padding, and in double precision."""
    vectors = []
    for text in (source, hypothesis, reference):
        ids = torch.tensor([model.tokenizer(text)["input_ids"]])
        layers = model.encoder.model(input_ids=ids, output_hidden_states=True).hidden_states
        total = torch.zeros_like(layers[0][0], dtype=torch.float64)
        for weight, layer in zip(mixing, layers, strict=True):
            part = layer[0].double()
            if norm:
                part = (part - part.mean()) / torch.sqrt(part.var(unbiased=False) + 1e-12)
            total += weight * part
        vectors.append((total * float(model.layerwise_attention.gamma)).mean(0))
    s, m, r = vectors
    x = torch.cat([m, r, m * r, abs(m - r), m * s, abs(m - s)])
    state = model.estimator.ff.state_dict()
    for place in ("0", "3", "6"):
        x = state[f"{place}.weight"].double() @ x + state[f"{place}.bias"].double()
        if place != "6":
            x = torch.tanh(x)
    return float(x)


@pytest.mark.parametrize(("transformation", "norm"), [("sparsemax", True), ("softmax", True), ("softmax", False)])
def test_scores_are_those_of_the_architecture(tmp_path: Path, transformation: str, norm: bool) -> None:
    model = CometModel.load(make_folder(tmp_path / "comet", layer_transformation=transformation, layer_norm=norm))
    raw = torch.cat(list(model.layerwise_attention.scalar_parameters)).double()
    if transformation == "softmax":
        mixing = raw.softmax(0).tolist()
    else:
        # The projection onto the simplex by bisection of its threshold.
        low, high = raw.min() - 1, raw.max()
        for _ in range(100):
            middle = (low + high) / 2
            low, high = (middle, high) if (raw - middle).clamp(min=0).sum() > 1 else (low, middle)
        mixing = (raw - low).clamp(min=0).tolist()
    with torch.no_grad():
        expected = [by_hand(model, *texts, mixing, norm) for texts in zip(SOURCES, HYPOTHESES, REFERENCES, strict=True)]
    assert model.score(SOURCES, HYPOTHESES, REFERENCES) == pytest.approx(expected, abs=1e-4)
    assert abs(expected[0] - expected[1]) > 1e-3


def test_sparsemax_by_hand() -> None:
    assert _sparsemax(torch.tensor([0.5, 0.1, -2.0])).tolist() == pytest.approx([0.7, 0.3, 0.0])


def test_a_folder_that_cannot_serve_is_refused_and_a_pickle_never_opened(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        CometModel.load(tmp_path / "nowhere")
    folder = make_folder(tmp_path / "comet")
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").unlink()
    (folder / "model.ckpt").write_bytes(b"cos\nsystem\n(S'touch pwned'\ntR.")
    with pytest.raises(ModelError, match=r"has no model\.safetensors.*docs/guides/evaluate\.md"):
        CometModel.load(folder)
    (folder / "model.safetensors").write_bytes(weights[:100])
    with pytest.raises(ModelError, match="is no COMET model"):
        CometModel.load(folder)
    (folder / "model.safetensors").write_bytes(weights)
    for key, value in {
        "class_identifier": "unified_metric",
        "activations": "Swish",
        "hidden_sizes": [4],
        "pool": ["x"],
    }.items():
        hparams = yaml.safe_load((folder / "hparams.yaml").read_text())
        (folder / "hparams.yaml").write_text(yaml.safe_dump({**hparams, key: value}))
        with pytest.raises(ModelError):
            CometModel.load(folder)
        (folder / "hparams.yaml").write_text(yaml.safe_dump(hparams))


def test_the_command_scores_with_it(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "comet")
    for name, lines in {"s": SOURCES, "r": REFERENCES, "h": HYPOTHESES}.items():
        (tmp_path / name).write_text("".join(line + "\n" for line in lines))
    arguments = ["-q", "evaluate", "-s", f"{tmp_path}/s", "-r", f"{tmp_path}/r", "--system", f"a={tmp_path}/h"]
    result = CliRunner().invoke(main, [*arguments, "--comet", str(folder), "-o", f"{tmp_path}/out"])
    assert result.exit_code == 0, result.output
    scores = json.loads((tmp_path / "out/scores.json").read_text("utf-8"))
    expected = CometModel.load(folder).score(SOURCES, HYPOTHESES, REFERENCES)
    assert scores["systems"]["a"]["scores"]["comet"] == pytest.approx(100 * sum(expected) / 2)
    assert scores["signatures"]["comet"].startswith("nrefs:1|model:comet|sha256:")
    refused = CliRunner().invoke(main, [*arguments, "--comet", f"{tmp_path}/none"])
    assert refused.exit_code == 2
    assert "no such folder; give --comet a local COMET folder" in refused.stderr
