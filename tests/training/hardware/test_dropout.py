"""Dropout masks that are drawn cheaply on a CPU are as torch's own: share, scale, gradient, reproducible."""

import pytest
import torch
from torch import nn

from mt.training.hardware.dropout import FastDropout


@pytest.mark.parametrize("share", [0.1, 0.5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_drops_its_share_and_scales_the_rest(share: float, dtype: torch.dtype) -> None:
    torch.manual_seed(3)
    values = torch.ones(37, 1001, dtype=dtype, requires_grad=True)
    with FastDropout():
        dropped = nn.functional.dropout(values, share)
        nn.functional.dropout(values, 0.0)
    dropped.float().sum().backward()
    zero = dropped == 0
    assert zero.float().mean().item() == pytest.approx(share, abs=0.01)
    assert torch.allclose(dropped[~zero].float(), torch.tensor(1 / (1 - share)), rtol=1e-2)
    assert torch.equal(values.grad, dropped)
    # Neither rows nor columns share a mask.
    assert zero.float().mean(0).std() > 0.02
    assert zero.float().mean(1).std() > 0.005


def test_follows_the_seed_and_is_off_outside_training() -> None:
    layer, values = nn.Dropout(0.3), torch.randn(5, 7)
    with FastDropout():
        torch.manual_seed(1)
        first, second = layer(values), layer(values)
        torch.manual_seed(1)
        assert torch.equal(layer(values), first)
        assert not torch.equal(first, second)
        assert torch.equal(layer.eval()(values), values)
    torch.manual_seed(1)
    assert not torch.equal(layer.train()(values), first)
