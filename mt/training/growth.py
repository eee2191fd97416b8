"""A deeper model that computes what a trained one does: new layers that change nothing yet.

Depth is grown as in progressive stacking (Gong et al. 2019, "Efficient Training of BERT by
Progressively Stacking"), made exact as in Net2Net (Chen et al. 2016): each new layer follows the one it
copies, and writes nothing into the residual stream, its output projections being zero. In a post-norm
layer the norm after an empty sublayer undoes nothing if its input is normalised: so the copied layer's
last norm loses its gain and bias, and the last new layer takes them over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import torch

from mt.errors import ConfigError

__all__ = ["grown_layers", "grown_moments", "grown_weights"]

_LAYER = re.compile(r"(?P<before>.*(?P<side>encoder|decoder)\.layers\.)(?P<number>\d+)(?P<after>\..*)")
# What writes into the residual stream.
_OUTPUTS = (".out_proj.weight", ".out_proj.bias", ".fc2.weight", ".fc2.bias")
_LAST_NORM = ".final_layer_norm."


def grown_layers(before: int, after: int) -> list[tuple[int, bool]]:
    """Return of each layer of the deeper stack which layer it comes from, and whether it is new.

    The new ones are spread evenly, each behind the layer it copies.

    Raises:
        ConfigError: the stack would not grow, or shrink.
    """
    if not 1 <= before <= after:
        raise ConfigError(f"{after} layers cannot be grown from {before}", mend=f"ask for {before} or more")
    origins = [place * before // after for place in range(after)]
    return [(origin, place > 0 and origins[place - 1] == origin) for place, origin in enumerate(origins)]


def grown_weights(
    weights: Mapping[str, torch.Tensor], layers: Mapping[str, Sequence[tuple[int, bool]]]
) -> dict[str, torch.Tensor]:
    """Return the weights of the deeper model, by name.

    Args:
        weights: a post-norm model's, by name (Marian's layout).
        layers: for ``encoder`` and ``decoder`` what :func:`grown_layers` returns.
    """
    grown = {}
    for name, origin, fresh, last in _places(weights, layers):
        tensor = weights[origin]
        if fresh and name.endswith(_OUTPUTS):
            tensor = torch.zeros_like(tensor)
        elif "layer_norm." in name and (not last if _LAST_NORM in name else fresh):
            # The norms inside a copied layer stay as they are, its last one is handed on to the last copy.
            tensor = torch.ones_like(tensor) if name.endswith("weight") else torch.zeros_like(tensor)
        grown[name] = tensor.clone()
    return grown


def grown_moments(
    moments: Mapping[str, torch.Tensor],
    names_before: Sequence[str],
    names_after: Sequence[str],
    layers: Mapping[str, Sequence[tuple[int, bool]]],
) -> dict[str, torch.Tensor]:
    """Return an optimiser's state for the deeper model: new layers have none, so theirs begins at zero.

    Args:
        moments: tensors by ``NUMBER.KEY``, the parameter's number and the name of the moment.
        names_before, names_after: the parameters' names in the optimiser's order, before and after.
        layers: as for :func:`grown_weights`.
    """
    number_after = {name: number for number, name in enumerate(names_after)}
    number_before = {name: number for number, name in enumerate(names_before)}
    moved = {}
    for name, origin, fresh, _ in _places(dict.fromkeys(names_before, torch.empty(0)), layers):
        if fresh:
            continue
        prefix = f"{number_before[origin]}."
        for key, tensor in moments.items():
            if key.startswith(prefix):
                moved[f"{number_after[name]}.{key.removeprefix(prefix)}"] = tensor
    return moved


def _places(
    weights: Mapping[str, torch.Tensor], layers: Mapping[str, Sequence[tuple[int, bool]]]
) -> list[tuple[str, str, bool, bool]]:
    """Return (name, name it comes from, new, last of those that come from one layer) of each weight."""
    places = []
    for name in weights:
        found = _LAYER.fullmatch(name)
        if found is None:
            places.append((name, name, False, True))
            continue
        own = layers[found["side"]]
        copies = [place for place, (origin, _) in enumerate(own) if origin == int(found["number"])]
        places += [
            (f"{found['before']}{place}{found['after']}", name, own[place][1], place == copies[-1]) for place in copies
        ]
    return places
