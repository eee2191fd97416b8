"""The private parts of transformers that the decoding loop relies on, and the bound on its version."""

from __future__ import annotations

import inspect
import tomllib
from pathlib import Path

import pytest
import transformers
from packaging.requirements import Requirement
from transformers.generation.utils import GenerationMixin

PARAMETERS = {
    "_get_top_k_continuations": "accumulated_log_probs running_sequences running_beam_indices cur_len "
    "decoder_prompt_len beams_to_keep",
    "_get_running_beams_for_next_iteration": "topk_log_probs topk_running_sequences topk_running_beam_indices "
    "next_token_hits_stopping_criteria num_beams",
    "_update_finished_beams": "topk_log_probs next_token_hits_stopping_criteria top_num_beam_mask",
    "_check_early_stop_heuristic": "is_early_stop_heuristic_unsatisfied beam_scores is_sent_finished cur_len "
    "decoder_prompt_len",
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_beam_search_calls_what_the_loop_overrides(name: str) -> None:
    assert f"self.{name}(" in inspect.getsource(GenerationMixin._beam_search)
    assert set(PARAMETERS[name].split()) <= set(inspect.signature(getattr(GenerationMixin, name)).parameters)


def test_the_cache_is_reordered_by_the_loop() -> None:
    assert 'hasattr(self, "_reorder_cache")' in inspect.getsource(GenerationMixin._beam_search)


def test_newer_versions_are_not_installed_untried(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    (pinned,) = [own for own in map(Requirement, project["dependencies"]) if own.name == "transformers"]
    assert transformers.__version__ in pinned.specifier
    assert any(own.operator == "<" for own in pinned.specifier)
