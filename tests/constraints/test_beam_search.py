from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mt.constraints.beam_search import ConstrainedBeamSearch, Constraint
from mt.constraints.constraint import CONTINUES
from mt.errors import ConfigError


def holds(tokens: Sequence[int], constraints: Sequence[Constraint]) -> bool:
    """Whether constraints have occurrences that share no token."""

    def assign(index: int, taken: frozenset[int]) -> bool:
        if index == len(constraints):
            return True
        for sequence in constraints[index].alternatives:
            for start in range(len(tokens) - len(sequence) + 1):
                span = range(start, start + len(sequence))
                fits = tuple(tokens[start : start + len(sequence)]) == tuple(sequence) and taken.isdisjoint(span)
                if fits and assign(index + 1, taken | frozenset(span)):
                    return True
        return False

    return assign(0, frozenset())


def trimmed(row: torch.Tensor, model: Any) -> list[int]:
    """The tokens without the prompt's and without what follows the end."""
    tokens = row.tolist()
    prompt, rest = tokens[:1], tokens[1:]
    eos = model.generation_config.eos_token_id
    if eos in rest:
        rest = rest[: rest.index(eos) + 1]
    return prompt + rest


def random_source(model: Any, segments: int, seed: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(3, 38, (segments, 7), generator=generator)
    mask = torch.ones_like(ids)
    for row in range(segments):
        keep = 3 + row % 5
        ids[row, keep:] = model.config.pad_token_id
        mask[row, keep:] = 0
    return {"input_ids": ids, "attention_mask": mask}


def one(*tokens: int) -> Constraint:
    return Constraint((tokens,))


# --- without constraints -------------------------------------------------------------------------------

SETTINGS: list[dict[str, Any]] = [
    {},
    {"early_stopping": True, "num_return_sequences": 3},
    {"early_stopping": "never", "length_penalty": 0.0},
    {"length_penalty": 2.0, "no_repeat_ngram_size": 2},
    {"num_beams": 2, "min_length": 4, "use_cache": False},
]


@pytest.mark.parametrize("options", SETTINGS)
def test_segments_without_constraints_are_decoded_as_generate_does(architecture, options, tiny_model):
    for seed in range(3):
        model = tiny_model(architecture, seed)
        inputs = random_source(model, 6, seed)
        kwargs = {"num_beams": 4, "max_length": 16, **options}
        constraints = [[one(5, 6)], [], [], [one(7), one(7)], [], []]
        search = ConstrainedBeamSearch(constraints)
        expected = model.generate(**inputs, **kwargs)
        ours = model.generate(**inputs, **kwargs, custom_generate=search)
        returned = kwargs.get("num_return_sequences", 1)
        for segment in (1, 2, 4, 5):
            for row in range(segment * returned, (segment + 1) * returned):
                assert trimmed(ours[row], model) == trimmed(expected[row], model)
        for segment in (0, 3):
            for row in range(segment * returned, (segment + 1) * returned):
                assert holds(ours[row].tolist()[1:], constraints[segment])
        assert all(outcome.met for outcome in search.outcomes)
        assert [(outcome.segment, outcome.index) for outcome in search.outcomes] == [(0, 0), (3, 0), (3, 1)]


def test_a_batch_without_any_constraint_is_generate_itself(tiny_model):
    model = tiny_model("marian")
    inputs = random_source(model, 3, 0)
    kwargs = {"num_beams": 3, "max_length": 12, "return_dict_in_generate": True, "output_scores": True}
    expected = model.generate(**inputs, **kwargs)
    ours = model.generate(**inputs, **kwargs, custom_generate=ConstrainedBeamSearch([[], [], []]))
    assert type(ours) is type(expected)
    assert torch.equal(ours.sequences, expected.sequences)
    assert torch.equal(ours.sequences_scores, expected.sequences_scores)


def test_outputs_have_the_parts_and_shapes_of_generate(architecture, tiny_model):
    model = tiny_model(architecture)
    inputs = random_source(model, 2, 1)
    kwargs = {
        "num_beams": 3,
        "max_length": 9,
        "min_length": 9,  # all of one length, so that shapes agree
        "num_return_sequences": 2,
        "return_dict_in_generate": True,
        "output_scores": True,
    }
    expected = model.generate(**inputs, **kwargs)
    ours = model.generate(**inputs, **kwargs, custom_generate=ConstrainedBeamSearch([[one(5)], []]))
    assert list(ours.keys()) == list(expected.keys())
    assert ours.sequences.dtype == expected.sequences.dtype
    assert ours.beam_indices.dtype == expected.beam_indices.dtype
    assert len(ours.scores) == len(expected.scores)
    assert ours.sequences_scores.shape == expected.sequences_scores.shape
    assert torch.equal(ours.sequences[2:], expected.sequences[2:])
    assert torch.equal(ours.beam_indices[2:], expected.beam_indices[2:])
    # The scores of the constrained segment are true ones: they add up from the steps'.
    steps = model.compute_transition_scores(ours.sequences, ours.scores, ours.beam_indices)
    assert torch.allclose(steps.sum(1) / (ours.beam_indices >= 0).sum(1), ours.sequences_scores, atol=1e-4)


# --- the best hypothesis -------------------------------------------------------------------------------

SMALL = {
    "vocab_size": 6,
    "pad_token_id": 5,
    "eos_token_id": 0,
    "decoder_start_token_id": 5,
    "forced_eos_token_id": None,
}


@torch.no_grad()
def exhaustive(
    model: Any, inputs: dict[str, torch.Tensor], length: int, penalty: float
) -> list[tuple[float, list[int]]]:
    """Every output of at most ``length`` tokens with its score, best first."""
    outputs = [
        list(body) + end
        for size in range(length)
        for body in itertools.product(range(1, 5), repeat=size)
        for end in ([0], [])
        if end or size == length
    ] + [list(body) for body in itertools.product(range(1, 5), repeat=length)]
    rows = torch.tensor([output + [5] * (length - len(output)) for output in outputs])
    decoder = torch.cat((torch.full((len(rows), 1), 5), rows[:, :-1]), 1)
    expanded = {name: tensor.expand(len(rows), -1) for name, tensor in inputs.items()}
    # suppress_tokens takes the pad away after the softmax, as generate's processors do: no renormalising.
    steps = (
        model(**expanded, decoder_input_ids=decoder).logits.float().log_softmax(-1).gather(-1, rows[..., None])[..., 0]
    )
    sizes = torch.tensor([len(output) for output in outputs])
    sums = (steps * (torch.arange(length)[None] < sizes[:, None])).sum(1)
    scores = (sums / sizes**penalty).tolist()
    return sorted(zip(scores, outputs, strict=True), key=lambda pair: -pair[0])


small_sequences = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)
small_constraints = st.lists(
    st.lists(small_sequences, min_size=1, max_size=2, unique=True).map(lambda a: Constraint(tuple(a))),
    min_size=1,
    max_size=3,
)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    constraints=small_constraints,
    penalty=st.sampled_from([0.0, 0.6, 1.0, 2.0]),
    wide=st.sampled_from([300, 400]),
)
def test_a_wide_beam_finds_what_exhaustive_search_finds(tiny_model, seed, constraints, penalty, wide):
    model = tiny_model("marian", seed, **SMALL)
    inputs = {
        "input_ids": torch.tensor([[1 + seed % 4, 2, 3, 0]]),
        "attention_mask": torch.ones(1, 4, dtype=torch.long),
    }
    search = ConstrainedBeamSearch([constraints])
    output = model.generate(
        **inputs,
        num_beams=wide,
        max_length=6,
        suppress_tokens=[5],
        early_stopping="never",
        length_penalty=penalty,
        custom_generate=search,
        return_dict_in_generate=True,
        output_scores=True,
    )
    allowed = [constraint for constraint, outcome in zip(constraints, search.outcomes, strict=True) if outcome.met]
    unmet = [outcome for outcome in search.outcomes if not outcome.met]
    shortest = [min(map(len, constraint.alternatives)) for constraint in constraints]
    assert bool(unmet) == (sum(shortest) > 5)
    assert all("length limit" in (outcome.reason or "") for outcome in unmet)
    best = next((score, tokens) for score, tokens in exhaustive(model, inputs, 5, penalty) if holds(tokens, allowed))
    assert output.sequences_scores[0].item() == pytest.approx(best[0], abs=1e-4)
    assert trimmed(output.sequences[0], model)[1:] == best[1]


# --- always met ----------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 50),
    constraints=st.lists(
        st.lists(
            st.lists(st.lists(st.integers(3, 12), min_size=1, max_size=4).map(tuple), min_size=1, max_size=3),
            max_size=4,
        ),
        min_size=4,
        max_size=4,
    ),
    beams=st.integers(2, 6),
    span=st.sampled_from([None, (0, 2), (2, 3)]),
    options=st.sampled_from([{}, {"early_stopping": True}, {"no_repeat_ngram_size": 2}, {"num_return_sequences": 2}]),
)
def test_what_can_be_met_is_met(tiny_model, seed, constraints, beams, span, options):
    model = tiny_model(("marian", "t5", "mbart")[seed % 3], seed)
    given_constraints = [[Constraint(tuple(alternatives), (), span) for alternatives in own] for own in constraints]
    search = ConstrainedBeamSearch(given_constraints)
    output = model.generate(
        **random_source(model, 4, seed), num_beams=beams, max_length=20, custom_generate=search, **options
    )
    returned = options.get("num_return_sequences", 1)
    for segment, own in enumerate(given_constraints):
        outcomes = [outcome for outcome in search.outcomes if outcome.segment == segment]
        room = (
            19
            - (model.config.model_type == "marian")
            - (model.generation_config.forced_eos_token_id is not None and model.config.model_type != "marian")
        )
        if sum(min(map(len, constraint.alternatives)) for constraint in own) <= room:
            assert all(outcome.met for outcome in outcomes)
        met = [constraint for constraint, outcome in zip(own, outcomes, strict=True) if outcome.met]
        for row in range(segment * returned, (segment + 1) * returned):
            assert holds(output[row].tolist()[1:], met)


def test_a_full_output_of_constraints_still_ends(tiny_model):
    model = tiny_model("marian")
    constraints = [[one(token, token + 1) for token in range(3, 21, 2)]]  # 18 tokens
    search = ConstrainedBeamSearch(constraints)
    output = model.generate(**random_source(model, 1, 0), num_beams=2, max_length=20, custom_generate=search)
    assert output.shape[1] == 20
    assert output[0, -1] == 0
    assert holds(output[0].tolist()[1:], constraints[0])


def test_word_boundary_after_a_constraint(tiny_model):
    boundaries = [CONTINUES * (token >= 20) for token in range(40)]
    for seed in range(12):
        model = tiny_model("marian", seed)
        search = ConstrainedBeamSearch([[one(5)], [one(6, 25), one(6)]], boundaries=boundaries)
        output = model.generate(**random_source(model, 2, seed), num_beams=4, max_length=14, custom_generate=search)
        assert all(outcome.met for outcome in search.outcomes)
        for row, term in ((0, (5,)), (1, (6,)), (1, (6, 25))):
            tokens = [*trimmed(output[row], model)[1:], 0]
            spans = [i for i in range(len(tokens) - len(term)) if tuple(tokens[i : i + len(term)]) == term]
            assert any(tokens[start + len(term)] < 20 for start in spans)


# --- what cannot be met --------------------------------------------------------------------------------


def test_what_cannot_be_met_is_reported_and_the_rest_is_met(tiny_model):
    model = tiny_model("marian")
    boundaries = [CONTINUES * (token >= 30) for token in range(40)]
    constraints = [
        Constraint(()),
        Constraint(((),)),
        one(4, 0, 5),
        one(99),
        one(8),
        one(31, 3),
        one(*range(9, 29)),
        one(3, 4),
    ]
    search = ConstrainedBeamSearch([constraints, []], boundaries=boundaries)
    output = model.generate(
        **random_source(model, 2, 0), num_beams=3, max_length=16, suppress_tokens=[8], custom_generate=search
    )
    reasons = {outcome.index: outcome.reason for outcome in search.outcomes}
    assert reasons[0] == reasons[1] == "no token sequence spells it"
    assert "end-of-sentence" in reasons[2]
    assert "not in the model's vocabulary" in reasons[3]
    assert "banned by the generation settings" in reasons[4]
    assert "end of a word" in reasons[5]
    assert "length limit" in reasons[6]
    assert reasons[7] is None
    assert search.outcomes[7].met
    assert holds(output[0].tolist()[1:], [one(3, 4)])


def test_processors_that_forbid_a_term_are_reported_not_looped_on(tiny_model):
    from transformers import LogitsProcessor, LogitsProcessorList

    class Forbid(LogitsProcessor):
        def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
            scores = scores.clone()
            scores[:, 7] = -torch.inf
            return scores

    model = tiny_model("marian")
    search = ConstrainedBeamSearch([[one(7), one(9)], []])
    inputs = random_source(model, 2, 0)
    output = model.generate(
        **inputs,
        num_beams=3,
        max_length=12,
        custom_generate=search,
        logits_processor=LogitsProcessorList([Forbid()]),
        return_dict_in_generate=True,
        output_scores=True,
    )
    assert [outcome.met for outcome in search.outcomes] == [False, True]
    assert "generation settings" in search.outcomes[0].reason
    assert output.sequences.shape[1] <= 12
    assert -50 < output.sequences_scores[0] < 0


def test_a_term_that_stands_twice_outranks_no_repeat_ngram(tiny_model):
    model = tiny_model("marian")
    search = ConstrainedBeamSearch([[one(5, 6, 7), one(5, 6, 7)]])
    output = model.generate(
        **random_source(model, 1, 0), num_beams=4, max_length=20, no_repeat_ngram_size=2, custom_generate=search
    )
    assert holds(output[0].tolist(), [one(5, 6, 7)] * 2)


def test_forced_first_token_stays_first(tiny_model):
    model = tiny_model("mbart")
    search = ConstrainedBeamSearch([[one(7, 8)], [one(9)]])
    output = model.generate(
        **random_source(model, 2, 0), num_beams=3, max_length=8, forced_bos_token_id=20, custom_generate=search
    )
    assert output[:, 1].tolist() == [20, 20]
    assert all(outcome.met for outcome in search.outcomes)


def test_time_limit_ends_the_search(tiny_model):
    model = tiny_model("marian")
    search = ConstrainedBeamSearch([[one(5, 6, 7, 8)], []])
    output = model.generate(
        **random_source(model, 2, 0), num_beams=3, max_length=60, max_time=1e-9, custom_generate=search
    )
    assert output.shape[1] == 2
    assert not search.outcomes[0].met


def test_stop_strings_do_not_end_what_is_unmet(tiny_model):
    from transformers import StoppingCriteria, StoppingCriteriaList

    class AfterFive(StoppingCriteria):
        def __call__(self, input_ids: torch.Tensor, scores: Any, **kwargs: Any) -> torch.Tensor:
            return torch.full((input_ids.shape[0],), False) | (input_ids[:, 1:] == 5).any(1)

    model = tiny_model("marian")
    search = ConstrainedBeamSearch([[one(5), one(6)]])
    output = model.generate(
        **random_source(model, 1, 0),
        num_beams=4,
        max_length=14,
        custom_generate=search,
        stopping_criteria=StoppingCriteriaList([AfterFive()]),
    )
    assert all(outcome.met for outcome in search.outcomes)
    assert holds(output[0].tolist()[1:], [one(5), one(6)])


@pytest.mark.parametrize(
    ("options", "lists", "field"),
    [
        ({"num_beams": 1}, 2, "num_beams"),
        ({"num_beams": 3, "do_sample": True}, 2, "do_sample"),
        ({"num_beams": 3}, 3, "constraints"),
    ],
)
def test_settings_that_cannot_work_are_refused(tiny_model, options, lists, field):
    model = tiny_model("marian")
    with pytest.raises(ConfigError) as error:
        model.generate(
            **random_source(model, 2, 0),
            **options,
            max_length=8,
            custom_generate=ConstrainedBeamSearch([[one(5)]] * lists),
        )
    assert error.value.field == field
    assert error.value.hint


def test_order_of_segments_does_not_matter(tiny_model):
    model = tiny_model("m2m100", 3)
    inputs = random_source(model, 6, 2)
    picker = random.Random(1)
    constraints = [
        [one(*(picker.randrange(3, 38) for _ in range(picker.randint(1, 3)))) for _ in range(segment % 3)]
        for segment in range(6)
    ]
    together = model.generate(**inputs, num_beams=4, max_length=16, custom_generate=ConstrainedBeamSearch(constraints))
    for segment in range(6):
        alone = model.generate(
            **{name: tensor[segment : segment + 1] for name, tensor in inputs.items()},
            num_beams=4,
            max_length=16,
            custom_generate=ConstrainedBeamSearch([constraints[segment]]),
        )
        assert trimmed(alone[0], model) == trimmed(together[segment], model)
