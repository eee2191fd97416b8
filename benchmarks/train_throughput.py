"""How many real target tokens a second we train on, beside the transformers project's own translation example.

    python benchmarks/train_throughput.py --peer run_translation.py [--quick] [--shared ../shared]

The peer is examples/pytorch/translation/run_translation.py of the transformers repository, a script of theirs that is
not part of this one: give its path (without it only we are measured). Both train the same model (the shape of
opus-mt-zh-en with its real tokenizer and random weights) on the same pairs (newstest2017 and 2018, both sides at most
128 tokens, so that the peer cuts none off), on the same cores, with as many real target tokens a step on average, in
bfloat16 where the device computes it fast and else in fp32. The peer is run with its defaults, and once more with
batches grouped by length, its best case. Padding is counted in nobody's favour: tokens are those of the references.
Start-up, tokenising and the first steps are left out.

On a GPU, where there is one, our share of its bfloat16 peak is given too: model FLOPs (Chowdhery et al. 2022,
appendix B) of real tokens, over the time.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import platform
import runpy
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for the recipe's count of FLOPs

LONGEST = 128
WARM_UP = 3


def make_model(tokenizer: Path, folder: Path, *, small: bool) -> None:
    """Write a Marian of opus-mt's shape with random weights, and the real tokenizer."""
    import torch
    from transformers import AutoTokenizer, MarianConfig, MarianMTModel

    config = MarianConfig.from_pretrained(tokenizer)
    if small:
        config.update({"d_model": 256, "encoder_layers": 3, "decoder_layers": 3, "num_hidden_layers": 3})
        config.update({"encoder_ffn_dim": 1024, "decoder_ffn_dim": 1024})
        config.update({"encoder_attention_heads": 4, "decoder_attention_heads": 4})
    torch.manual_seed(1)
    MarianMTModel(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(tokenizer).save_pretrained(folder)


def read_pairs(shared: Path, model: Path, count: int) -> tuple[list[tuple[str, str]], list[int]]:
    """Return pairs neither of whose sides is longer than the limit, and their target lengths."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    with lzma.open(shared / "corpus/other/wmt-newstest2017-2018.tsv.xz", "rt", encoding="utf-8") as file:
        pairs = [(zh, en) for zh, en in (line.rstrip("\n").split("\t")[:2] for line in file)][:count]
    sources = tokenizer([zh for zh, _ in pairs])["input_ids"]
    targets = tokenizer(text_target=[en for _, en in pairs])["input_ids"]
    kept = [place for place in range(len(pairs)) if max(len(sources[place]), len(targets[place])) <= LONGEST]
    return [pairs[place] for place in kept], [len(targets[place]) for place in kept]


def train_ours(model: Path, data: Path, tokens: float, steps: int, folder: Path, compiled: bool) -> dict[str, Any]:
    """Train with our loop; batches hold ``tokens`` target tokens on average."""
    import torch

    from mt.config import TermsConfig, TrainingConfig
    from mt.models.load import longest_input, tag_ids
    from mt.training.data.batching import Epoch, EpochSettings
    from mt.training.data.fine_tuning_data import encode_pairs
    from mt.training.data.packed_pairs import PairEncoder
    from mt.training.loop import TrainingEvent, TrainingTask, train_loop
    from mt.training.model import load_base
    from recipes.starter.training.flops import model_flops

    base, tokenizer = load_base(str(model))
    rows = [json.loads(line)["translation"] for line in data.read_text("utf-8").splitlines()]
    encoder = PairEncoder(tokenizer, longest_input(base, tokenizer))
    pairs = encode_pairs([(row["zh"], row["en"]) for row in rows], encoder)
    tags = tag_ids(tokenizer)

    def epoch(budget: int) -> Epoch:
        return Epoch(pairs, EpochSettings(TermsConfig(), budget, tags, seed=1), 0)

    def average(budget: int) -> float:
        return int(pairs.target.lengths.sum()) / len(epoch(budget))

    low, high = LONGEST, 32 * LONGEST * LONGEST
    while high - low > 8:
        middle = (low + high) // 2
        low, high = (middle, high) if average(middle) < tokens else (low, middle)
    training = TrainingConfig(
        batch_tokens=high, max_steps=steps, learning_rate=5e-5, checkpoint_minutes=None,
        logging_steps=1, torch_compile=compiled,
    )  # fmt: skip
    times: list[float] = []

    def report(event: TrainingEvent) -> None:
        times.append(time.perf_counter())

    train_loop(TrainingTask(base, pairs, training, TermsConfig(), tags, seed=1), folder, report=report)
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text("utf-8").splitlines()]
    counted = lines[-1]["target_tokens"] - lines[WARM_UP - 1]["target_tokens"]
    seconds = times[-1] - times[WARM_UP - 1]
    flops = 0.0
    if len(epoch(high)) >= steps:
        flops = sum(model_flops(base.config, epoch(high).batch(number, 0)) for number in range(WARM_UP, steps))
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    padding = sum(line["padding"] for line in lines[WARM_UP:]) / (steps - WARM_UP)
    return {"tokens": counted, "seconds": seconds, "flops": flops, "device": device, "padding": padding}


def train_peer(script: Path, arguments: Sequence[str], result: Path) -> None:
    """Run the peer's script as it is, with a clock on its steps and a count of its real target tokens."""
    import transformers

    # It loads its metric from the hub at start, though training does not use it.
    sys.modules["evaluate"] = types.SimpleNamespace(load=lambda *_, **__: None)  # type: ignore[assignment]
    times: list[float] = []
    tokens: list[int] = []
    cells: list[tuple[int, int]] = []

    class Clock(transformers.TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            times.append(time.perf_counter())

    trainer: Any = transformers.Seq2SeqTrainer
    made, stepped = trainer.__init__, trainer.training_step

    def make(self: Any, *given: Any, **named: Any) -> None:
        made(self, *given, **named)
        self.add_callback(Clock())

    def step(self: Any, model: Any, inputs: Any, *given: Any, **named: Any) -> Any:
        real = int((inputs["labels"] != -100).sum())
        tokens.append(real)
        cells.append(
            (real + int(inputs["attention_mask"].sum()), inputs["labels"].numel() + inputs["input_ids"].numel())
        )
        return stepped(self, model, inputs, *given, **named)

    trainer.__init__, trainer.training_step = make, step
    sys.argv = [str(script), *arguments]
    runpy.run_path(str(script), run_name="__main__")
    padding = sum(1 - some / every for some, every in cells[WARM_UP:]) / len(cells[WARM_UP:])
    row = {"tokens": sum(tokens[WARM_UP:]), "seconds": times[-1] - times[WARM_UP - 1], "padding": padding}
    result.write_text(json.dumps(row))


def in_child(arguments: Sequence[str], result: Path) -> dict[str, Any]:
    """Run this file again in a process of its own; return what it measured."""
    command = [sys.executable, __file__, *arguments, "--result", str(result)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode or not result.is_file():
        sys.exit(f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    row: dict[str, Any] = json.loads(result.read_text())
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", type=Path, help="run_translation.py of the transformers repository")
    parser.add_argument("--quick", action="store_true", help="a small model, few steps: under 50 seconds on two cores")
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder of the development data")
    parser.add_argument("--segments", type=int, default=0, help="the peer's batch size (default 32; quick: 16)")
    parser.add_argument("--compile", action="store_true", help="ours with training.torch_compile, on a GPU")
    parser.add_argument("--steps", type=int, default=0, help="measured steps (default 20; quick: 5)")
    for name in ("--ours", "--result", "--script"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    options, rest = parser.parse_known_args()
    if options.script:
        train_peer(Path(options.script), rest, Path(options.result))
        return
    if options.ours:
        row = train_ours(**json.loads(options.ours, object_hook=_paths))
        Path(options.result).write_text(json.dumps(row))
        return
    if rest:
        parser.error(f"unknown: {' '.join(rest)}")
    segments = options.segments or (16 if options.quick else 32)
    steps = WARM_UP + (options.steps or (5 if options.quick else 20))
    with tempfile.TemporaryDirectory() as name:
        rows = measure(Path(name), options, segments, steps)
    rates = {kind: row["tokens"] / row["seconds"] for kind, row in rows.items()}
    print(f"{'':34} {'real target tokens/s':>20} {'a step':>8} {'padding':>8} {'ours is':>8}")
    for kind, row in rows.items():
        ratio = f"{rates['zhen-mt'] / rates[kind]:.2f}×"
        each = row["tokens"] / (steps - WARM_UP)
        print(f"{kind:34} {rates[kind]:20.1f} {each:8.0f} {row['padding']:8.1%} {ratio:>8}")
    ours = rows["zhen-mt"]
    figures = {
        "zhen_mt_tokens_per_s": round(rates["zhen-mt"], 1),
        "zhen_mt_padding": round(ours["padding"], 4),
    }
    if options.peer:
        peer, grouped = rates["run_translation.py"], rates["run_translation.py, group_by_length"]
        figures |= {
            "peer_tokens_per_s": round(peer, 1),
            "peer_grouped_tokens_per_s": round(grouped, 1),
            "times_peer": round(rates["zhen-mt"] / peer, 3),
            "times_peer_grouped": round(rates["zhen-mt"] / grouped, 3),
        }
    figures["model_tflop_per_s"] = round(ours["flops"] / ours["seconds"] / 1e12, 3)
    from recipes.starter.training.flops import peak_flops

    peak = peak_flops(ours["device"])
    if peak is not None:
        figures["share_of_bf16_peak"] = round(ours["flops"] / ours["seconds"] / peak, 4)
        print(f"share of the bfloat16 peak of {ours['device']}: {figures['share_of_bf16_peak']:.1%}")
    import torch
    import transformers

    from mt.config import TrainingConfig
    from mt.training.hardware.device import uses_bf16

    against = (
        f"transformers {transformers.__version__}'s run_translation.py; torch {torch.__version__}, {ours['device']}, "
        f"{os.environ['OMP_NUM_THREADS']} threads, {platform.machine()}, "
        f"{'bfloat16' if uses_bf16(TrainingConfig()) else 'fp32'}, "
        f"{'a small Marian' if options.quick else 'the shape of opus-mt-zh-en'}, its batches of {segments} segments"
    )
    print(json.dumps({"benchmark": "train_throughput", "figures": figures, "against": against}))


def measure(folder: Path, options: argparse.Namespace, segments: int, steps: int) -> dict[str, dict[str, Any]]:
    """Train with both, one after the other, and return tokens, seconds and padding of each."""
    os.environ.setdefault("OMP_NUM_THREADS", str(len(os.sched_getaffinity(0))))
    os.environ |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "TRANSFORMERS_VERBOSITY": "error"}
    model, data = folder / "base", folder / "train.jsonl"
    make_model(options.shared / "opus-mt-zh-en", model, small=options.quick)
    pairs, lengths = read_pairs(options.shared, model, 1500 if options.quick else 6000)
    lines = [json.dumps({"translation": {"zh": zh, "en": en}}, ensure_ascii=False) for zh, en in pairs]
    data.write_text("\n".join(lines) + "\n", "utf-8")
    tokens = segments * sum(lengths) / len(lengths)
    given = {"model": str(model), "data": str(data), "tokens": tokens, "steps": steps, "compiled": options.compile}
    arguments = ["--ours", json.dumps(given | {"folder": str(folder / "ours")})]
    rows = {"zhen-mt": in_child(arguments, folder / "ours.json")}
    peers = {"run_translation.py": "random", "run_translation.py, group_by_length": "group_by_length"}
    for kind, sampling in peers.items() if options.peer else ():
        import torch

        from mt.config import TrainingConfig
        from mt.training.hardware.device import uses_bf16

        arguments = [
            "--model_name_or_path", str(model), "--do_train", "--source_lang", "zh", "--target_lang", "en",
            "--train_file", str(data), "--output_dir", str(folder / sampling), "--max_source_length", "512",
            "--per_device_train_batch_size", str(segments), "--max_steps", str(steps), "--report_to", "none",
            "--save_strategy", "no", "--train_sampling_strategy", sampling, "--cache_dir", str(folder / "cache"),
            *([] if torch.cuda.is_available() else ["--use_cpu"]), *(["--bf16"] if uses_bf16(TrainingConfig()) else []),
        ]  # fmt: skip
        rows[kind] = in_child(["--script", str(options.peer.resolve()), *arguments], folder / f"{sampling}.json")
    return rows


def _paths(given: dict[str, Any]) -> dict[str, Any]:
    return {name: Path(value) if name in ("model", "data", "folder") else value for name, value in given.items()}


if __name__ == "__main__":
    main()
