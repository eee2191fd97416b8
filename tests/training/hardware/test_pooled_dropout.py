"""Dropout from a pool of masks does what torch's own does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from mt.training.hardware.pooled_dropout import MaskPool, PooledDropout


@given(
    st.integers(1, 4000),
    st.sampled_from([0.1, 0.5, 0.9]),
    st.sampled_from([torch.float32, torch.bfloat16]),
    st.integers(),
)
def test_an_element_is_zero_or_scaled_up_whatever_the_size(
    elements: int, share: float, dtype: torch.dtype, seed: int
) -> None:
    torch.manual_seed(seed % 2**32)
    values = torch.ones(elements, dtype=dtype)
    left = MaskPool(size=1024).dropped(values, share)
    assert left.dtype == dtype
    scaled = torch.ones((), dtype=dtype).mul(1 / (1 - share))
    assert ((left == 0) | (left == scaled)).all()


@pytest.mark.parametrize("share", [0.1, 0.35])
def test_the_share_and_the_mean_are_kept(share: float) -> None:
    torch.manual_seed(1)
    left = MaskPool().dropped(torch.ones(2000, 3000), share)
    assert (left == 0).float().mean() == pytest.approx(share, abs=0.001)
    assert left.mean() == pytest.approx(1, abs=0.002)


def test_gradients_pass_where_values_do() -> None:
    torch.manual_seed(1)
    values = torch.ones(50, 20, requires_grad=True)
    left = MaskPool().dropped(values, 0.3)
    left.sum().backward()
    assert torch.equal(values.grad, left.detach())


def test_calls_differ_steps_differ_and_the_seed_decides() -> None:
    def drawn() -> list[torch.Tensor]:
        torch.manual_seed(3)
        pool = MaskPool()
        ones = torch.ones(1000)
        made = [pool.dropped(ones, 0.5), pool.dropped(ones, 0.5)]
        pool.renew()
        return [*made, pool.dropped(ones, 0.5)]

    first, second = drawn(), drawn()
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))
    for number, one in enumerate(first):
        for other in first[number + 1 :]:
            # Independent masks agree at half of the places.
            assert (one == other).float().mean() == pytest.approx(0.5, abs=0.08)


def test_torchs_own_is_used_again_afterwards_and_in_other_threads() -> None:
    own = nn.functional.dropout
    layer = nn.Dropout(0.5)
    values = torch.ones(100)
    torch.manual_seed(5)
    expected = layer(values)
    with PooledDropout() as dropout:
        torch.manual_seed(5)
        within = layer(values)
        assert not torch.equal(within, expected)
        dropout.pool.renew()
        torch.manual_seed(5)
        assert torch.equal(dropout.pool.dropped(values, 0.5), within)
        torch.manual_seed(5)
        with ThreadPoolExecutor(1) as thread:
            assert torch.equal(thread.submit(layer, values).result(), expected)
        assert torch.equal(layer.eval()(values), values)
        assert torch.equal(nn.functional.dropout(values, 0.0, True), values)
        assert not nn.functional.dropout(values, 1.0, True).any()
        with pytest.raises(ValueError, match="probability"):
            nn.functional.dropout(values, 1.5, True)
    assert nn.functional.dropout is own
    torch.manual_seed(5)
    assert torch.equal(layer.train()(values), expected)
