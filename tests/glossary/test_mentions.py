"""First mention and later ones."""

from __future__ import annotations

from dataclasses import replace

from mt.glossary.mentions import MentionPolicy
from mt.glossary.term import Term, make_term

CITY = make_term("重庆市对外友协", ["CMPAFFC"], acronym="CMPAFFC", full="Chongqing Association")
SHORT = replace(CITY, source="市对外友协")
OTHER = make_term("川促会", ["SUCPEB"], acronym="SUCPEB", full="Sichuan Union Council")


def test_first_mention_in_full_then_the_acronym() -> None:
    policy = MentionPolicy()
    targets = [policy.target_for(term) for term in (CITY, OTHER, SHORT, CITY, OTHER)]
    assert targets == [
        "Chongqing Association (CMPAFFC)",
        "Sichuan Union Council (SUCPEB)",
        "CMPAFFC",
        "CMPAFFC",
        "SUCPEB",
    ]
    policy.reset()
    assert policy.target_for(CITY) == "Chongqing Association (CMPAFFC)"


def test_an_entry_goes_before_the_default() -> None:
    policy = MentionPolicy("always-full")
    assert policy.target_for(CITY) == "Chongqing Association"
    assert policy.target_for(replace(CITY, policy="always-acronym")) == "CMPAFFC"
    assert policy.target_for(replace(CITY, policy="none")) == "CMPAFFC"
    assert policy.target_for(replace(CITY, policy="first-full")) == "Chongqing Association (CMPAFFC)"
    assert policy.target_for(replace(CITY, policy="first-full")) == "CMPAFFC"


def test_terms_without_both_names_have_their_preferred_target() -> None:
    policy = MentionPolicy()
    assert policy.target_for(Term("成都", ("Chengdu", "Rongcheng"))) == "Chengdu"
    assert policy.target_for(make_term("外办", ["FAO"], acronym="FAO")) == "FAO"
    assert policy.target_for(make_term("5G", [], keep=True, acronym="5G", full="fifth")) == "5G"
