"""Are hard constraints placed where they belong? Terms the model has never seen, in a language made up for it.

    .venv/bin/python benchmarks/term_placement.py --quick
    .venv/bin/python benchmarks/term_placement.py -o benchmarks/results/term_placement.json

A small Marian learns, in a minute or four, to translate random words one by one into one or two tokens,
some words changing places with the next, and names into two to four name pieces. Then it translates
sentences with names it never met, which it cannot know: without constraints they come out as some other
name. The names are given as constraints, and three ways are compared: ``generate``, constraints placed
by the model's own probability of the term (Post and Vilar 2018), and constraints placed by attention.
Reported: edits per reference token, names in the output, and the share of those within two tokens of
their place in the reference. The last line is JSON.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch  # noqa: E402
from _outcome import tell  # noqa: E402
from transformers import MarianConfig, MarianMTModel  # noqa: E402

from mt.constraints.beam_search import ConstrainedBeamSearch, Constraint  # noqa: E402

EOS, PAD, FIRST = 0, 1, 2
BEAMS = 5
SEED = 20261123


class Pair(NamedTuple):
    """A sentence: source tokens, reference tokens, and for each reference token its source position."""

    source: list[int]
    reference: list[int]
    origin: list[int]


class Language:
    """A made-up pair of languages."""

    def __init__(self, words: int, names: int, seed: int) -> None:
        draw = random.Random(seed)
        self.words = range(FIRST, FIRST + words)
        names_seen = range(self.words.stop, self.words.stop + names)
        names_new = range(names_seen.stop, names_seen.stop + names // 2)
        self.names = {"seen": names_seen, "new": names_new}
        targets = range(FIRST, FIRST + words * 3 // 2)
        pieces = range(targets.stop, targets.stop + 40)
        self.target = {word: [draw.choice(targets) for _ in range(draw.choice([1, 1, 2]))] for word in self.words}
        for name in (*names_seen, *names_new):
            self.target[name] = [draw.choice(pieces) for _ in range(draw.choice([2, 3, 4]))]
        self.swaps = {word for word in self.words if draw.random() < 0.25}
        self.size = max(names_new.stop, pieces.stop)

    def is_name(self, token: int) -> bool:
        return token >= self.words.stop

    def sentence(self, draw: random.Random, names: str) -> Pair:
        source = [
            draw.choice(self.names[names] if draw.random() < 0.12 else self.words) for _ in range(draw.randint(7, 16))
        ]
        order = list(range(len(source)))
        place = 0
        while place < len(order) - 1:
            if source[order[place]] in self.swaps:
                order[place], order[place + 1] = order[place + 1], order[place]
                place += 1
            place += 1
        reference = [(token, position) for position in order for token in self.target[source[position]]]
        return Pair(source, [token for token, _ in reference], [position for _, position in reference])


def padded(rows: Sequence[Sequence[int]], fill: int) -> torch.Tensor:
    longest = max(map(len, rows)) + 1
    return torch.tensor([[*row, EOS, *[fill] * (longest - len(row) - 1)] for row in rows])


def train(language: Language, seconds: float) -> Any:
    torch.manual_seed(SEED)
    config = MarianConfig(
        vocab_size=language.size,
        d_model=96,
        encoder_layers=2,
        decoder_layers=3,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=192,
        decoder_ffn_dim=192,
        max_position_embeddings=128,
        pad_token_id=PAD,
        eos_token_id=EOS,
        forced_eos_token_id=EOS,
        decoder_start_token_id=PAD,
        dropout=0.1,
        scale_embedding=True,
        activation_function="relu",
    )
    model: Any = MarianMTModel(config).train()
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98))
    draw = random.Random(SEED)
    start, step, loss = time.perf_counter(), 0, 0.0
    while (spent := time.perf_counter() - start) < seconds:
        step += 1
        # Warm-up, then down to nothing as the time runs out.
        rate = 2e-3 * min(step / 100, 1.0) * min(1.0, 2 * (1 - spent / seconds))
        for group in optimizer.param_groups:
            group["lr"] = rate
        pairs = [language.sentence(draw, "seen") for _ in range(64)]
        source = padded([pair.source for pair in pairs], PAD)
        labels = padded([pair.reference for pair in pairs], -100)
        output = model(input_ids=source, attention_mask=(source != PAD).long(), labels=labels)
        output.loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        loss = float(output.loss.detach())
    print(f"trained {step} steps in {seconds:.0f} s, loss {loss:.2f}", flush=True)
    return model.eval()


def edits(hypothesis: Sequence[int], reference: Sequence[int]) -> int:
    row = list(range(len(reference) + 1))
    for count, left in enumerate(hypothesis, 1):
        above, row[0] = row[:], count
        for place, right in enumerate(reference, 1):
            row[place] = min(above[place] + 1, row[place - 1] + 1, above[place - 1] + (left != right))
    return row[-1]


def evaluate(model: Any, language: Language, pairs: Sequence[Pair], way: str) -> dict[str, float]:
    wrong = tokens = names = found = placed = 0
    for first in range(0, len(pairs), 40):
        batch = pairs[first : first + 40]
        source = padded([pair.source for pair in batch], PAD)
        constraints = [
            [
                Constraint(
                    (tuple(language.target[token]),),
                    source_span=(place, place + 1) if way == "by attention" else None,
                )
                for place, token in enumerate(pair.source)
                if language.is_name(token)
            ]
            for pair in batch
        ]
        options = {} if way == "generate" else {"custom_generate": ConstrainedBeamSearch(constraints)}
        rows = model.generate(
            source, attention_mask=(source != PAD).long(), num_beams=BEAMS, max_length=72, **options
        ).tolist()
        for pair, row in zip(batch, rows, strict=True):
            output = row[1 : row.index(EOS)] if EOS in row else row[1:]
            wrong += edits(output, pair.reference)
            tokens += len(pair.reference)
            for place, token in enumerate(pair.source):
                if not language.is_name(token):
                    continue
                name, expected = language.target[token], pair.origin.index(place)
                starts = [at for at in range(len(output)) if output[at : at + len(name)] == name]
                names += 1
                found += bool(starts)
                placed += any(abs(at - expected) <= 2 for at in starts)
    return {"edit_rate": 100 * wrong / tokens, "met": 100 * found / names, "placed": 100 * placed / names}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="under 50 seconds on two cores: a smaller language")
    parser.add_argument("--seconds", type=float, default=240, help="time to train")
    parser.add_argument("--sentences", type=int, default=400)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    words, names = 60, 200
    if options.quick:
        words, names, options.seconds, options.sentences = 24, 60, 28, 80
    torch.set_num_threads(options.threads)
    language = Language(words, names, SEED)
    model = train(language, options.seconds)
    draw = random.Random(SEED + 1)
    pairs: list[Pair] = []
    while len(pairs) < options.sentences:
        pair = language.sentence(draw, "new")
        if any(map(language.is_name, pair.source)):
            pairs.append(pair)
    figures: dict[str, float] = {}
    print(f"{'':18} {'edit rate':>10} {'met %':>7} {'placed %':>9}")
    for way in ("generate", "by probability", "by attention"):
        result = evaluate(model, language, pairs, way)
        print(f"{way:18} {result['edit_rate']:>10.1f} {result['met']:>7.1f} {result['placed']:>9.1f}", flush=True)
        figures |= {f"{name}_{way.replace(' ', '_')}": round(value, 2) for name, value in result.items()}
    outcome = {
        "benchmark": "term_placement",
        "figures": figures,
        "against": "generate without constraints; constraints placed by the model's probability alone",
        "machine": f"{platform.machine()}, {options.threads} threads, torch {torch.__version__}",
        "settings": {"seconds": options.seconds, "sentences": options.sentences, "words": words, "names": names},
    }
    tell(outcome, options.output)


if __name__ == "__main__":
    main()
