"""Whether a training run that is killed again and again ends with the same bits as one that is not.

    python benchmarks/kill_resume.py [--quick] [--kills 20] [--seed 1]

The training loop trains a tiny model on the seed document, on the CPU, with dropout and two batches a step;
a checkpoint is written after every step. Each kind of run (AdamW and Muon, in fp32 and bfloat16) is trained
once undisturbed; then again with SIGKILLs, by turns at any moment of the process (imports and the final saving
included), just after a step, and while a checkpoint is being written, each followed by `--resume`. At the end the
model and the optimiser's state must be equal byte for byte, and so must metrics.jsonl, its times
and speeds apart.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from mt.config import load_config
from mt.data.dataset import prepare
from mt.glossary.glossary import Glossary
from mt.training.saving.checkpoints import latest_checkpoint

ROOT = Path(__file__).resolve().parent.parent
STEPS = 40
KINDS = [(optimizer, precision) for precision in ("fp32", "bf16") for optimizer in ("adamw", "muon")]

CONFIG = """
run: {{seed: 3}}
model:
  {{vocab_size: 700, d_model: 32, encoder_layers: 2, decoder_layers: 1, attention_heads: 2, ffn_dim: 64, dropout: 0.1}}
corpus:
  packed: {folder}/packed
  lexicon: {folder}/terms.tsv
  validation_zh: {folder}/valid.zh
  validation_en: {folder}/valid.en
  max_tokens: 400
  sources: [{{path: {folder}/pairs.tsv, weight: 2}}, {{path: {folder}/terms.tsv, weight: 1.5}}]
training:
  {{batch_tokens: 600, gradient_accumulation_steps: 2, max_steps: {steps}, warmup_ratio: 0.3, keep_checkpoints: true,
    eval_steps: 10, logging_steps: 1, checkpoint_minutes: 1.0e-9}}
"""


def make_corpus(folder: Path) -> Path:
    """Write the seed document's pairs and terms as a corpus, and a configuration that trains on them."""
    documents = folder / "documents.yaml"
    documents.write_text(f"data: {{documents: [{ROOT}/seeds/raw], folds: paragraphs}}", "utf-8")
    rows = prepare(load_config(documents), folder / "data")["train"]
    pairs = [(row["translation"]["zh"], row["translation"]["en"]) for row in rows]
    terms = [(term.source, term.targets[0]) for term in Glossary.load(ROOT / "seeds" / "glossary.tsv")]
    for name, some in (("pairs", pairs), ("terms", terms)):
        (folder / f"{name}.tsv").write_text("".join(f"{zh}\t{en}\n" for zh, en in some), "utf-8")
    for side, name in enumerate(("zh", "en")):
        (folder / f"valid.{name}").write_text("".join(pair[side] + "\n" for pair in pairs[:2]), "utf-8")
    config = folder / "c.yaml"
    config.write_text(CONFIG.format(folder=folder, steps=STEPS), "utf-8")
    return config


def begin(config: Path, run: Path, kind: tuple[str, str], *, resume: bool) -> subprocess.Popen[bytes]:
    """Start the command."""
    command = [sys.executable, "-m", "recipes.starter.train", config, f"run.dir={run}"]
    changes = [f"training.optimizer={kind[0]}", f"training.precision={kind[1]}", *(["--resume"] if resume else [])]
    return subprocess.Popen([*map(str, command), *changes], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def newest(run: Path) -> str:
    """Name the newest checkpoint."""
    path = latest_checkpoint(run / "checkpoints")
    return path.name if path is not None else ""


def kill(process: subprocess.Popen[bytes], run: Path, how: str, span: float, rng: random.Random) -> bool:
    """Kill a run at a moment of its span (seconds); return whether it was still alive then."""
    moment = time.monotonic() + rng.uniform(0.0, span)
    if how != "any":
        before = newest(run)
        while newest(run) == before and process.poll() is None:
            time.sleep(0.001)
        moment = time.monotonic() + rng.uniform(0.0, 0.3)
    while process.poll() is None and time.monotonic() < moment:
        time.sleep(0.001)
    while how == "writing" and process.poll() is None and not any((run / "checkpoints").glob(".step-*.tmp")):
        pass
    process.kill()
    if process.wait() == 0:
        return False
    if process.returncode != -9:
        sys.exit(f"{run}: ended by itself\n{process.stderr.read().decode() if process.stderr else ''}")
    return True


def result(run: Path) -> dict[str, Any]:
    """Return all that must be equal: files by name, and the lines of metrics without times."""
    files = {"model": run / "model" / "model.safetensors"}
    files |= {name: run / "checkpoints" / f"step-{STEPS:08d}" / f"{name}.safetensors" for name in ("optimizer",)}
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text("utf-8").splitlines()]
    timeless = [{key: line[key] for key in line if key not in ("seconds", "tokens_per_second")} for line in lines]
    left = [path.name for path in run.rglob("*") if path.name.endswith((".tmp", ".old"))]
    return {**{name: path.read_bytes() for name, path in files.items()}, "metrics": timeless, "litter": left}


def finish(process: subprocess.Popen[bytes], run: Path) -> None:
    """Wait for a run to end by itself."""
    _, said = process.communicate()
    if process.returncode:
        sys.exit(f"{run}: status {process.returncode}\n{said.decode()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one kind of run, three kills: under 50 seconds")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    rng = random.Random(options.seed)
    kinds = KINDS[-1:] if options.quick else KINDS
    wanted = 3 if options.quick else options.kills
    kills = writing = resumed = unequal = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = make_corpus(folder)
        for number, kind in enumerate(kinds):
            whole = folder / f"whole-{number}"
            since = time.monotonic()
            finish(begin(config, whole, kind, resume=False), whole)
            span, expected = time.monotonic() - since, result(whole)
            due, series = wanted * (number + 1) // len(kinds), 0
            while kills < due:
                run, resume, series = folder / f"parts-{number}-{series}", False, series + 1
                while kills < due:
                    how = ("any", "step", "writing")[kills % 3]
                    if not kill(begin(config, run, kind, resume=resume), run, how, span, rng):
                        break
                    kills, resume = kills + 1, True
                    half = ", writing" if any((run / "checkpoints").glob(".step-*.tmp")) else ""
                    writing += bool(half)
                    print(f"{'+'.join(kind)}: killed ({how}) at {newest(run) or 'no checkpoint'}{half}")
                finish(begin(config, run, kind, resume=True), run)
                resumed += 1
                different = [key for key, value in result(run).items() if value != expected[key]]
                unequal += bool(different)
                print(
                    f"{'+'.join(kind)}: resumed to the end, {'DIFFERENT: ' + str(different) if different else 'equal'}"
                )
    figures = {"kills": kills, "while_writing": writing, "runs_compared": resumed, "runs_unequal": unequal}
    against = f"the same run undisturbed, byte for byte; torch {torch.__version__}, CPU, {platform.machine()}"
    print(json.dumps({"benchmark": "kill_resume", "figures": figures, "against": against}))
    sys.exit(1 if unequal else 0)


if __name__ == "__main__":
    main()
