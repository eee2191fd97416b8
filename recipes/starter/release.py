"""Measure the newest checkpoint of a run and release it as models/starter if it is better.

    python -m recipes.starter.release recipes/starter/configs/starter.yaml [-o models/starter] [--if-better]

The run may continue meanwhile. Scores newstest 2019 and 2020 from ../shared (development data). Which model is better
is decided on 2019, as every choice is: 2020 is for reporting only.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from mt.config import DecodingConfig
from mt.inference.engines.torch_engine import TorchEngine
from mt.inference.translator import Translator
from mt.io.files import write_json
from mt.io.text import read_json, read_lines
from mt.metrics.base import Score
from mt.metrics.corpus_scores import Scorer
from recipes.starter.card import Measured, starter_card
from recipes.starter.command import make_parser, run_command
from recipes.starter.config import StarterConfig, load_starter_config
from recipes.starter.training.checkpoint import from_checkpoint
from recipes.starter.training.marian import save_in_bf16

_NEWS = Path("../shared/testsets/wmt-news")
_METRICS = ("bleu", "chrf", "chrf++")
_DECIDES, _REPORTED = "newstest2019", "newstest2020"

_log = logging.getLogger("release")


def main() -> int:
    """Run the command."""
    parser = make_parser(__doc__)
    parser.add_argument("-o", "--output", type=Path, default=Path("models/starter"))
    parser.add_argument("--if-better", action="store_true", help="change nothing unless chrF++ is higher")
    parser.add_argument(
        "--look", type=int, default=0, metavar="N", help="score N segments of newstest2019 only, and release nothing"
    )
    parser.add_argument("--note", action="append", default=[], help="a paragraph for the card; may be repeated")
    given = parser.parse_args()
    return run_command(lambda: _release(load_starter_config(given.config), given))


def _release(config: StarterConfig, given: argparse.Namespace) -> None:
    model, tokenizer, progress = from_checkpoint(config)
    with tempfile.TemporaryDirectory() as folder:
        # Measured as released: in bfloat16's precision, through the same code that users call.
        save_in_bf16(model, tokenizer, folder)
        translator = Translator(TorchEngine.load(folder, DecodingConfig()))
        sets = (_DECIDES,) if given.look else (_DECIDES, _REPORTED)
        scored = {name: _score(translator, name, given.look) for name in sets}
    scores = {name: {metric: own[metric].score for metric in _METRICS} for name, own in scored.items()}
    print(f"step {progress.step}, {progress.target_tokens} target tokens: {scores}")
    record = given.output / "scores.json"
    if given.look or (given.if_better and record.is_file() and not _better(scores, record)):
        return
    signatures = {metric: scored[_REPORTED][metric].signature for metric in _METRICS}
    parameters = sum(weight.numel() for weight in model.parameters())
    card = starter_card(config, Measured(progress, parameters, scores, signatures), given.note)
    save_in_bf16(model, tokenizer, given.output, card)
    steps = {name: asdict(progress)[name] for name in ("step", "epoch", "target_tokens", "seconds")}
    write_json(record, {**scores, **steps})
    print(f"released: {given.output}")


def _better(scores: Mapping[str, Mapping[str, float]], record: Path) -> bool:
    before, now = read_json(record)[_DECIDES]["chrf++"], scores[_DECIDES]["chrf++"]
    if now > before:
        return True
    print(f"{_DECIDES}: chrF++ {now:.2f} is not above the released {before:.2f}; nothing changed")
    return False


def _score(translator: Translator, name: str, most: int) -> dict[str, Score]:
    year = name.removeprefix("newstest")
    sources, references = (read_lines(_NEWS / f"wmt{year}.{side}")[: most or None] for side in ("zh", "en"))
    outputs = translator.translate(sources, documents=range(len(sources)), progress=_progress)
    return Scorer(references).score(list(map(str, outputs)))


def _progress(done: int, total: int) -> None:
    _log.info("translated %d of %d sentences", done, total)


if __name__ == "__main__":
    sys.exit(main())
