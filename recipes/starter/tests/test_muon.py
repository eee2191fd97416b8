from __future__ import annotations

import copy

import torch
from torch import nn

from recipes.starter.training.muon import GroupedMuon

SETTINGS = {"lr": 0.02, "weight_decay": 0.1, "adjust_lr_fn": "match_rms_adamw"}


def _matrices() -> list[nn.Parameter]:
    torch.manual_seed(1)
    return [nn.Parameter(torch.randn(shape)) for shape in [(16, 16), (16, 64), (64, 16), (16, 16), (64, 16)]]


def test_grouped_steps_are_those_of_torch_and_the_state_can_be_exchanged() -> None:
    ours, theirs = _matrices(), _matrices()
    grouped = GroupedMuon(ours, **SETTINGS)
    plain = torch.optim.Muon(theirs, **SETTINGS)
    # As the recipe makes the one of the other.
    assert GroupedMuon(plain.param_groups, **plain.defaults).defaults == grouped.defaults
    for step in range(6):
        torch.manual_seed(100 + step)
        for mine, other in zip(ours, theirs, strict=True):
            mine.grad = torch.randn(mine.shape)
            other.grad = mine.grad.clone()
        before = [mine.detach().clone() for mine in ours]
        grouped.step()
        plain.step()
        for mine, other, old in zip(ours, theirs, before, strict=True):
            assert (mine - other).norm() <= 0.02 * (other - old).norm()
            with torch.no_grad():
                mine.copy_(other)
        if step == 2:
            states = copy.deepcopy(grouped.state_dict()), copy.deepcopy(plain.state_dict())
            grouped.load_state_dict(states[1])
            plain.load_state_dict(states[0])


def test_a_matrix_without_a_gradient_stays() -> None:
    ours = _matrices()
    ours[0].grad = torch.ones_like(ours[0])
    before = [mine.detach().clone() for mine in ours]
    GroupedMuon(ours, **SETTINGS).step()
    assert not torch.equal(ours[0], before[0])
    assert all(torch.equal(mine, old) for mine, old in zip(ours[1:], before[1:], strict=True))
