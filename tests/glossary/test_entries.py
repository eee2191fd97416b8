"""Terms and glossaries as objects."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from mt.errors import GlossaryError
from mt.glossary import Glossary, Term
from mt.glossary.term import make_term, merge_terms


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


def test_glossary_is_a_sequence_and_survives_pickling() -> None:
    glossary = Glossary.from_pairs([("成都", "Chengdu"), ("重庆", "Chongqing")])
    assert len(glossary) == 2
    assert glossary[1].source == "重庆"
    assert [match.term for match in glossary.match("重慶")] == [glossary[1]]
    again = pickle.loads(pickle.dumps(glossary))
    assert again.terms == glossary.terms
    assert len(again.match("成都重庆")) == 2


def test_importing_loads_nothing_heavy() -> None:
    code = (
        "import sys, mt.glossary, mt.glossary.matching.output_checker, mt.glossary.mentions;"
        "import mt.glossary.formats.registry, mt.glossary.matching.source_matcher;"
        "heavy = ('torch', 'transformers', 'opencc', 'ahocorasick_rs', 'daachorse', 'lxml', 'pypinyin');"
        "print([name for name in heavy if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
