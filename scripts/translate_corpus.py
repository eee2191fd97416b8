"""Synthetic pairs: translate one side of the packed corpus with a model of our own, as one more source to train on.

    python scripts/translate_corpus.py runs/reverse/config.yaml work/back-translated.tsv.xz --source near --pairs 100000

A model trained with ``corpus.reverse: true`` (English into Chinese) back-translates the English sides (Sennrich et al.
2016): machine Chinese beside human English. A Chinese-English one gives human Chinese beside machine English
(self-training; Kim & Rush 2016's sequence-level distillation where the model is the larger). Together with the
pairs they come from that is data diversification (Nguyen et al. 2020). Back-translations are sampled from the ten
likeliest tokens (Edunov et al. 2018), the other way the best of a beam is taken; --sample and --beams choose otherwise.

The file is tab-separated Chinese and English: name it in corpus.sources with a weight, and it is filtered and packed
as any source. It can be interrupted: what is done stands beside it in FILE.parts and is not done again.
"""

from __future__ import annotations

import argparse
import json
import logging
import lzma
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import GenerationConfig, PreTrainedModel

from mt.config import load_config
from mt.files import remove_directory, replaced_file, write_text
from mt.models import prefix_ids, source_prefix
from mt.training.batching import collate, cut_batches
from mt.training.packing import PackedPairs
from mt.training.release import from_checkpoint
from mt.training.starter import source_names, training_sources

_log = logging.getLogger(__name__)

# Pairs of one part: a minute or so, which is what an interruption costs.
_PART = 2_000
_BATCH_TOKENS = 4096


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", help="of the run whose newest checkpoint translates")
    parser.add_argument("output", type=Path)
    parser.add_argument("--source", action="append", default=[], help="take pairs of this source only; may be repeated")
    parser.add_argument("--pairs", type=int, default=0, help="at most so many, drawn at random (default: all)")
    parser.add_argument("--beams", type=int, default=4)
    parser.add_argument("--sample", type=int, metavar="K", help="sample from the K likeliest tokens; 0 for the beam")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    config = load_config(arguments.config)
    names = source_names(config)
    unknown = sorted(set(arguments.source) - set(names))
    if unknown:
        parser.error(f"--source {unknown[0]}: no such source; take of {', '.join(dict.fromkeys(names))}")
    if arguments.output.suffix != ".xz":
        parser.error(f"{arguments.output} is to end in .tsv.xz")
    model, tokenizer, progress = from_checkpoint(config)
    pairs = PackedPairs.load(Path(config.corpus.packed) / "train")
    if len(names) != len(pairs.weights):
        parser.error(f"{config.corpus.packed} was packed from other sources: pack it again")
    if config.corpus.reverse:
        pairs = pairs.reversed()
    pairs = pairs.prefixed(prefix_ids(tokenizer, source_prefix(model.config)))
    wanted = [
        number
        for number, (name, source) in enumerate(zip(names, training_sources(config), strict=True))
        if (name in arguments.source if arguments.source else source.weight > 0)
    ]
    rows = np.flatnonzero(np.isin(pairs.origin, wanted) & (pairs.source.lengths > 0))
    if arguments.pairs:
        rows = np.sort(np.random.default_rng(config.run.seed).permutation(rows)[: arguments.pairs])
    top = (10 if config.corpus.reverse else 0) if arguments.sample is None else arguments.sample
    settings = {"step": progress.step, "rows": len(rows), "sources": wanted, "sample": top, "beams": arguments.beams}
    parts = arguments.output.with_name(arguments.output.name + ".parts")
    parts.mkdir(parents=True, exist_ok=True)
    begun = parts / "settings.json"
    if begun.is_file() and json.loads(begun.read_text("utf-8")) != settings:
        parser.error(f"{parts} was begun with other settings: go on with those, or remove it")
    write_text(begun, json.dumps(settings))
    decode: Callable[[NDArray[np.int64]], str] = lambda ids: tokenizer.decode(  # noqa: E731
        ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
    )
    for number, begin in enumerate(range(0, len(rows), _PART)):
        path = parts / f"{number:05d}.tsv"
        if not path.is_file():
            torch.manual_seed(config.run.seed + number)
            own = rows[begin : begin + _PART]
            made = translate(model, [pairs.source[row].astype(np.int64) for row in own], top, arguments.beams)
            lines = []
            for row, translation in zip(own, made, strict=True):
                # The human side keeps its text: that of the target's pieces is exact, a source's is normalised.
                sides = decode(pairs.source[row].astype(np.int64)), decode(translation)
                zh, en = reversed(sides) if config.corpus.reverse else sides
                if zh.strip() and en.strip():
                    lines.append("\t".join(" ".join(side.split()) for side in (zh, en)) + "\n")
            write_text(path, "".join(lines))
        _log.info("%d of %d pairs", min(begin + _PART, len(rows)), len(rows))
    written = 0
    with replaced_file(arguments.output) as temporary, lzma.open(temporary, "wt", encoding="utf-8", preset=1) as file:
        for path in sorted(parts.glob("*.tsv")):
            text = path.read_text("utf-8")
            written += text.count("\n")
            file.write(text)
    remove_directory(parts)
    print(f"{written} pairs: {arguments.output}")


def translate(
    model: PreTrainedModel, sources: list[NDArray[np.int64]], top: int, beams: int
) -> Iterator[NDArray[np.int64]]:
    """Yield the token ids of each source's translation, in order."""
    lengths = np.array([[len(source) for source in sources]] * 2)
    made: dict[int, NDArray[np.int64]] = {}
    pad = model.config.pad_token_id
    for places in cut_batches(lengths, _BATCH_TOKENS):
        batch = collate([sources[place] for place in places], [sources[place] for place in places], pad)
        read = torch.from_numpy(batch.source)
        chosen = GenerationConfig(
            **{
                **model.generation_config.to_diff_dict(),
                "num_beams": 1 if top else beams,
                "do_sample": bool(top),
                "top_k": top or None,
                "max_length": None,
                "max_new_tokens": min(2 * read.shape[1] + 10, model.config.max_position_embeddings - 1),
            }
        )
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            output = model.generate(input_ids=read, attention_mask=(read != pad).long(), generation_config=chosen)
        for place, ids in zip(places.tolist(), output.numpy(), strict=True):
            made[place] = ids
    return (made[place] for place in range(len(sources)))


if __name__ == "__main__":
    main()
