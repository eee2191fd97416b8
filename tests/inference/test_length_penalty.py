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
SENTENCE = "双方就加强合作、共同发展进行了深入交流。"


@pytest.fixture(scope="module")
def torch_engine(tmp_path_factory: pytest.TempPathFactory) -> TorchEngine:
    """The starter with a penalty that changes what it says."""
    folder = tmp_path_factory.mktemp("penalty")
    model, tokenizer = load_model(str(STARTER))
    model.generation_config.length_penalty = 8.0
    save_model(model, tokenizer, folder / "model")
    return TorchEngine.load(export_ct2(folder / "model", folder / "ct2", "float32"), DecodingConfig(), "cpu")


def test_both_engines_follow_it_and_a_high_one_writes_more(torch_engine: TorchEngine) -> None:
    exported, texts = Path(torch_engine.model.name_or_path), []
    for requested, expected in ((None, 8.0), (0.0, 0.0)):
        decoding = DecodingConfig(length_penalty=requested)
        engines = (
            TorchEngine(torch_engine.model, torch_engine.tokenizer, decoding),
            Ct2Engine(exported, exported / "ct2", decoding),
        )
        assert [engine.settings.decoding.length_penalty for engine in engines] == [expected] * 2
        given, fast = (engine.decode([SENTENCE])[0].text for engine in engines)
        assert given == fast
        texts.append(given)
    assert len(texts[0]) > len(texts[1])


def test_a_model_that_says_nothing_has_one() -> None:
    assert resolve_length_penalty(None, GenerationConfig()) == 1.0
    assert resolve_length_penalty(None, GenerationConfig(length_penalty=0.6)) == 0.6
    assert resolve_length_penalty(0.0, GenerationConfig(length_penalty=0.6)) == 0.0


def test_a_penalty_below_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"length_penalty"):
        DecodingConfig().replace(length_penalty=-0.5)
