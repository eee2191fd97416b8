"""What a run gained, in five lines for the terminal."""

import shlex
from pathlib import Path

from mt.config import Config
from mt.evaluation.comparison import Comparison, System, metric_name

_METRIC = "chrf++"


def gain_lines(comparison: Comparison, config: Config, published: str) -> list[str]:
    """Say what was gained with and without the glossary, what was published, where it is, and what to do next.

    Args:
        comparison: of the base with the fine-tuned model and, last, the way it will be used.
        config: of the run.
        published: the sentence that says which weights were.
    """
    *others, best = [system for system in comparison.systems if system.name != comparison.baseline]
    run = Path(config.run.dir)
    glossary = ["-g", config.terms.glossary] if config.terms.glossary else []
    command = shlex.join(["zhen-mt", "translate", "-i", "FILE", "-o", "FILE", "-m", str(run / "model"), *glossary])
    gained = [f"{_gain(system, comparison.baseline)}" for system in (best, *others[:1])]
    lines = [f"gained: {gained[0]}", f"        {gained[1]}" if others else "        no glossary is configured"]
    return [
        *lines,
        published,
        f"model: {run / 'model'}; report: {run / 'report' / 'report.html'}",
        f"next: {command}"
        if _is_gain(best)
        else f"next: add documents or a glossary and run again; or use it: {command}",
    ]


def _is_gain(system: System) -> bool:
    return system.against[_METRIC].difference > 0


def _gain(system: System, baseline: str) -> str:
    result = system.against[_METRIC]
    said = {
        "better": f"significant (p = {result.bootstrap_p:.3f})",
        "worse": f"significantly worse (p = {result.bootstrap_p:.3f})",
        "same": f"not significant (p = {result.bootstrap_p:.3f})",
        "too few segments": f"{result.segments} segments are too few to call it significant",
    }[result.verdict]
    change = f"{result.difference:+.1f} {metric_name(_METRIC)} ({result.baseline_score:.1f} to {result.score:.1f})"
    return f"{system.name} against {baseline}: {change}, {said}"
