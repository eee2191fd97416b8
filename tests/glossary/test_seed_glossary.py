"""The seed document's term base against the seed document's human translation."""

from __future__ import annotations

from pathlib import Path

import pytest

from mt.data.documents import read_documents
from mt.glossary import Glossary
from mt.glossary.formats.registry import read_entries
from mt.glossary.lint import lint
from mt.glossary.matching.output_checker import TermCheck, check_terms
from mt.text.normalise import clean_chinese, clean_english
from mt.text.script import to_simplified


@pytest.fixture(scope="module")
def glossary(root: Path) -> Glossary:
    return Glossary.load(root / "seeds/glossary.tsv")


@pytest.fixture(scope="module")
def checks(root: Path, glossary: Glossary) -> list[list[TermCheck]]:
    """What the human translation makes of each mention, paragraph by paragraph."""
    (document,) = read_documents([str(root / "seeds/raw")])
    return [
        check_terms(clean_english(pair.en)[0], glossary.match(clean_chinese(pair.zh)[0]))
        for pair in document.paragraphs
    ]


def test_every_mention_is_rendered_as_allowed_or_the_entry_says_why_not(checks: list[list[TermCheck]]) -> None:
    assert [len(paragraph) for paragraph in checks] == [15, 12, 6]
    unmet = [check.match.term for paragraph in checks for check in paragraph if not check.met]
    assert [term.source for term in unmet] == ["四川省外办"]
    assert all(term.note for term in unmet)


def test_entries_the_document_does_not_use_alone_say_so(checks: list[list[TermCheck]], glossary: Glossary) -> None:
    used = {check.match.term.source for paragraph in checks for check in paragraph}
    unused = [term for term in glossary if term.source not in used]
    assert [term.source for term in unused if not term.note] == []


def test_first_mentions_stand_in_full_with_the_acronym(checks: list[list[TermCheck]]) -> None:
    targets = {check.match.term.source: check.target for check in checks[0] + checks[1]}
    assert targets["川促会"] == "Sichuan Union Council for the Promotion of Enterprise Business (SUCPEB)"
    assert targets["市对外友协"] is not None
    assert targets["市对外友协"].endswith("Association for Friendship with Foreign Countries (CMPAFFC)")


def test_names_of_the_design_are_there(glossary: Glossary) -> None:
    acronyms = {term.acronym for term in glossary if term.acronym}
    assert acronyms == {"FAOCMG", "CMPAFFC", "FAOCSPC", "SPPAFFC", "SUCPEB"}
    assert all(term.full and term.full in term.targets for term in glossary if term.acronym)
    by_source = {term.source: term for term in glossary}
    assert by_source["二级巡视员"].targets[0] == "level-2 counselor"
    assert by_source["成渝地区双城经济圈"].targets[0] == "Chengdu-Chongqing Economic Circle"


def test_it_is_simplified_and_sound(root: Path, glossary: Glossary) -> None:
    assert all(to_simplified(term.source) == term.source for term in glossary)
    found = lint(read_entries(root / "seeds/glossary.tsv"))
    assert {finding.kind for finding in found} <= {"nested"}
