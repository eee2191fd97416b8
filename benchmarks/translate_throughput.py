"""How fast is ``zhen-mt translate``, whole process, beside transformers' ``generate`` and CTranslate2 driven by hand?

    python benchmarks/translate_throughput.py [--quick] [--model models/starter] [-o FILE]

News lines (newstest2019 of ../shared/testsets) are translated by: the command as installed; a script that calls
``generate`` in batches of 16, and one by one (on a part, in proportion); a script that drives CTranslate2 with int8
weights as well as can be by hand (two workers of one thread, lines sorted by length, batches by tokens). Each is a
process of its own, timed from start to end, in turns; medians are compared. ``start_s`` is the command with one line.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import sacrebleu
from _outcome import tell

ROOT = Path(__file__).resolve().parent.parent
NEWS = ROOT.parent / "shared/testsets/wmt-news/wmt2019"
GENERATE = """
import sys, torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer
model, source, target, size = *sys.argv[1:4], int(sys.argv[4])
lines = open(source, encoding="utf-8").read().split("\\n")[:-1]
tokenizer = AutoTokenizer.from_pretrained(model)
network = AutoModelForSeq2SeqLM.from_pretrained(model).eval()
order, outputs = sorted(range(len(lines)), key=lambda number: len(lines[number])), {}
with torch.inference_mode():
    for first in range(0, len(order), size):
        batch = order[first : first + size]
        ids = tokenizer([lines[number] for number in batch], return_tensors="pt", padding=True)
        made = network.generate(**ids, num_beams=4, max_new_tokens=200)
        texts = tokenizer.batch_decode(made, skip_special_tokens=True)
        outputs.update(zip(batch, texts))
open(target, "w", encoding="utf-8").write("".join(outputs[number] + "\\n" for number in range(len(lines))))
"""
BY_HAND = """
import sys, ctranslate2, sentencepiece
weights, model, source, target = sys.argv[1:5]
lines = open(source, encoding="utf-8").read().split("\\n")[:-1]
encode, decode = (sentencepiece.SentencePieceProcessor(f"{model}/{side}.spm") for side in ("source", "target"))
translator = ctranslate2.Translator(weights, inter_threads=2, intra_threads=1)
pieces = [own + ["</s>"] for own in encode.encode(lines, out_type=str)]
done = translator.translate_batch(pieces, beam_size=4, max_batch_size=1024, batch_type="tokens")
open(target, "w", encoding="utf-8").write("".join(decode.decode(one.hypotheses[0]) + "\\n" for one in done))
"""


def run(command: list[str]) -> tuple[float, float]:
    """Seconds that a process takes, and the most memory that any has taken, in MiB."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    return time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main() -> None:
    options = arguments()
    zh, en = (Path(f"{NEWS}.{side}").read_text("utf-8").splitlines()[: options.lines] for side in ("zh", "en"))
    from mt.inference.engines.cache import cached_weights

    weights = cached_weights(Path(options.model))
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "all.zh").write_text("".join(line + "\n" for line in zh), "utf-8")
        # Evenly spread over the lengths.
        part = sorted(zh, key=len)[:: max(len(zh) // options.part, 1)]
        (folder / "part.zh").write_text("".join(line + "\n" for line in part), "utf-8")
        (folder / "one.zh").write_text(zh[0] + "\n", "utf-8")
        command = [sys.executable, "-m", "mt.cli", "translate", "-m", str(options.model), "-o"]
        sides = {
            "start": [*command, f"{name}/one.en", "-i", f"{name}/one.zh"],
            "ours": [*command, f"{name}/ours.en", "-i", f"{name}/all.zh"],
            "fp32": [*command, f"{name}/fp32.en", "-i", f"{name}/all.zh", "--engine", "torch"],
            "by_hand": [
                sys.executable,
                "-c",
                BY_HAND,
                str(weights),
                options.model,
                f"{name}/all.zh",
                f"{name}/hand.en",
            ],
            "generate_16": [sys.executable, "-c", GENERATE, options.model, f"{name}/all.zh", f"{name}/g16.en", "16"],
            "generate_1": [sys.executable, "-c", GENERATE, options.model, f"{name}/part.zh", f"{name}/g1.en", "1"],
        }
        spent: dict[str, list[float]] = {side: [] for side in sides}
        peak = 0.0
        for _ in range(options.rounds):
            for side, own in sides.items():
                seconds, memory = run(own)
                spent[side].append(seconds)
                if side == "ours" and not peak:
                    peak = memory
        scores = {
            side: sacrebleu.corpus_bleu((folder / f"{side}.en").read_text("utf-8").split("\n")[:-1], [en]).score
            for side in ("ours", "fp32")
        }
    medians = {side: statistics.median(own) for side, own in spent.items()}
    load = medians["generate_1"] * sum(map(len, zh)) / sum(map(len, part))
    figures = {
        "start_s": medians["start"],
        "times_generate_1": load / medians["ours"],
        "times_generate_16": medians["generate_16"] / medians["ours"],
        "of_bare_ctranslate2": medians["by_hand"] / medians["ours"],
        "peak_mib": peak,
        "bleu_difference": scores["ours"] - scores["fp32"],
    }
    for side, median in medians.items():
        print(f"{side:12} {median:8.2f} s")
    outcome = {
        "benchmark": "translate_throughput",
        "figures": {name: round(value, 3) for name, value in figures.items()},
        "against": "transformers' generate and CTranslate2 by hand, in the same run",
        "settings": {"lines": len(zh), "rounds": options.rounds, "cores": os.cpu_count()},
    }
    tell(outcome, options.output)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=500)
    parser.add_argument("--part", type=int, default=50, help="lines that are translated one by one")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", default=str(ROOT / "models/starter"))
    parser.add_argument("--quick", action="store_true", help="under 90 seconds on two cores")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    if options.quick:
        options.lines, options.part, options.rounds = 100, 10, 1
    return options


if __name__ == "__main__":
    main()
