"""Where metrics go: metrics.jsonl, trackers, the picture."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from mt.errors import ConfigError
from mt.training.logging.metrics_file import append_metrics, read_metrics, rewind_metrics
from mt.training.logging.run_log import RunLog
from mt.training.logging.trackers import check_trackers


def test_metrics_of_one_step_make_one_line_and_a_resumed_run_writes_its_own_again(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    for step in (1, 2, 3):
        append_metrics(path, {"step": step, "loss": 0.1 * step})
    append_metrics(path, {"step": 3, "validation_loss": 2.5})
    assert read_metrics(path)[-1] == {"step": 3, "loss": 0.1 * 3, "validation_loss": 2.5}
    with open(path, "a", encoding="utf-8") as file:
        file.write('{"step": 4, "lo')  # killed while writing
    rewind_metrics(path, 2)
    assert [json.loads(line)["step"] for line in path.read_text("utf-8").splitlines()] == [1, 2]


@pytest.mark.skipif(find_spec("matplotlib") is None, reason="matplotlib is not installed")
def test_the_curves_are_drawn_and_redrawn(tmp_path: Path) -> None:
    log = RunLog(tmp_path, [], {}, main=True)
    log.draw()
    assert not (tmp_path / "curves.png").exists()  # nothing to draw yet
    for step in range(1, 6):
        metrics = {"validation_loss": 3.0 - step / 10, "validation_chrf": 20.0 + step} if step % 2 else {}
        log.write({"step": step, "loss": 4.0 - step / 5, "learning_rate": 1e-4}, metrics)
    log.draw()
    first = (tmp_path / "curves.png").read_bytes()
    assert first.startswith(b"\x89PNG\r\n\x1a\n")
    log.draw([3])
    assert (tmp_path / "curves.png").read_bytes() != first  # the selected step is marked
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []


def test_only_the_main_process_writes(tmp_path: Path) -> None:
    log = RunLog(tmp_path, ["tensorboard"], {}, main=False)
    log.write({"step": 1, "loss": 1.0}, {})
    log.draw()
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
