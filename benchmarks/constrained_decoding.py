"""What do hard constraints cost? Constrained beam search against ``generate`` at beam 5, and against v4's own.

    .venv/bin/python benchmarks/constrained_decoding.py --quick
    .venv/bin/python benchmarks/constrained_decoding.py -o benchmarks/results/constrained_decoding.json
    .venv/bin/python benchmarks/constrained_decoding.py --peer-venv /tmp/peer     # with transformers 4.51.3 in it
    .venv/bin/python benchmarks/constrained_decoding.py --sets 10000 --only-sets  # are random term sets all met?

The model has the shape and the tokenizer of opus-mt-zh-en and random weights: time does not depend on
them, as every run has the same number of steps. Each repeat decodes the same segments with
``generate`` and with ours, in turn; the ratio is the median over repeats. Ours includes spelling the
terms and compiling the constraints. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch  # noqa: E402
import transformers  # noqa: E402
from _outcome import tell  # noqa: E402
from quality import novels  # noqa: E402
from transformers import AutoConfig, AutoTokenizer, MarianMTModel  # noqa: E402

from mt.constraints.beam_search import ConstrainedBeamSearch  # noqa: E402
from mt.constraints.variants import TermSpeller  # noqa: E402

SHARED = ROOT.parent / "shared"
BEAMS = 5
SEED = 20261123

# Runs in the peer's own environment: one call per segment, as force_words_ids holds for a whole batch.
PEER = """
import json, sys, time, torch, transformers
from transformers import MarianConfig, MarianMTModel
task = json.load(open(sys.argv[1]))
torch.set_num_threads(task["threads"])
torch.manual_seed(task["seed"])
model = MarianMTModel(MarianConfig(**task["config"])).eval().to(task["device"])
def decode(ids, words):
    ids = torch.tensor([ids]).to(task["device"])
    return model.generate(ids, attention_mask=torch.ones_like(ids), force_words_ids=words, num_beams=task["beams"],
                          min_new_tokens=task["steps"] - 1, max_new_tokens=task["steps"])
decode(*task["segments"][0])
start = time.perf_counter()
for ids, words in task["segments"]:
    decode(ids, words)
seconds = (time.perf_counter() - start) / len(task["segments"])
print(json.dumps({"version": transformers.__version__, "seconds": seconds}))
"""


def main() -> None:
    options = arguments()
    torch.set_num_threads(options.threads)
    bench = Bench(options)
    figures: dict[str, float] = {}
    if not options.only_sets:
        bench.speed(figures)
    if options.peer_venv:
        bench.peer(figures)
    if options.translator:
        bench.hybrid(figures)
    if options.sets:
        bench.term_sets(figures)
    result = {
        "benchmark": "constrained_decoding",
        "figures": {name: round(value, 4) for name, value in figures.items()},
        "against": f"transformers {transformers.__version__} generate, beam {BEAMS}"
        + (", transformers 4.51.3 force_words_ids" if options.peer_venv else ""),
        "machine": f"{platform.machine()}, {options.threads} threads, {options.device}, torch {torch.__version__}",
        "settings": {
            "model": "shape of opus-mt-zh-en, random weights" + (", one layer of 64" if options.small else ""),
            "precision": "bfloat16" if options.bf16 else "float32",
            "steps": options.steps,
            "repeats": options.repeats,
            "seed": SEED,
        },
    }
    tell(result, options.output)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="under 50 seconds on two cores: fewer cases and steps")
    parser.add_argument("--batches", type=int, nargs="+", default=[8, 32])
    parser.add_argument("--terms", type=int, nargs="+", default=[1, 3, 5])
    parser.add_argument("--steps", type=int, default=48, help="tokens of every output")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--model", type=Path, default=SHARED / "opus-mt-zh-en", help="folder with config and tokenizer")
    parser.add_argument("--peer-venv", type=Path, help="virtual environment with transformers 4.51.3 and torch")
    parser.add_argument("--peer-segments", type=int, default=8)
    parser.add_argument("--translator", type=Path, help="trained model: time Translator off and hybrid with it")
    parser.add_argument("--sets", type=int, default=0, help="random term sets to decode and check")
    parser.add_argument("--small", action="store_true", help="fewer and narrower layers, for many sets on a CPU")
    parser.add_argument("--only-sets", action="store_true")
    parser.add_argument("--bf16", action="store_true", help="weights in bfloat16, twice as fast on some CPUs")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    if options.quick:
        options.batches, options.terms, options.steps, options.repeats = [8], [1, 5], 24, 2
    if not options.model.is_dir():
        parser.error(f"{options.model} is absent: give --model a folder with a Marian config and tokenizer")
    return options


class Bench:
    """The model, the segments and the terms."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.tokenizer = AutoTokenizer.from_pretrained(options.model)
        self.config = AutoConfig.from_pretrained(options.model)
        if options.small:
            small: dict[str, float] = {"d_model": 64, "encoder_layers": 1, "decoder_layers": 1}
            small |= {"encoder_ffn_dim": 128, "decoder_ffn_dim": 128, "init_std": 0.1}
            self.config.update(small | {"encoder_attention_heads": 4, "decoder_attention_heads": 4})
        torch.manual_seed(SEED)
        precision = torch.bfloat16 if options.bf16 else torch.float32
        self.model: Any = MarianMTModel(self.config).eval().to(options.device, precision)
        self.sources, self.words = texts()
        self.random = random.Random(SEED)
        self.speller = TermSpeller(self.tokenizer)

    def segments(self, batch: int) -> Any:
        chosen = self.random.sample(self.sources, batch)
        return self.tokenizer(chosen, return_tensors="pt", padding=True).to(self.options.device)

    def phrases(self, segments: int, terms: int) -> list[list[str]]:
        """Different English phrases of one to three words for each segment."""
        return [
            [" ".join(self.random.sample(self.words, self.random.randint(1, 3))) for _ in range(terms)]
            for _ in range(segments)
        ]

    def generate(self, inputs: Any, **kwargs: Any) -> Any:
        return self.model.generate(**inputs, num_beams=BEAMS, **kwargs)

    def fixed(self) -> dict[str, int]:
        return {"min_new_tokens": self.options.steps - 1, "max_new_tokens": self.options.steps}

    def constrained(self, inputs: Any, phrases: Sequence[Sequence[str]]) -> ConstrainedBeamSearch:
        """Decode with constraints; the phrases are new each time, so spelling them is paid for."""
        search = self.search(inputs, phrases)
        self.generate(inputs, custom_generate=search, **self.fixed())
        return search

    def search(self, inputs: Any, phrases: Sequence[Sequence[str]]) -> ConstrainedBeamSearch:
        """Spell phrases, each with two tokens of its segment as its source."""
        constraints = []
        for own, length in zip(phrases, inputs["attention_mask"].sum(1).tolist(), strict=True):
            starts = [self.random.randrange(max(1, length - 2)) for _ in own]
            constraints.append(
                [
                    self.speller.constraint([(phrase, False)], (start, start + 2))
                    for phrase, start in zip(own, starts, strict=True)
                ]
            )
        return ConstrainedBeamSearch(constraints, boundaries=self.speller.boundaries)

    def speed(self, figures: dict[str, float]) -> None:
        print(f"{'batch':>5} {'terms':>5} {'generate s':>11} {'ours s':>8} {'ratio':>6} {'met %':>6}")
        for batch in self.options.batches:
            inputs = self.segments(batch)
            self.generate(inputs, max_new_tokens=3)  # warm
            for terms in self.options.terms:
                plain, ours, share = self.compare(inputs, terms)
                ratio = statistics.median(b / a for a, b in zip(plain, ours, strict=True))
                print(
                    f"{batch:>5} {terms:>5} {statistics.median(plain):>11.2f} {statistics.median(ours):>8.2f} "
                    f"{ratio:>6.3f} {share:>6.1f}",
                    flush=True,
                )
                figures[f"time_ratio_batch{batch}_terms{terms}"] = ratio
                figures[f"met_batch{batch}_terms{terms}"] = share
                figures[f"seconds_per_segment_batch{batch}_terms{terms}"] = statistics.median(ours) / batch

    def compare(self, inputs: Any, terms: int) -> tuple[list[float], list[float], float]:
        """Return the seconds of generate and of ours, one for each repeat, and the share of constraints met."""
        plain: list[float] = []
        ours: list[float] = []
        met: list[bool] = []
        for repeat in range(self.options.repeats):
            phrases = self.phrases(len(inputs["input_ids"]), terms)

            def constrained(phrases: list[list[str]] = phrases) -> None:
                met.extend(outcome.met for outcome in self.constrained(inputs, phrases).outcomes)

            def generate() -> None:
                self.generate(inputs, **self.fixed())

            cases = [(plain, generate), (ours, constrained)]
            for seconds, case in cases if repeat % 2 == 0 else reversed(cases):
                seconds.append(timed(case, self.options.device))
        return plain, ours, 100 * sum(met) / len(met)

    def peer(self, figures: dict[str, float]) -> None:
        """Time force_words_ids in its own environment on segments with three terms each."""
        count = self.options.peer_segments
        inputs = self.segments(count)
        phrases = self.phrases(count, 3)
        words = [[list(self.speller.constraint([(phrase, True)]).alternatives[0]) for phrase in own] for own in phrases]
        rows = [
            [token for token, keep in zip(ids, mask, strict=True) if keep]
            for ids, mask in zip(inputs["input_ids"].tolist(), inputs["attention_mask"].tolist(), strict=True)
        ]
        task = {
            "threads": self.options.threads,
            "device": self.options.device,
            "seed": SEED,
            "beams": BEAMS,
            "steps": self.options.steps,
            "config": {k: v for k, v in self.config.to_dict().items() if k not in ("transformers_version", "dtype")},
            "segments": list(zip(rows, words, strict=True)),
        }
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "task.json"
            path.write_text(json.dumps(task))
            done = subprocess.run(
                [str(self.options.peer_venv / "bin/python"), "-c", PEER, str(path)], capture_output=True, text=True
            )
        if done.returncode:
            sys.exit(f"the peer failed: {done.stderr.strip().splitlines()[-1]}")
        peer = json.loads(done.stdout.strip().splitlines()[-1])
        ours = min(timed(lambda: self.constrained(inputs, phrases), self.options.device) for _ in range(2)) / count
        print(f"transformers {peer['version']} force_words_ids: {peer['seconds']:.2f} s a segment; ours {ours:.2f} s")
        figures["force_words_seconds_per_segment"] = peer["seconds"]
        figures["ours_seconds_per_segment"] = ours
        figures["speedup_over_force_words"] = peer["seconds"] / ours

    def hybrid(self, figures: dict[str, float]) -> None:
        """Time Translator off and hybrid over documents in which 30% of segments have terms.

        Outputs differ, and with them their lengths, which a weak model makes vary: so several documents, summed.
        """
        from mt.glossary.glossary import Glossary
        from mt.inference.translator import GlossaryMode, Translator

        pairs = dev_terms()
        with_terms = [(source, terms) for source, terms in pairs if terms]
        without = [source for source, terms in pairs if not terms]
        size, documents = (30, 1) if self.options.quick else (100, 6)
        modes: tuple[GlossaryMode, ...] = ("off", "hybrid")
        translators = {
            mode: Translator.from_pretrained(self.options.translator, glossary_mode=mode, device=self.options.device)
            for mode in modes
        }
        seconds: dict[str, list[float]] = {mode: [] for mode in modes}
        outcomes: dict[str, list[Any]] = {mode: [] for mode in modes}
        for number in range(documents):
            chosen = self.random.sample(with_terms, size * 3 // 10)
            document = [source for source, _ in chosen] + self.random.sample(without, size - len(chosen))
            self.random.shuffle(document)
            glossary = Glossary.from_pairs(dict.fromkeys(pair for _, terms in chosen for pair in terms))
            for mode in modes if number % 2 == 0 else reversed(modes):
                start = time.perf_counter()
                translated = translators[mode].translate(document, glossaries=[glossary] * size)
                seconds[mode].append(time.perf_counter() - start)
                outcomes[mode] += [term for translation in translated for term in translation.terms]
        ratios = [b / a for a, b in zip(seconds["off"], seconds["hybrid"], strict=True)]
        ratio = sum(seconds["hybrid"]) / sum(seconds["off"])
        print(
            f"hybrid over {documents} documents of {size} segments with terms in 30% of them: {ratio:.3f} times off "
            f"({min(ratios):.3f} to {max(ratios):.3f})"
        )
        figures |= {"hybrid_time_ratio": ratio, "hybrid_time_ratio_worst_document": max(ratios)}
        for name, terms in outcomes.items():
            figures[f"terms_met_{name}"] = 100 * sum(term.status != "unsatisfied" for term in terms) / len(terms)

    def term_sets(self, figures: dict[str, float]) -> None:
        """Decode random term sets and look for every term in the output's string."""
        sets = met = total = found = 0
        start = time.perf_counter()
        for batch in batched(self.options.sets, 32):
            inputs = self.segments(batch)
            phrases = [own for _ in range(batch) for own in self.phrases(1, self.random.randint(1, 5))]
            search = self.search(inputs, phrases)
            output = self.generate(inputs, custom_generate=search, max_new_tokens=self.options.steps)
            results = iter(search.outcomes)
            for row, own in zip(self.tokenizer.batch_decode(output, skip_special_tokens=True), phrases, strict=True):
                sets += 1
                outcomes = [next(results).met for _ in own]
                strings = [phrase.lower() in row.lower() for phrase in own]
                total += len(own)
                met += sum(outcomes)
                found += sum(strings)
                if not all(outcomes) or not all(strings):
                    print(f"not met: {own} in {row!r}", flush=True)
        print(f"{sets} term sets, {total} terms: {met} met, {found} found; {time.perf_counter() - start:.0f} s")
        figures |= {
            "sets": sets,
            "sets_terms": total,
            "sets_met": 100 * met / total,
            "sets_found": 100 * found / total,
        }


def batched(total: int, size: int) -> Iterator[int]:
    while total > 0:
        yield min(size, total)
        total -= size


def timed(case: Callable[[], Any], device: str) -> float:
    def synchronise() -> None:
        if device.startswith("cuda"):
            torch.cuda.synchronize()

    synchronise()
    start = time.perf_counter()
    case()
    synchronise()
    return time.perf_counter() - start


def texts() -> tuple[list[str], list[str]]:
    """Chinese segments, and English words to make terms of."""
    folder = SHARED / "testsets/wmt-news"
    if not folder.is_dir():
        sys.exit(f"{folder} is absent: the segments come from it")
    sources = (folder / "wmt2019.zh").read_text(encoding="utf-8").splitlines()
    english = (folder / "wmt2019.en").read_text(encoding="utf-8").split()
    words = sorted({word for word in english if word.isascii() and word.isalpha()})
    return [line for line in sources if 15 <= len(line) <= 60], words


def dev_terms() -> list[tuple[str, list[tuple[str, str]]]]:
    """Segments of the WMT23 terminology dev set with the names in them."""
    data = novels("proper")
    return [
        (source, [(zh, en) for zh, targets in terms.items() for en in targets])
        for source, terms in zip(data.sources, data.terms, strict=True)
    ]


if __name__ == "__main__":
    main()
