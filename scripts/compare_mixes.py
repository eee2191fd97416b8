"""What does each source add? Train a small model on each of several mixes of a packed corpus, and compare them.

    python scripts/compare_mixes.py configs/starter.yaml runs/mixes --leave-one-out [--steps 600]
    python scripts/compare_mixes.py configs/starter.yaml runs/mixes --mix "less far: far=0.4" --mix "no manuals: docs=0"

Every mix has the same model, steps and batches, and so the same compute; "all" is the configuration's own,
trained with two seeds, whose difference is chance. Sources are named as --list shows them; `docs` is all manuals.
Measured: the loss on the configuration's validation set, and BLEU and chrF++ of the first segments of newstest2019
with the paired bootstrap's p against "all" (from ../shared; development data, which may choose). A finished mix is
not trained again. Writes FOLDER/mixes.json and prints the table.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from mt.config import Config, DecodingConfig, load_config, save_config
from mt.evaluation.scores import Score, Scorer
from mt.evaluation.significance import paired_test
from mt.files import write_json
from mt.inference.torch_engine import TorchEngine
from mt.inference.translator import Translator
from mt.training.starter import source_names, training_sources

ROOT = Path(__file__).resolve().parent.parent
_ALL, _AGAIN = "all", "all, another seed"


def mixes_of(
    arguments: argparse.Namespace, names: list[str], refuse: Callable[[str], NoReturn]
) -> dict[str, dict[str, float]]:
    """What changes in each mix: weights by source."""
    mixes: dict[str, dict[str, float]] = {_ALL: {}, _AGAIN: {}}
    if arguments.leave_one_out:
        mixes |= {f"without {name}": {name: 0.0} for name in dict.fromkeys(names)}
    for words in arguments.mix:
        label, _, changes = words.rpartition(":")
        try:
            changed = {name.strip(): float(weight) for name, weight in (one.split("=") for one in changes.split(","))}
        except ValueError:
            refuse(f'--mix {words}: write it as "label: source=weight, source=weight"')
        unknown = sorted(set(changed) - set(names))
        if unknown:
            refuse(f"--mix {words}: no source is named {unknown[0]}: take one of {', '.join(dict.fromkeys(names))}")
        mixes[label.strip() or changes.strip()] = changed
    return mixes


def mixed(
    config: Config, names: list[str], changes: Mapping[str, float], folder: Path, seed: int, steps: int
) -> Config:
    """The configuration of one small run."""
    sources = [
        replace(source, weight=changes.get(name, source.weight))
        for source, name in zip(config.corpus.sources, names, strict=False)
    ]
    return replace(
        config,
        run=replace(config.run, dir=str(folder), seed=seed),
        model=replace(
            config.model, d_model=192, encoder_layers=4, decoder_layers=1, attention_heads=4, ffn_dim=768,
            dropout=0.0, publish="",
        ),
        corpus=replace(config.corpus, sources=sources),
        filter=replace(config.filter, synthetic_weight=changes.get("synthetic", config.filter.synthetic_weight)),
        training=replace(
            config.training, steps=steps, minutes=0.0, epochs=0, batch_tokens=4096, accumulate=1, warmup_steps=100,
            learning_rate=1e-3, muon_learning_rate=2e-3, schedule="wsd", cooldown_share=0.4, ema_decay=0.0,
            output_sample=2000, validate_steps=0, choose_by="last", average="none", log_steps=100,
        ),
    )  # fmt: skip


def train(config: Config) -> None:
    """Train in a process of its own, with one thread."""
    folder = Path(config.run.dir)
    if (folder / "model" / "config.json").is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    save_config(config, folder / "config.yaml")
    with open(folder / "log.txt", "a", encoding="utf-8") as log:
        subprocess.run(
            [sys.executable, str(ROOT / "scripts" / "train.py"), str(folder / "config.yaml"), "--resume"],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=log,
            stderr=log,
            check=True,
        )


def measure(config: Config, scorer: Scorer, sources: list[str]) -> tuple[dict[str, float], Score]:
    """The last validation loss, and the scores with chrF++'s statistics."""
    lines = (Path(config.run.dir) / "metrics.jsonl").read_text("utf-8").splitlines()
    losses = [line["validation_loss"] for line in map(json.loads, lines) if "validation_loss" in line]
    translator = Translator(TorchEngine.load(Path(config.run.dir) / "model", DecodingConfig()))
    scores = scorer.score(translator.translate(sources, documents=range(len(sources))))
    tokens = json.loads(lines[-1])["target_tokens"]
    figures = {"loss": losses[-1], "bleu": scores["bleu"].score, "chrf++": scores["chrf++"].score}
    return {**figures, "target_tokens": tokens}, scores["chrf++"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--leave-one-out", action="store_true", help="a mix without each source (or group) in turn")
    parser.add_argument("--mix", action="append", default=[], metavar="LABEL:SOURCE=WEIGHT,…", help="may be repeated")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--segments", type=int, default=500, help="of newstest2019, to be translated and scored")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="runs at once, of one thread each")
    parser.add_argument("--list", action="store_true", help="show the sources' names and weights, and end")
    arguments = parser.parse_args()
    config = load_config(arguments.config)
    names = source_names(config)
    if arguments.list:
        for name, source in zip(names, training_sources(config), strict=True):
            print(f"{name:16} {source.weight:g}  {Path(source.path).name}")
        return
    changes = mixes_of(arguments, names, parser.error)
    runs = {
        label: mixed(
            config,
            names,
            changed,
            arguments.folder / label.replace(" ", "-").replace(",", ""),
            config.run.seed + (label == _AGAIN),
            arguments.steps,
        )
        for label, changed in changes.items()
    }
    with ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(train, runs.values()))
    news = ROOT.parent / "shared" / "testsets" / "wmt-news"
    sources, references = (
        (news / f"wmt2019.{side}").read_text("utf-8").splitlines()[: arguments.segments] for side in ("zh", "en")
    )
    scorer = Scorer(references, ("bleu", "chrf++"))
    outcome: dict[str, dict[str, Any]] = {}
    base: Score | None = None
    print(f"{'mix':28} {'tokens':>10} {'loss':>7} {'BLEU':>6} {'chrF++':>7} {'p':>6}")
    for label, run in runs.items():
        figures, statistics = measure(run, scorer, sources)
        base = base or statistics
        p = paired_test(base.statistics, statistics.statistics, base.from_statistics).bootstrap_p
        outcome[label] = {**figures, "p": p, "weights": changes[label]}
        print(
            f"{label:28} {figures['target_tokens']:10,} {figures['loss']:7.4f} {figures['bleu']:6.2f} "
            f"{figures['chrf++']:7.2f} {p:6.3f}",
            flush=True,
        )
    write_json(arguments.folder / "mixes.json", outcome)


if __name__ == "__main__":
    main()
