"""The length penalty: the model's own, where none is requested for, in both engines and in what is released."""

from pathlib import Path

import pytest
from transformers import GenerationConfig

from mt.config import DecodingConfig
from mt.errors import ConfigError
from mt.inference.engines.ctranslate2_engine import Ct2Engine
from mt.inference.engines.torch_engine import TorchEngine
from mt.inference.export import export_ct2
from mt.models.load import load_model
from mt.models.options import resolve_length_penalty
from mt.training.saving.publish import save_model

ROOT = Path(__file__).parent.parent.parent
STARTER = ROOT / "models/starter"
SENTENCES = ["重庆市政府外办率队赴成都，与川促会交流座谈。", "双方就加强合作、共同发展进行了深入交流。"]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter with a penalty that changes what it says, for both engines."""
    folder = tmp_path_factory.mktemp("penalty")
    model, tokenizer = load_model(str(STARTER))
    model.generation_config.length_penalty = 8.0
    save_model(model, tokenizer, folder / "model")
    return export_ct2(folder / "model", folder / "ct2", "float32")


@pytest.mark.parametrize("requested", [None, 8.0, 0.0])
def test_both_engines_follow_it(exported: Path, requested: float | None) -> None:
    decoding = DecodingConfig(length_penalty=requested)
    engines = TorchEngine.load(exported, decoding, "cpu"), Ct2Engine(exported, decoding)
    assert [engine.settings.decoding.length_penalty for engine in engines] == [
        8.0 if requested is None else requested
    ] * 2
    given, fast = ([hypothesis.text for hypothesis in engine.decode(SENTENCES)] for engine in engines)
    assert given == fast


def test_a_high_penalty_writes_more(exported: Path) -> None:
    own, none = (
        sum(
            len(found.text) for found in Ct2Engine(exported, DecodingConfig(length_penalty=requested)).decode(SENTENCES)
        )
        for requested in (None, 0.0)
    )
    assert own > none


def test_a_model_that_says_nothing_has_one() -> None:
    assert resolve_length_penalty(None, GenerationConfig()) == 1.0
    assert resolve_length_penalty(None, GenerationConfig(length_penalty=0.6)) == 0.6
    assert resolve_length_penalty(0.0, GenerationConfig(length_penalty=0.6)) == 0.0


def test_a_penalty_below_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"length_penalty"):
        DecodingConfig().replace(length_penalty=-0.5)
