from __future__ import annotations

import re
import unicodedata

from mt.text.han import HAN, has_han, is_han


def test_every_ideograph_and_nothing_else_is_han() -> None:
    for code in range(0x110000):
        character = chr(code)
        name = unicodedata.name(character, "")
        if name.startswith("CJK UNIFIED IDEOGRAPH") or name.startswith("CJK COMPATIBILITY IDEOGRAPH"):
            assert is_han(character), name
        elif name:
            assert is_han(character) == (character == "〇"), name


def test_the_class_and_the_two_functions_agree() -> None:
    for text, expected in (
        ("", False),
        ("成", True),
        ("成都", False),
        ("a", False),
        ("𠮷", True),
        ("々、ーか㈠⼀", False),
    ):
        assert is_han(text) == expected
        assert has_han(text) == bool(re.search(f"[{HAN}]", text))
    assert has_han("Zhang 张")
