"""How fast does the starter's shape decode on a CPU, beside the shape of opus-mt-zh-en?

    .venv/bin/python benchmarks/decoding_speed.py -o benchmarks/results/decoding_speed.json
    .venv/bin/python benchmarks/decoding_speed.py --quick

Both are exported to CTranslate2 in int8, as the README advises, and translate the same segments of newstest2019. What
counts for speed is the shape and the vocabulary, so the weights are random, and every output is as long as the
human translation is in the model's own pieces: a smaller vocabulary pays for its longer outputs. ``released``
is the shape of models/starter. The peer is opus-mt's shape (6 + 6 layers of 512, 65,001 pieces) with its own
tokenizer. The last line is JSON.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import ctranslate2  # noqa: E402
import torch  # noqa: E402
from _outcome import tell  # noqa: E402
from transformers import AutoConfig, AutoTokenizer, MarianMTModel, PreTrainedTokenizerBase  # noqa: E402
from transformers.utils import logging as transformers_logging  # noqa: E402

from mt.inference.engines.base import CT2_FOLDER  # noqa: E402
from mt.inference.export import export_ct2  # noqa: E402

SHARED = ROOT.parent / "shared"
PEER = SHARED / "opus-mt-zh-en"
SEED = 20261123


class Candidate:
    """A shape with its tokenizer, exported, and the segments as it reads them."""

    def __init__(self, name: str, folder: Path, tokenizer: PreTrainedTokenizerBase, threads: int) -> None:
        self.name = name
        self.tokenizer = tokenizer
        self.translator = ctranslate2.Translator(str(folder / CT2_FOLDER), device="cpu", intra_threads=threads)

    def seconds(self, sources: list[str], references: list[str], beams: int, batch: int) -> float:
        """Translate everything once, in batches of like length."""
        inputs = [self.tokenizer.convert_ids_to_tokens(ids) for ids in self.tokenizer(sources)["input_ids"]]
        lengths = [len(ids) for ids in self.tokenizer(text_target=references)["input_ids"]]
        order = sorted(range(len(inputs)), key=lambda number: len(inputs[number]))
        start = time.perf_counter()
        for first in range(0, len(order), batch):
            chosen = order[first : first + batch]
            length = round(sum(lengths[number] for number in chosen) / len(chosen))
            self.translator.translate_batch(
                [inputs[number] for number in chosen],
                beam_size=beams,
                min_decoding_length=length,
                max_decoding_length=length,
            )
        return time.perf_counter() - start


def main() -> None:
    options = arguments()
    torch.set_num_threads(options.threads)
    transformers_logging.disable_progress_bar()
    sources, references = (
        (SHARED / "testsets" / "wmt-news" / f"wmt2019.{side}").read_text("utf-8").splitlines()[: options.segments]
        for side in ("zh", "en")
    )
    figures: dict[str, float] = {}
    with TemporaryDirectory() as name:
        candidates = build(Path(name), options)
        print(f"{'shape':14} {'beams':>5} {'seconds':>8} {'times as fast':>14}")
        for beams in (1, options.beams):
            seconds: dict[str, list[float]] = {candidate.name: [] for candidate in candidates}
            # In turns, so that what else the machine does falls on all alike; the first round warms up.
            for turn in range(options.repeats + 1):
                for candidate in candidates:
                    spent = candidate.seconds(sources, references, beams, options.batch)
                    if turn:
                        seconds[candidate.name].append(spent)
            peer = statistics.median(seconds["opus-mt"])
            for candidate in candidates:
                own = statistics.median(seconds[candidate.name])
                print(f"{candidate.name:14} {beams:>5} {own:>8.2f} {peer / own:>14.2f}", flush=True)
                if candidate.name != "opus-mt":
                    figures[f"{candidate.name}_times_as_fast_beam_{beams}"] = round(peer / own, 3)
    outcome = {
        "benchmark": "decoding_speed",
        "figures": figures,
        "against": "the shape of opus-mt-zh-en, int8, in the same run",
        "machine": f"{platform.machine()}, {options.threads} threads, ctranslate2 {ctranslate2.__version__}",
        "settings": {"segments": len(sources), "batch": options.batch, "repeats": options.repeats},
    }
    tell(outcome, options.output)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--segments", type=int, default=200)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--beams", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--quick", action="store_true", help="under 50 seconds on two cores")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    if not PEER.is_dir():
        parser.error(f"{PEER} is absent: the peer's shape and tokenizer come from it")
    if options.quick:
        options.segments, options.repeats = 32, 1
    return options


def build(folder: Path, options: argparse.Namespace) -> list[Candidate]:
    """Give every shape random weights and export it."""
    torch.manual_seed(SEED)
    found = []
    for name, shape in (("opus-mt", PEER), ("released", ROOT / "models" / "starter")):
        model, tokenizer = MarianMTModel(AutoConfig.from_pretrained(shape)), AutoTokenizer.from_pretrained(shape)
        path = folder / name
        model.save_pretrained(path)
        tokenizer.save_pretrained(path)
        export_ct2(path, folder / f"{name}-exported")
        parameters = sum(weight.numel() for weight in model.parameters()) / 1e6
        print(f"{name}: {parameters:.1f} M parameters, {len(tokenizer)} pieces", flush=True)
        found.append(Candidate(name, folder / f"{name}-exported", tokenizer, options.threads))
    return found


if __name__ == "__main__":
    main()
