"""Labels read off translations, and a model learnt from them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from mt.text.person_names import BUCKETS, features
from recipes.starter.names.labels import NameLabel, name_labels, spells
from recipes.starter.names.model import learn_names, save_names


def labelled(zh: str, en: str) -> dict[str, str]:
    kinds = {}
    for label in name_labels([(zh, en)], kept=1.0, seed=1):
        assert label.text == zh
        kind = "name" if label.is_name else "across" if label.overlaps else "doubtful" if label.doubtful else "other"
        kinds[zh[label.start : label.end]] = kind
    return kinds


@pytest.mark.parametrize(
    ("zh", "en", "expected"),
    [
        ("总理李克强说", "Premier Li Keqiang said", {"李克强": "name", "李克": "across", "强说": "across"}),
        (
            "吕西安来了",
            "Lyu Xi'an has come",
            {"吕西安": "name", "吕西": "across", "安来": "across", "安来了": "across"},
        ),
        ("他很高兴", "he is glad", {"高兴": "other"}),
        # Li alone may be 李克强.
        ("李克的书", "Mr. Li's book", {}),
        ("马克龙说", "said Emmanuel Macron", {"马克": "doubtful", "马克龙": "doubtful", "龙说": "doubtful"}),
        ("", "", {}),
    ],
)
def test_labels(zh: str, en: str, expected: dict[str, str]) -> None:
    assert labelled(zh, en) == expected


def test_what_is_learnt_tells_names_and_is_read_as_it_was_written(tmp_path: Path) -> None:
    given = ["伟明", "芳", "建国", "丽华", "志强", "敏", "海燕", "永康"]
    labels = [NameLabel(f"记者王{name}说", 2, 3 + len(name), True) for name in given for _ in range(20)]
    labels += [
        NameLabel(f"国王{name}的", 1, 2 + len(name), False) for name in ("位", "国里", "权下", "宫") for _ in range(20)
    ]
    model, left_out = learn_names(labels, kept=1.0, seed=1)
    assert left_out == 0
    assert model.surnames == "王"

    def score(text: str, start: int, end: int) -> float:
        return float(model.weights[features(text, start, end)].sum() + model.bias)

    assert score("记者王晓东说", 2, 5) > 0 > score("国王朝的", 1, 3)
    assert torch.equal(learn_names(labels, kept=1.0, seed=1)[0].weights, model.weights)
    save_names(model, tmp_path / "names.safetensors")
    with safe_open(tmp_path / "names.safetensors", framework="pt") as file:
        assert file.metadata() == {"surnames": "王"}
        assert file.get_tensor("weights").shape == (BUCKETS,)
        assert torch.allclose(file.get_tensor("weights").float(), model.weights, atol=1e-2)


def test_doubtful_spans_that_look_like_names_are_left_out() -> None:
    """The translation spells it otherwise: Lee."""
    texts = [f"第{number}位记者王{name}说" for number in range(40) for name in ("伟明", "建国", "志强")]
    labels = [NameLabel(text, text.index("王"), len(text) - 1, True) for text in texts]
    labels += [
        NameLabel(f"国王{name}的", 1, 4, False, doubtful=True) for name in ("国里", "权下", "宫中") for _ in range(40)
    ]
    wrong = [NameLabel(f"有位记者王{name}说", 4, 7, False, doubtful=True) for name in ("伟明", "建国")]
    _, left_out = learn_names([*labels, *wrong], kept=1.0, seed=1)
    assert left_out == len(wrong)


def test_names_spell_characters() -> None:
    assert spells(("lu", "jin"), "鲁进")
    assert spells(("lu", "zhou"), "吕洲")  # 吕 is lü, written lu in many a name
    assert not spells(("lu", "jin"), "鲁")
    assert not spells(("si", "chuan"), "重庆")
