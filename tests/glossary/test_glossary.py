"""``Glossary``: a collection, looked up by source, joined by priority, plain data in and out."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mt.errors import GlossaryError
from mt.glossary import Glossary, Term

FULL: dict[str, Any] = {
    "targets": ["SUCPEB", "the Council"],
    "full": "Sichuan Union Council",
    "acronym": "SUCPEB",
    "case": "exact",
}


def test_glossary_is_a_collection_and_survives_pickling() -> None:
    glossary = Glossary.from_pairs([("成都", "Chengdu"), ("重庆", "Chongqing")])
    assert len(glossary) == 2
    assert glossary.terms[1].source == "重庆"
    assert [match.term for match in glossary.match("重慶")] == [glossary.terms[1]]
    again = pickle.loads(pickle.dumps(glossary))
    assert again.terms == glossary.terms
    assert len(again.match("成都重庆")) == 2


def test_dictionary_of_targets_alternatives_and_options() -> None:
    glossary = Glossary.from_dict(
        {"成都": "Chengdu", "四川": ["Sichuan", "Szechwan"], "川促会": FULL, "iPhone": {"keep": True}}
    )
    assert [term.targets for term in glossary] == [
        ("Chengdu",),
        ("Sichuan", "Szechwan"),
        ("SUCPEB", "the Council", "Sichuan Union Council"),
        ("iPhone",),
    ]
    assert (glossary["川促会"].case, glossary["川促会"].acronym, glossary["iPhone"].keep) == ("exact", "SUCPEB", True)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", r"\[川\]: '川' has an empty target"),
        ([], r"\[川\]: '川' has an empty target"),
        (None, r"\[川: targets\]: has no targets"),
        ({"target": "Sichuan", "cas": "exact"}, r"\[川: options\]: unknown option 'cas'; did you mean 'case'"),
        ({"target": "Sichuan", "case": "lower"}, r"\[川: case\]: is 'lower'"),
    ],
)
def test_wrong_dictionary_entries_are_named(value: object, message: str) -> None:
    with pytest.raises(GlossaryError, match=message):
        Glossary.from_dict({"渝": "Chongqing", "川": value})


WORD = st.text(st.sampled_from("川渝ABab|;=\"' "), min_size=1, max_size=6).map(str.strip).filter(bool)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "case": st.just("exact"),
        "acronym": WORD,
        "full": WORD,
        "keep": st.just(True),
        "inflect": st.just(False),
        "domain": WORD,
        "note": WORD,
        "policy": st.sampled_from(["none", "always-full"]),
    },
)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    entries=st.dictionaries(WORD, st.tuples(st.lists(WORD, min_size=1, max_size=3, unique=True), OPTIONS), min_size=1)
)
def test_dictionary_saved_and_loaded(entries: dict[str, tuple[list[str], dict[str, object]]], tmp_path: Path) -> None:
    options = {source + "汉": {"targets": targets, **options} for source, (targets, options) in entries.items()}
    glossary = Glossary.from_dict(options)
    glossary.save(tmp_path / "a.json")
    assert Glossary.load(tmp_path / "a.json").fingerprint == glossary.fingerprint


def test_lookup_by_source_is_blind_to_script_width_and_case() -> None:
    glossary = Glossary.from_pairs([("重庆", "Chongqing"), ("重庆", "Yu"), ("AI芯片", "AI chip")])
    assert "重慶" in glossary
    assert "ＡＩ芯片" in glossary
    assert "ai芯片" in glossary
    assert "成都" not in glossary
    assert "" not in glossary
    assert glossary.terms[0] in glossary
    assert Term("成都", ("Chengdu",)) not in glossary
    assert glossary["重慶"].targets == ("Chongqing", "Yu")
    with pytest.raises(KeyError):
        glossary["成都"]


def test_left_glossary_has_priority() -> None:
    house = Glossary.from_pairs([("重慶", "Chongqing"), ("成都", "Chengdu")])
    general = Glossary.from_pairs([("重庆", "Chungking"), ("重庆市", "Chongqing Municipality")])
    joined = house + general
    assert [term.targets[0] for term in joined] == ["Chongqing", "Chengdu", "Chongqing Municipality"]
    for text in ("重庆", "重慶"):
        assert [match.term.targets for match in joined.match(text)] == [("Chongqing",)]
    assert [term.targets[0] for term in general + house] == ["Chungking", "Chongqing Municipality", "Chengdu"]
    with pytest.raises(TypeError):
        house += ("成都", "Chengdu")  # type: ignore[operator]


def test_whatever_may_be_given_for_a_glossary(tmp_path: Path) -> None:
    path = tmp_path / "terms.tsv"
    glossary = Glossary.from_dict({"成都": "Chengdu", "川促会": FULL})
    glossary.save(path)
    assert Glossary.coerce(None) is None
    assert Glossary.coerce([]) is None
    assert Glossary.coerce(glossary) is glossary
    for value in (path, str(path), {"成都": "Chengdu", "川促会": FULL}, [path, {"成都": "Rongcheng"}]):
        found = Glossary.coerce(value)
        assert found is not None
        assert [replace(term, line=None) for term in found] == list(glossary)
    with pytest.raises(GlossaryError, match="no such file"):
        Glossary.coerce([{"成都": "Chengdu"}, tmp_path / "none.tsv"])


def test_saved_in_the_format_of_the_name(tmp_path: Path) -> None:
    glossary = Glossary.from_dict({"成都": "Chengdu"})
    glossary.save(tmp_path / "a.tsv")
    glossary.save(tmp_path / "b", "amazon")
    assert (tmp_path / "a.tsv").read_text("utf-8") == "source\ttarget\toptions\n成都\tChengdu\n"
    assert (tmp_path / "b").read_text("utf-8") == "zh,en\n成都,Chengdu\n"
    with pytest.raises(GlossaryError, match="no known suffix"):
        glossary.save(tmp_path / "c.doc")


def test_cache_key_changes_with_the_content(tmp_path: Path) -> None:
    path = tmp_path / "terms.tsv"
    path.write_text("成都\tChengdu\n", "utf-8")
    before = Glossary.cache_key(path)
    assert before == Glossary.cache_key(str(path))
    path.write_text("成都\tChengDu\n", "utf-8")
    os.utime(path, ns=(1, 1))  # of the same size, and written within the clock's tick
    assert before != Glossary.cache_key(path)
    assert Glossary.cache_key({"成都": "Chengdu"}) == Glossary.cache_key(Glossary.from_pairs([("成都", "Chengdu")]))
    assert Glossary.cache_key({"成都": "Chengdu"}) != Glossary.cache_key(
        {"成都": {"target": "Chengdu", "case": "exact"}}
    )
    assert hash(Glossary.cache_key([path, {"成都": "Chengdu"}, None])) is not None
    with pytest.raises(GlossaryError, match="no such file"):
        Glossary.cache_key(tmp_path / "none.tsv")


def test_importing_loads_nothing_heavy() -> None:
    code = (
        "import sys, mt.glossary, mt.glossary.matching.output_checker, mt.glossary.mentions;"
        "import mt.glossary.formats.registry, mt.glossary.matching.source_matcher;"
        "heavy = ('torch', 'transformers', 'opencc', 'ahocorasick_rs', 'daachorse', 'lxml', 'pypinyin');"
        "print([name for name in heavy if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
