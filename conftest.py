"""What all tests share: the repository's folder, ../shared, and quiet libraries."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from mt.inference.engines.torch_engine import TorchEngine
    from recipes.starter.config import StarterConfig

# Set before any test imports transformers or datasets: the suite needs no network and no bars.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# Tiny models gain nothing from threads, and two test workers would fight over two cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Models that the commands convert are kept here, not in the user's own cache: once for all tests and sessions.
os.environ.setdefault("ZHEN_MT_CACHE", str(Path(__file__).resolve().parent / ".pytest_cache" / "zhen-mt"))

# CI tries the same examples every time, so that a red run is always of the change's making; elsewhere new ones.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

ROOT = Path(__file__).resolve().parent
SHARED = ROOT.parent / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if SHARED.is_dir():
        return
    skip = pytest.mark.skip(reason=f"needs the development data in {SHARED}, which is absent")
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(skip)


@pytest.fixture(autouse=True)
def log_level() -> Iterator[None]:
    """Undo what a command run in this process did to the log: -q of one test would silence the next."""
    logger = logging.getLogger("mt")
    level = logger.level
    yield
    logger.setLevel(level)


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    return SHARED


@pytest.fixture(scope="session")
def starter_engine() -> TorchEngine:
    """The shipped model, loaded once: ``TorchEngine(engine.model, engine.tokenizer, …)`` decodes otherwise with it."""
    from mt.config import DecodingConfig
    from mt.inference.engines.torch_engine import TorchEngine

    return TorchEngine.load(ROOT / "models" / "starter", DecodingConfig(), "cpu")


@pytest.fixture(scope="session")
def starter_converted() -> None:
    """The shipped model's weights for CTranslate2 are in the cache, so commands do not say that they convert it."""
    from mt.inference.engines.cache import cached_weights

    cached_weights(ROOT / "models" / "starter")


# A real, tiny corpus: the seed document's segments and the seed glossary, through the real pipeline.
STARTER = """
run: {{dir: {folder}/run, seed: 3}}
model: {{vocab_size: 700, d_model: 32, encoder_layers: 2, decoder_layers: 1, attention_heads: 2, ffn_dim: 64}}
corpus:
  packed: {folder}/packed
  lexicon: {folder}/lexicon.tsv
  validation_zh: {folder}/valid.zh
  validation_en: {folder}/valid.en
  max_tokens: 400
  sources:
    - {{path: {folder}/pairs.tsv, weight: 2}}
    - {{path: {folder}/terms.tsv, weight: 1.5}}
training: {{batch_tokens: 600, max_steps: 6, warmup_ratio: 0.34, logging_steps: 1, precision: fp32,
  checkpoint_minutes: null}}
"""


@pytest.fixture(scope="session")
def seed_pairs(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    from mt.config import load_config
    from mt.data.dataset import prepare

    folder = tmp_path_factory.mktemp("seed")
    config = folder / "c.yaml"
    config.write_text(f"data: {{documents: [{ROOT}/seeds/raw], folds: paragraphs}}", "utf-8")
    rows = prepare(load_config(config), folder / "data")["train"]
    return [(row["translation"]["zh"], row["translation"]["en"]) for row in rows]


@pytest.fixture(scope="session")
def starter_config(tmp_path_factory: pytest.TempPathFactory, seed_pairs: list[tuple[str, str]]) -> StarterConfig:
    """A configuration whose vocabulary and corpus are packed, ready to train for six steps."""
    from mt.glossary.glossary import Glossary
    from recipes.starter.config import load_starter_config
    from recipes.starter.corpus.pack_corpus import pack_corpus

    folder = tmp_path_factory.mktemp("starter")
    terms = [(term.source, term.targets[0]) for term in Glossary.load(ROOT / "seeds" / "glossary.tsv")]
    (folder / "pairs.tsv").write_text("".join(f"{zh}\t{en}\n" for zh, en in seed_pairs), "utf-8")
    (folder / "terms.tsv").write_text("".join(f"{zh}\t{en}\n" for zh, en in terms), "utf-8")
    (folder / "lexicon.tsv").write_text("".join(f"{zh}\t{en}\n" for zh, en in terms), "utf-8")
    (folder / "valid.zh").write_text("".join(zh + "\n" for zh, _ in seed_pairs[:2]), "utf-8")
    (folder / "valid.en").write_text("".join(en + "\n" for _, en in seed_pairs[:2]), "utf-8")
    (folder / "c.yaml").write_text(STARTER.format(folder=folder), "utf-8")
    config = load_starter_config(folder / "c.yaml")
    pack_corpus(config)
    return config


@pytest.fixture(scope="session")
def tiny_model(starter_config: StarterConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder in the starter's form with random weights, tokenizer and tags included."""
    from transformers import AutoTokenizer

    from recipes.starter.training.marian import new_marian, save_in_bf16

    tokenizer = AutoTokenizer.from_pretrained(Path(starter_config.corpus.packed) / "tokenizer")
    folder = tmp_path_factory.mktemp("model") / "tiny"
    save_in_bf16(new_marian(starter_config.model, tokenizer, seed=5), tokenizer, folder)
    return folder


FINE_TUNING = """
run: {{seed: 3}}
data: {{documents: ["{folder}/d*.txt"], validation_share: 0.2, test_share: 0.0}}
model: {{base: {base}}}
terms: {{glossary: {root}/seeds/glossary.tsv}}
training: {{batch_tokens: 400, max_steps: 6, warmup_ratio: 0.34, logging_steps: 1, precision: fp32,
  checkpoint_minutes: null, validation_segments: 0, learning_rate: 3e-4, keep_checkpoints: true}}
adaptation: {{general: []}}
"""


@pytest.fixture(scope="session")
def fine_tuning(tiny_model: Path, seed_pairs: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration file that fine-tunes ``tiny_model``, beside ``data``, its documents prepared."""
    from mt.config import load_config
    from mt.data.dataset import prepare

    folder = tmp_path_factory.mktemp("fine-tuning")
    for number in range(10):
        zh, en = seed_pairs[number % len(seed_pairs)]
        (folder / f"d{number}.txt").write_text(f"第{number}号文件。{zh}\n\nDocument {number}. {en}\n", "utf-8")
    path = folder / "c.yaml"
    path.write_text(FINE_TUNING.format(folder=folder, base=tiny_model, root=ROOT), "utf-8")
    prepare(load_config(path), folder / "data")
    return path
