from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch

from mt.constraints.attention import Candidates, CrossAttention, SourceSpans, point
from mt.constraints.beam_search import ConstrainedBeamSearch, Constraint
from mt.constraints.constraint_state import ConstraintTables

SOURCE = torch.tensor([[5, 6, 7, 8, 9, 10], [11, 12, 13, 39, 39, 39]])
MASK = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0]])


def sequences(*tokens: int) -> tuple[frozenset[tuple[int, ...]], frozenset[tuple[int, ...]]]:
    return frozenset({tokens}), frozenset()


def tables_of(*segments: list) -> ConstraintTables:
    return ConstraintTables(segments, vocabulary=40, boundaries=(), device=torch.device("cpu"))


def test_attention_is_what_the_model_reports(architecture, tiny_model):
    model = tiny_model(architecture)
    model.set_attn_implementation("eager")
    with CrossAttention(model) as attention, torch.no_grad():
        assert attention.known
        mask = MASK.repeat_interleave(2, 0)
        output = model(
            input_ids=SOURCE.repeat_interleave(2, 0),
            attention_mask=mask,
            decoder_input_ids=torch.tensor([[1, 4, 5], [1, 6, 7], [1, 8, 9], [1, 10, 11]]),
            output_attentions=True,
            use_cache=True,
        )
        read = attention.read(output.past_key_values, torch.tensor([1, 0]), 2, mask)
    expected = output.cross_attentions[-1][:, :, -1].mean(1).view(2, 2, -1)[[1, 0]]
    assert torch.allclose(read, expected, atol=1e-5)


def test_the_hook_is_taken_off(tiny_model):
    model = tiny_model("marian")
    model.generate(
        SOURCE,
        attention_mask=MASK,
        num_beams=2,
        max_length=6,
        custom_generate=ConstrainedBeamSearch([[Constraint(((5,),), source_span=(0, 1))], []]),
    )
    assert not any(module._forward_hooks for module in model.modules())


def test_mass_leaves_out_the_end_of_the_source():
    tables = tables_of([sequences(3, 4)], [sequences(5), sequences(5)])
    spans = SourceSpans([[(1, 3)], [(0, 1), (1, 2)]], tables, 6, MASK)
    attention = torch.tensor([[[0.1, 0.2, 0.3, 0.0, 0.0, 0.4]], [[0.25, 0.25, 0.5, 0.0, 0.0, 0.0]]])
    mass = spans.mass(attention)
    assert mass.shape == (2, 1, 1, 1, 3)
    assert mass[0, 0, 0, 0].tolist() == pytest.approx([0, 0.5 / 0.6, 0.5 / 0.6])
    # Two mentions of one term: the later one when one is left. Never quite certain.
    assert mass[1, 0, 0, 0].tolist() == pytest.approx([0, 0.5, 0.95])


def test_pointing_moves_probability_to_the_attended_term():
    tables = tables_of([sequences(3, 4), sequences(6)])
    states = tables.start[:, None]
    vocabulary = torch.randn(1, 1, 40).log_softmax(-1)
    everything = torch.arange(40)[None, None]

    def mixed(
        mass: list[float], pointer: float = 0.0, state: torch.Tensor = states
    ) -> tuple[torch.Tensor, torch.Tensor]:
        tokens = tables.edge_token[state].flatten(-2)
        candidates = Candidates(everything, vocabulary, tokens, vocabulary.gather(-1, tokens.clamp(min=0)))
        attended = torch.tensor([[0.0, value] for value in mass]).view(1, 1, 2, 1, 2)
        return point(candidates, state, tables, attended, torch.full((1, 1), pointer))

    unguided, _ = mixed([0.0, 0.0])
    assert torch.allclose(unguided, vocabulary, atol=1e-6)
    first = tables.kinds[0].index([[0]])
    mass = [0.0, 0.0]
    mass[first] = 0.6
    log_probs, pointer = mixed(mass)
    assert log_probs.exp().sum().item() == pytest.approx(1.0, abs=1e-5)
    assert log_probs[0, 0, 3].exp().item() == pytest.approx(0.6 + 0.4 * vocabulary[0, 0, 3].exp().item(), abs=1e-5)
    assert log_probs[0, 0, 20].item() == pytest.approx(vocabulary[0, 0, 20].item() + torch.tensor(0.4).log().item())
    assert 0.6 < pointer[0, 0, 3] <= 1
    assert pointer[0, 0, 20] < 1e-6
    # Once begun on purpose, it is finished.
    begun = tables.advance(states, torch.tensor([[3]]))
    # Begun by chance, it is continued when it is its turn.
    by_chance = mixed(mass, 0.0, begun)[0][0, 0].exp()
    assert by_chance[4].item() == pytest.approx(0.6 + 0.4 * vocabulary[0, 0, 4].exp().item(), abs=1e-5)
    assert by_chance[3].item() == pytest.approx(0.4 * vocabulary[0, 0, 3].exp().item(), abs=1e-5)
    assert mixed([0.0, 0.0], 0.9, begun)[0][0, 0, 4].exp() > 0.9


def test_constraints_are_met_and_scores_are_the_models_own(architecture, tiny_model):
    for seed in range(4):
        model = tiny_model(architecture, seed)
        constraints = [
            [Constraint(((5, 6), (7,)), source_span=(0, 2)), Constraint(((8, 9),), source_span=(3, 4))],
            [
                Constraint(((10,),), source_span=(1, 2)),
                Constraint(((10,),)),
                Constraint(((11, 12),), source_span=(90, 99)),
            ],
        ]
        search = ConstrainedBeamSearch(constraints)
        output = model.generate(
            SOURCE,
            attention_mask=MASK,
            num_beams=4,
            max_length=18,
            num_return_sequences=2,
            return_dict_in_generate=True,
            output_scores=True,
            custom_generate=search,
        )
        assert all(outcome.met for outcome in search.outcomes)
        steps = model.compute_transition_scores(output.sequences, output.scores, output.beam_indices)
        means = steps.sum(1) / (output.beam_indices >= 0).sum(1)
        assert torch.allclose(means, output.sequences_scores, atol=1e-4)
        again = ConstrainedBeamSearch(constraints)
        uncached = model.generate(
            SOURCE, attention_mask=MASK, num_beams=4, max_length=18, use_cache=False, custom_generate=again
        )
        assert uncached.shape[0] == 2
        assert all(outcome.met for outcome in again.outcomes)


def test_a_thread_reads_its_own_queries_only(tiny_model):
    model = tiny_model("marian", 1)

    def decode(tokens: list[int]) -> Any:
        with torch.no_grad():
            return model(
                input_ids=SOURCE, attention_mask=MASK, decoder_input_ids=torch.tensor([tokens] * 2), use_cache=True
            )

    with CrossAttention(model) as attention, ThreadPoolExecutor(1) as pool:
        cache = decode([1, 4, 5]).past_key_values
        own = attention.read(cache, torch.tensor([0, 1]), 1, MASK)
        pool.submit(decode, [1, 30, 31]).result()
        assert torch.equal(attention.read(cache, torch.tensor([0, 1]), 1, MASK), own)
        decode([1, 30, 31])
        assert not torch.equal(attention.read(cache, torch.tensor([0, 1]), 1, MASK), own)


def test_threads_may_search_with_one_model_at_once(tiny_model):
    model = tiny_model("marian", 1)
    jobs = []
    for number in range(4):
        source = torch.randint(3, 38, (2, 6), generator=torch.Generator().manual_seed(number))
        spans = [(0, 2), (2, 4), (4, 5)]
        own = [
            Constraint(((3 + 9 * number + place, 4 + 9 * number), (8 + place,)), (), span)
            for place, span in enumerate(spans)
        ]
        jobs.append((source, own))

    def translate(job: tuple[torch.Tensor, list[Constraint]]) -> list[torch.Tensor]:
        # Searches and plain decoding in turn: both run through the layer whose queries are read.
        source, own = job
        options = {"attention_mask": torch.ones_like(source), "num_beams": 4, "max_length": 20}
        return [
            model.generate(source, **options, custom_generate=ConstrainedBeamSearch([own, own[::-1]]))
            if turn % 2
            else model.generate(source, **options)
            for turn in range(4)
        ]

    one_by_one = list(map(translate, jobs))
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(4) as pool:
            at_once = list(pool.map(translate, jobs))
    finally:
        sys.setswitchinterval(switch)
    for expected, found in zip(one_by_one, at_once, strict=True):
        assert all(map(torch.equal, expected, found))
