"""Renderings in the glossary's own marks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt.glossary import Term
from mt.glossary.matching.forms import with_glossary_typography
from mt.glossary.matching.output_checker import check_terms
from mt.glossary.matching.source_matcher import TermMatch


@pytest.mark.parametrize(
    ("targets", "rendering", "expected"),
    [
        (("Hong Kong’s monetary system",), "Hong Kong's monetary system", "Hong Kong’s monetary system"),
        (("Hong Kong’s monetary system",), "Hong Kong's Monetary Systems", "Hong Kong’s Monetary Systems"),
        (("Asia–Pacific bank",), "Asia-Pacific bank", "Asia–Pacific bank"),
        (("People's Bank", "People’s Bank"), "People’s bank", "People’s bank"),
        (("People's Bank", "People’s Bank"), "People‘s bank", "People's bank"),
        (("SVF",), "SVF", "SVF"),
    ],
)
def test_marks_are_the_glossarys_and_letters_the_texts(targets: tuple[str, ...], rendering: str, expected: str) -> None:
    assert with_glossary_typography(rendering, Term("x", targets)) == expected


_TEXT = st.text("aB'’-–· “\"", min_size=1, max_size=8).map(str.strip).filter(str.strip)


@settings(deadline=None)
@given(_TEXT, st.lists(_TEXT, min_size=1, max_size=3), st.booleans())
def test_length_and_verdict_stay(rendering: str, targets: list[str], exact: bool) -> None:
    term = Term("x", tuple(targets), case="exact" if exact else "any")
    before = check_terms(rendering, [TermMatch(0, 1, term)])[0]
    if before.met:
        written = rendering[before.start : before.end]
        own = with_glossary_typography(written, term)
        assert len(own) == len(written)
        assert own.replace("’", "'").replace("–", "-").replace("“", '"') == (
            written.replace("’", "'").replace("–", "-").replace("“", '"')
        )
        after = check_terms(own, [TermMatch(0, 1, term)])[0]
        assert after.met
        assert with_glossary_typography(own, term) == own
