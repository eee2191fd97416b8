from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from systems import REFERENCES, SOURCES, damaged

from mt.evaluation.compare import ComparisonOptions, compare
from mt.evaluation.comparison import Comparison
from mt.evaluation.report.markup import Mark, differing_spans, mark_up, visible
from mt.evaluation.report.render import length_rows, render_html, term_rows
from mt.evaluation.significance import Resampling
from mt.evaluation.test_sets import TestSet
from mt.glossary.glossary import Glossary
from mt.metrics.corpus_scores import Scorer

NASTY = (
    "<script>alert(1)</script></script><img src=x onerror=alert(2)> "
    "\"quoted' & \u202eabc\u2066 \x00\x07\u200f\ufeff\u2028 ]]> -->"
)


def _of(
    sources: list[str],
    references: list[str],
    systems: dict[str, list[str]],
    glossary: Glossary | None = None,
    **options: Any,
) -> Comparison:
    return compare(TestSet(sources, references, glossary=glossary), systems, ComparisonOptions(**options))


class Reader(HTMLParser):
    """Text without tags, and the tags that stand in the document."""

    def __init__(self, document: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text())
def test_marked_up_text_reads_as_the_visible_text(text: str) -> None:
    reader = Reader(f"<p>{mark_up(text)}</p>")
    # HTML's parser may only normalise line ends, which `visible` has already written out.
    assert reader.text == visible(text)
    assert {tag for tag, _ in reader.tags} <= {"p", "span"}


@given(st.text("ab <&\u202e", max_size=20), st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=4))
def test_marks_and_differences_never_change_the_text(text: str, spans: list[tuple[int, int]]) -> None:
    marks = [Mark(min(a, b), min(max(a, b), len(text)), "met", '"<>') for a, b in spans]
    reader = Reader(str(mark_up(text, marks, differing_spans(text, "a b"))))
    assert reader.text == visible(text)


def test_no_character_that_hides_or_reorders_is_left() -> None:
    shown = visible("a\u202eb\u2066c\x07d\u200ee\ufefff\u2028g\ud800h\tñ中👩\u200d👩")
    assert shown == ("a⟨U+202E⟩b⟨U+2066⟩c⟨U+0007⟩d⟨U+200E⟩e⟨U+FEFF⟩f⟨U+2028⟩g⟨U+D800⟩h\tñ中👩\u200d👩")


def test_differences_are_words_the_reference_lacks() -> None:
    text = "Lu Jin went to Chengdu today."
    spans = differing_spans(text, "Lu Jin came to Chengdu.")
    assert [text[start:end] for start, end in spans] == ["went", "today"]
    assert differing_spans(text, text) == []
    assert differing_spans("", text) == []


def test_marks_stand_where_the_terms_are() -> None:
    glossary = Glossary.from_pairs([("鲁进", "Lu Jin"), ("渝促会", "CUCPEB")])
    html = render_html(_of(["鲁进在渝促会"], ["Lu Jin of the association"], {"one": ["Mr. Lu Jin"]}, glossary))
    assert '<mark class="term" title="Lu Jin">鲁进</mark>' in html
    assert html.count('<mark class="met" title="✓ 鲁进">') == 2
    missed = re.findall(r'missed: </span><bdi lang="zh">(.*?)</bdi> → <bdi>(.*?)</bdi>', html)
    assert missed == [("渝促会", "CUCPEB")] * 2


def test_everything_of_the_users_is_escaped() -> None:
    glossary = Glossary.from_pairs([("鲁进", NASTY)])
    comparison = compare(
        TestSet(["鲁进" + NASTY], [NASTY], [NASTY], [NASTY], glossary),
        {NASTY: [NASTY], "other" + NASTY: ["x"]},
        ComparisonOptions(labels={NASTY: NASTY}, title=NASTY),
    )
    html = render_html(comparison)
    reader = Reader(html)
    assert [tag for tag, _ in reader.tags].count("script") == 1
    assert "img" not in {tag for tag, _ in reader.tags}
    assert not [name for _, attributes in reader.tags for name in attributes if name.startswith("on")]
    assert not re.search("[\x00-\x08\u202a-\u202e\u2066-\u2069\u200e\u200f\ufeff\u2028]", html)
    assert visible(NASTY) in reader.text


def test_report_asks_for_nothing_from_outside() -> None:
    html = render_html(_of(SOURCES, REFERENCES, {"copy": REFERENCES}))
    reader = Reader(html)
    assert not {"link", "img", "iframe", "object", "base"} & {tag for tag, _ in reader.tags}
    assert not [a for _, a in reader.tags if {"src", "srcset", "action", "data"} & set(a)]
    assert all((a.get("href") or "#").startswith("#") for _, a in reader.tags)
    assert "url(" not in html
    assert "@import" not in html


def test_term_rows_put_the_most_missed_first() -> None:
    glossary = Glossary.from_pairs([("鲁进", "Lu Jin"), ("秘书长", "secretary-general")])
    comparison = _of(SOURCES, REFERENCES, {"one": [text.replace("Lu Jin", "he") for text in REFERENCES]}, glossary)
    rows = term_rows(comparison)
    assert [(row["source"], row["total"], row["reference"], row["systems"]) for row in rows] == [
        ("鲁进", 3, 3, [0]),
        ("秘书长", rows[1]["total"], rows[1]["total"], [rows[1]["total"]]),
    ]
    page = render_html(comparison)
    assert '<td class="count missed"><span class="sign" aria-hidden="true">✗</span> 0<span class="of">/3</span>' in page
    assert '<td class="count met"><span class="sign" aria-hidden="true">✓</span> 3<span class="of">/3</span>' in page


def test_the_best_score_is_bold_and_the_baseline_named() -> None:
    systems = {"worse": damaged(REFERENCES, 0.7, 1), "better": damaged(REFERENCES, 0.1, 2)}
    html = render_html(_of(SOURCES, REFERENCES, systems, title="T"))
    rows = re.findall(r'<tr>\s*<th scope="row">.*?</tr>', html, flags=re.S)
    worse, better = rows[0], rows[1]
    assert 'class="tag">baseline' in worse
    assert worse.count('<td class="best"') == 0
    assert better.count('<td class="best"') == 4


def test_package_data_is_declared(root: Path) -> None:
    """What the report is made of must travel with an installed package."""
    import tomllib

    declared = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]["mt"]
    folder = root / "mt"
    packed = {path for pattern in declared for path in folder.glob(pattern)}
    parts = {path for path in (folder / "evaluation/report").glob("report.*") if path.suffix != ".py"}
    assert len(parts) == 3
    assert parts <= packed


@pytest.mark.parametrize("size", [1, 2])
def test_tiny_sets_render(size: int) -> None:
    html = render_html(_of(SOURCES[:size], REFERENCES[:size], {"one": [""] * size, "two": REFERENCES[:size]}))
    assert "(empty)" in html


def test_bands_of_length_hold_a_quarter_of_the_segments_each() -> None:
    systems = {"one": damaged(REFERENCES * 2, 0.3, 1), "copy": REFERENCES * 2}
    found = _of(SOURCES * 2, REFERENCES * 2, systems, resampling=Resampling(20, 200))
    rows = length_rows(found)
    order = sorted(range(12), key=lambda number: len((SOURCES * 2)[number]))
    for band, row in enumerate(rows):
        numbers = order[3 * band : 3 * band + 3]
        hypotheses, references = ([texts[n] for n in numbers] for texts in (systems["one"], REFERENCES * 2))
        assert row["values"] == pytest.approx([Scorer(references, ["chrf++"]).score(hypotheses)["chrf++"].score, 100])
    shortest = sorted(map(len, SOURCES))[:2]
    assert rows[0]["label"] == f"{shortest[0]}–{shortest[1]} characters"
    assert f'<th scope="row">{rows[0]["label"]}</th><td>{rows[0]["values"][0]:.1f}</td>' in render_html(found)
    # Seven segments are too few to part.
    assert length_rows(_of(SOURCES, REFERENCES, {"one": REFERENCES})) == []


def test_three_systems_are_ranked() -> None:
    texts = REFERENCES * 17
    systems = {name: damaged(texts, 0.2 + 0.2 * place, place) for place, name in enumerate("abc")}
    found = _of(SOURCES * 17, texts, systems, resampling=Resampling(40, 400))
    assert set(found.rankings["chrf++"]["ranks"]) == {"a", "b", "c"}
    html = render_html(found)
    ranks = html.split("Ranks and clusters")[1].split("</table>")[0]
    assert all(f">{name}<" in ranks for name in systems)
