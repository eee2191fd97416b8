from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mt.inference.sentences import join, split_texts

SEED = (
    "6月3日至4日,重慶市政府外辦二級(jí)巡視員魯進(jìn)率隊(duì)赴成都。\n\n"
    "魯進(jìn)聽(tīng)取了有關(guān)情況。他表示,川促會(huì)值得學(xué)習(xí)。"
)


def test_sentences_are_cleaned_and_know_where_they_stood() -> None:
    sentences = split_texts([SEED, "第二篇。"])
    assert [sentence.source for sentence in sentences] == [
        "6月3日至4日，重庆市政府外办二级巡视员鲁进率队赴成都。",
        "鲁进听取了有关情况。",
        "他表示，川促会值得学习。",
        "第二篇。",
    ]
    assert [(sentence.text, sentence.line) for sentence in sentences] == [(0, 0), (0, 2), (0, 2), (1, 0)]
    for term, original in [("二级巡视员", "二級(jí)巡視員"), ("鲁进", "魯進"), ("重庆市政府外办", "重慶市政府外辦")]:
        start = sentences[0].source.index(term)
        a, b = sentences[0].span(start, start + len(term))
        assert SEED[a:b] == original
    start = sentences[2].source.index("川促会")
    a, b = sentences[2].span(start, start + 3)
    assert SEED[a:b] == "川促會"


def test_lines_are_kept_and_sentences_joined_by_a_space() -> None:
    texts = [SEED, "", "一。二。"]
    sentences = split_texts(texts)
    outputs = [f"S{number}." for number in range(len(sentences))]
    joined, starts = join(texts, sentences, outputs)
    assert joined == ["S0.\n\nS1. S2.", "", "S3. S4."]
    assert [joined[s.text][at:].startswith(o) for s, at, o in zip(sentences, starts, outputs, strict=True)] == [
        True
    ] * 5


@given(st.lists(st.text(alphabet="中文。！？\n (jí)abc\u3000，“”", max_size=40), max_size=4))
def test_spans_stay_inside_their_text_and_lines_are_kept(texts: list[str]) -> None:
    sentences = split_texts(texts)
    joined, starts = join(texts, sentences, ["x y"] * len(sentences))
    assert [text.count("\n") for text in joined] == [text.count("\n") for text in texts]
    for sentence, start in zip(sentences, starts, strict=True):
        for place in range(len(sentence.source)):
            a, b = sentence.span(place, place + 1)
            assert 0 <= a < b <= len(texts[sentence.text])
        assert joined[sentence.text][start : start + 3] == "x y"
        assert list(sentence.offsets) == sorted(sentence.offsets)
