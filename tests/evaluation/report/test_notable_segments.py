from __future__ import annotations

import pytest
from systems import REFERENCES, SOURCES, damaged

from mt.evaluation.compare import ComparisonOptions, compare
from mt.evaluation.comparison import Comparison
from mt.evaluation.report.render import notable_segments, render_html
from mt.evaluation.significance import Resampling
from mt.evaluation.test_sets import TestSet


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    references = REFERENCES * 5
    base = damaged(references, 0.5, 1)
    tuned = list(base)
    tuned[4], tuned[7], tuned[20] = references[4], "", references[20]
    options = ComparisonOptions(resampling=Resampling(5, 50))
    return compare(TestSet(SOURCES * 5, references), {"base": base, "tuned": tuned}, options)


def test_lists_are_in_order_and_short(comparison: Comparison) -> None:
    system = comparison.system("tuned")
    scores, base = (comparison.system(name).scores["chrf++"].segments for name in ("tuned", "base"))
    lists = notable_segments(comparison, system, 10)
    assert [entry.number for entry in lists["worst"]] == sorted(range(30), key=lambda n: scores[n])[:10]
    assert lists["worst"][0].number == 7
    assert {entry.number for entry in lists["best"][:2]} == {4, 20}
    assert all(entry.score == scores[entry.number] and entry.before == base[entry.number] for entry in lists["best"])
    assert len(lists["worst"]) == len(lists["best"]) == 10
    # Only what changed, by how much it did.
    assert [entry.number for entry in lists["lost"]] == [7]
    assert [entry.number for entry in lists["gained"]] == sorted((4, 20), key=lambda n: base[n] - scores[n])
    assert [entry.number for entry in notable_segments(comparison, system, 1)["gained"]] == [lists["gained"][0].number]


def test_the_baseline_or_a_system_alone_has_no_changes(comparison: Comparison) -> None:
    assert set(notable_segments(comparison, comparison.system("base"))) == {"worst", "best"}
    alone = compare(TestSet(SOURCES, REFERENCES), {"one": damaged(REFERENCES, 0.5, 1)})
    lists = notable_segments(alone, alone.systems[0])
    worst, best = ({entry.number for entry in lists[name]} for name in ("worst", "best"))
    assert worst | best == set(range(6))
    assert not worst & best


def test_one_segment_has_neither_worst_nor_best() -> None:
    found = compare(TestSet(SOURCES[:1], REFERENCES[:1]), {"base": [""], "tuned": REFERENCES[:1]})
    lists = notable_segments(found, found.system("tuned"))
    assert {name: len(entries) for name, entries in lists.items()} == {"worst": 0, "best": 0, "lost": 0, "gained": 1}


def test_reports_have_the_lists(comparison: Comparison) -> None:
    html = render_html(comparison)
    base, tuned = html.split('<div class="notable"')[1:]
    assert "Gained" not in base
    lost = tuned.split("Lost most against base")[1].split("Gained most against base")[0]
    assert lost.count("<li>") == lost.count('<a href="#s8">8</a>') == 1
    assert "→ 0.0</span>" in lost
    assert "(empty)" in lost


def test_a_single_segment_makes_no_empty_section() -> None:
    found = compare(TestSet(SOURCES[:1], REFERENCES[:1]), {"one": REFERENCES[:1]})
    assert 'class="notable"' not in render_html(found)
