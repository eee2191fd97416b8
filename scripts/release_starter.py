"""Measure the newest checkpoint of a starter's run and release it into models/starter when it is better.

    python scripts/release_starter.py configs/starter.yaml [-o models/starter] [--if-better]

The run may go on meanwhile. Scores newstest 2019 and 2020 from ../shared (development data). What is better is
decided on 2019, as every choice is: 2020 is for reporting.
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
from pathlib import Path

from mt.config import DecodingConfig, load_config
from mt.inference.engines.torch_engine import TorchEngine
from mt.inference.translator import Translator
from mt.io.files import write_json
from mt.metrics.base import Score
from mt.metrics.corpus_scores import score
from mt.training.release import from_checkpoint, starter_card
from mt.training.saving.publish import save_model

_NEWS = Path("../shared/testsets/wmt-news")
_METRICS = ("bleu", "chrf", "chrf++")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config")
    parser.add_argument("-o", "--output", default="models/starter")
    parser.add_argument("--if-better", action="store_true", help="leave the folder alone unless chrF++ is higher")
    parser.add_argument(
        "--look", type=int, default=0, metavar="N", help="score N segments of newstest2019 only, and release nothing"
    )
    parser.add_argument("--note", action="append", default=[], help="a paragraph for the card; may be repeated")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    config = load_config(arguments.config)
    if config.corpus.reverse:
        parser.error(f"{arguments.config}: corpus.reverse is true: an English-Chinese model is no starter")
    model, tokenizer, progress = from_checkpoint(config)
    output = Path(arguments.output)
    with tempfile.TemporaryDirectory() as folder:
        # Measured as released: in bfloat16's precision, through the same code users call.
        save_model(model, tokenizer, folder, half=True)
        translator = Translator(TorchEngine.load(folder, DecodingConfig()))
        scored = {
            f"newstest{year}": _scored(translator, year, arguments.look)
            for year in ((2019,) if arguments.look else (2019, 2020))
        }
    figures = {name: {metric: own[metric].score for metric in _METRICS} for name, own in scored.items()}
    print(f"step {progress.step}, {progress.target_tokens} target tokens: {figures}")
    if arguments.look:
        return
    record = output / "scores.json"
    if arguments.if_better and record.is_file():
        released = json.loads(record.read_text("utf-8"))
        # The first release was not scored on 2019.
        judge = next(name for name in figures if name in released)
        before, now = released[judge]["chrf++"], figures[judge]["chrf++"]
        if now <= before:
            print(f"{judge}: chrF++ {now:.2f} is not above the released {before:.2f}; nothing changed")
            return
    card = starter_card(
        config,
        progress,
        sum(weight.numel() for weight in model.parameters()),
        figures,
        {metric: scored["newstest2020"][metric].signature for metric in _METRICS},
        "CC-BY-SA-4.0",
        arguments.note,
    )
    save_model(model, tokenizer, output, half=True, card=card)
    place = {name: getattr(progress, name) for name in ("step", "epoch", "target_tokens", "seconds")}
    write_json(record, {**figures, **place})
    print(f"released: {output}")


def _scored(translator: Translator, year: int, most: int) -> dict[str, Score]:
    sources, references = (_lines(_NEWS / f"wmt{year}.{side}", most) for side in ("zh", "en"))
    return score(translator.translate(sources, documents=range(len(sources)), progress=_progress), references)


def _progress(done: int, total: int) -> None:
    logging.getLogger(__name__).info("translated %d of %d sentences", done, total)


def _lines(path: Path, most: int) -> list[str]:
    lines = path.read_text("utf-8").splitlines()
    return lines[:most] if most else lines


if __name__ == "__main__":
    main()
