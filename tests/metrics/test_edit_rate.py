from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics import TER
from sacrebleu.metrics.lib_ter import translation_edit_rate
from systems import REFERENCES, damaged

from mt.metrics.edit_rate import FastTER, edit_cost
from mt.metrics.term_edit_rate import TERM_COST, term_costs, tokens

_WORDS = st.lists(st.sampled_from("abcdef"), max_size=14)


@settings(max_examples=300, deadline=None)
@given(hypothesis=_WORDS, reference=_WORDS)
def test_counts_are_sacrebleus(hypothesis: list[str], reference: list[str]) -> None:
    assert edit_cost(hypothesis, reference) == translation_edit_rate(hypothesis, reference)[0]


def test_long_segments_shifted_repeated_and_cut_count_alike() -> None:
    # Beyond the beam's width, where the limits of Tercom's search for shifts bind.
    rng = random.Random(5)
    text = " ".join(REFERENCES).split()
    for _ in range(2):
        place = rng.randrange(len(text))
        words = damaged([" ".join(text[place:] + text[:place])], 0.2, rng.randrange(99))[0].split()
        for hypothesis in (words[: len(words) * 2 // 3], words[: len(words) // 4], words[:40] + words[:40]):
            assert edit_cost(hypothesis, text) == translation_edit_rate(hypothesis, text)[0]


def test_score_and_signature_are_sacrebleus() -> None:
    hypotheses = [*damaged(REFERENCES[:-1], 0.4, 3), ""]
    for references in ([REFERENCES], [REFERENCES, damaged(REFERENCES, 0.3, 4)]):
        ours, theirs = FastTER(references=references), TER(references=references)
        assert ours.corpus_score(hypotheses, None).score == theirs.corpus_score(hypotheses, None).score
        assert str(ours.get_signature()) == str(theirs.get_signature())


def test_an_edit_of_a_term_costs_twice() -> None:
    reference = "Lu Jin met the secretary-general today ."
    target = tokens(reference)
    costs = term_costs(reference, [(0, 6), (15, 32)])
    dear = [word for word, cost in zip(target, costs, strict=True) if cost == TERM_COST]
    assert dear == "lu jin secretary - general".split()
    for hypothesis, cost, weighted in (
        (reference, 0, 0),
        ("Lu Jin saw the secretary-general today .", 1, 1),
        ("Lu Min met the secretary-general today .", 1, TERM_COST),
        ("Jin met the secretary-general today .", 1, TERM_COST),
        ("Lu Jin met the able secretary-general today .", 1, 1),
        # A shift costs the same whatever is shifted.
        ("met Lu Jin the secretary-general today .", 1, 1),
        ("", 9, 9 + 5),
    ):
        assert edit_cost(tokens(hypothesis), target) == cost
        assert edit_cost(tokens(hypothesis), target, costs) == weighted


@settings(max_examples=150, deadline=None)
@given(hypothesis=_WORDS, reference=_WORDS.filter(len), data=st.data())
def test_dearer_terms_never_make_it_cheaper_than_the_distance_allows(
    hypothesis: list[str], reference: list[str], data: st.DataObject
) -> None:
    terms = data.draw(st.lists(st.booleans(), min_size=len(reference), max_size=len(reference)))
    costs = [TERM_COST if term else 1 for term in terms]
    weighted = edit_cost(hypothesis, reference, costs)
    assert weighted <= len(hypothesis) + len(reference) + sum(terms)
    assert edit_cost(reference, reference, costs) == 0
    assert (weighted == 0) == (hypothesis == reference)
