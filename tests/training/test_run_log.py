"""Where metrics go: metrics.jsonl and trackers."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from mt.errors import ConfigError
from mt.training.run_log import RunLog, check_trackers, read_metrics, rewind_metrics


def test_metrics_of_one_step_make_one_line_and_a_resumed_run_writes_its_own_again(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    log = RunLog(tmp_path, [], {}, main=True)
    for step in (1, 2, 3):
        log.write({"step": step, "loss": 0.1 * step}, {})
    RunLog(tmp_path, [], {}, main=True).write({"step": 3}, {"validation_loss": 2.5})
    assert read_metrics(path)[-1] == {"step": 3, "loss": 0.1 * 3, "validation_loss": 2.5}
    with open(path, "a", encoding="utf-8") as file:
        file.write('{"step": 4, "lo')  # killed while writing
    rewind_metrics(path, 2)
    assert [json.loads(line)["step"] for line in path.read_text("utf-8").splitlines()] == [1, 2]


def test_only_the_main_process_writes(tmp_path: Path) -> None:
    log = RunLog(tmp_path, ["tensorboard"], {}, main=False)
    log.write({"step": 1, "loss": 1.0}, {})
    log.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(find_spec("tensorboard") is None, reason="tensorboard is not installed")
def test_tensorboard_gets_every_metric(tmp_path: Path) -> None:
    from accelerate import PartialState
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    PartialState(cpu=True)
    log = RunLog(tmp_path, ["tensorboard"], {"training": {"steps": 3, "report_to": ["tensorboard"]}}, main=True)
    log.write({"step": 1, "loss": 2.0}, {})
    log.write({"step": 2, "loss": 1.5}, {"validation_chrf": 31.5})
    log.close()
    events = EventAccumulator(str(tmp_path / "trackers" / "zhen-mt")).Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(1, 2.0), (2, 1.5)]
    assert [(event.step, event.value) for event in events.Scalars("validation_chrf")] == [(2, 31.5)]


def test_unknown_and_absent_trackers_are_named_with_a_hint() -> None:
    with pytest.raises(ConfigError, match=r"report_to\]: knows no tracker 'tensorbord'; choose among .*tensorboard"):
        check_trackers(["tensorbord"])
    absent = next((name for name in ("wandb", "mlflow", "aim", "clearml") if find_spec(name) is None), None)
    if absent is not None:
        with pytest.raises(ConfigError, match=f"names {absent}, which is not installed; run pip install {absent}"):
            check_trackers([absent])
