"""Equal segments are decoded once, and each gets its translation."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from mt.config import DecodingConfig
from mt.inference.engines.base import Batch, Hypothesis
from mt.inference.engines.torch_engine import TorchEngine


def test_equal_segments_are_decoded_once(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = TorchEngine.load(tiny_model, DecodingConfig(num_beams=2, max_length_ratio=1.0, batch_tokens=30), "cpu")
    decode, sizes, told = engine._decode_batches, list[int](), list[int]()

    def counted(batches: Iterable[Batch]) -> Iterator[list[Hypothesis]]:
        for batch in batches:
            sizes.append(len(batch.ids))
            yield from decode([batch])

    monkeypatch.setattr(engine, "_decode_batches", counted)
    one, other = "成都的经验值得学习。", "双方一致同意。"
    # The last but one is chosen among its own beam.
    found = engine.decode([one, other, one, one, other, one], choices={4: lambda texts: 1}, progress=told.append)
    assert sum(sizes) == 3
    assert told[-1] == 6
    assert found[0] == found[2] == found[3] == found[5]
    assert found[1] != found[0]
    assert found[4] != found[1]
    assert found[0].text == engine.decode([one])[0].text
