"""One entry of a term base."""

from __future__ import annotations

import pytest

from mt.errors import GlossaryError
from mt.glossary.term import Term, make_term, merge_terms


def test_full_name_and_acronym_are_allowed_targets() -> None:
    term = make_term("川促会", [" SUCPEB ", "SUCPEB"], acronym="SUCPEB", full="Sichuan Union Council")
    assert term.targets == ("SUCPEB", "Sichuan Union Council")


def test_kept_term_is_its_own_target() -> None:
    assert make_term("iPhone", ["ignored"], keep=True).targets == ("iPhone",)


@pytest.mark.parametrize(("source", "targets"), [("", ("x",)), ("川", ()), ("川", ("",)), ("川", ("a", ""))])
def test_empty_sides_are_refused(source: str, targets: tuple[str, ...]) -> None:
    with pytest.raises(GlossaryError, match=r"line 7.*empty"):
        Term(source, targets, line=7)


def test_merging_keeps_every_target_and_the_first_statement_of_an_option() -> None:
    one = Term("银行", ("bank",), case="exact", line=1)
    other = Term("银行", ("Bank", "bank"), domain="finance", inflect=False, line=2)
    merged = merge_terms([one, other])
    assert merged.targets == ("bank", "Bank")
    assert (merged.case, merged.domain, merged.inflect, merged.line) == ("any", "finance", True, 1)
