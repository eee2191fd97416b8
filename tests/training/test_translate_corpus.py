"""Reversed pairs, a model trained on them, and the corpus that it back-translates."""

from __future__ import annotations

import dataclasses
import lzma
import subprocess
import sys
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mt.config import Config, save_config
from mt.training.packing import PackedPairs
from mt.training.ragged import Ragged
from mt.training.starter import train_starter

ROOT = Path(__file__).resolve().parents[2]
rows = st.lists(st.lists(st.integers(0, 70_000), max_size=5), max_size=8)


@given(rows, st.data())
def test_selected_rows_are_those_asked_for(lists: list[list[int]], data: st.DataObject) -> None:
    ragged = Ragged.of(lists)
    chosen = data.draw(st.lists(st.integers(0, len(lists) - 1))) if lists else []
    selected = ragged.select(np.array(chosen, np.int64))
    assert [row.tolist() for row in (selected[place] for place in range(len(chosen)))] == [lists[n] for n in chosen]


@given(st.lists(st.tuples(*[st.lists(st.integers(3, 99), max_size=4)] * 3), min_size=1, max_size=8))
def test_reversed_pairs_have_both_sides_plain(triples: list[tuple[list[int], list[int], list[int]]]) -> None:
    source, annotated, target = (Ragged.of(column) for column in zip(*triples, strict=True))
    origin = np.arange(len(triples), dtype=np.uint8)
    back = PackedPairs(source, annotated, target, origin, (1.0,) * len(triples)).reversed()
    expected = [(t, s, n) for n, (s, _, t) in enumerate(triples) if s]
    assert [
        (back.source[i].tolist(), back.target[i].tolist(), int(back.origin[i])) for i in range(len(back))
    ] == expected
    assert not back.annotated.lengths.any()
    assert len(back.annotated) == len(back)


def translate(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/translate_corpus.py", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_a_reversed_model_back_translates_the_corpus(
    starter_config: Config, seed_pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    config = dataclasses.replace(
        starter_config,
        run=dataclasses.replace(starter_config.run, dir=str(tmp_path / "run")),
        corpus=dataclasses.replace(starter_config.corpus, reverse=True),
        model=dataclasses.replace(starter_config.model, publish=""),
    )
    save_config(config, tmp_path / "c.yaml")
    trained = train_starter(config)
    assert trained.validation_loss is not None
    output = tmp_path / "made.tsv.xz"
    done = translate(tmp_path / "c.yaml", output, "--source", "pairs")
    assert done.returncode == 0, done.stderr
    text = lzma.decompress(output.read_bytes()).decode("utf-8")
    made = [line.split("\t") for line in text.splitlines()]
    assert done.stdout.splitlines()[-1] == f"{len(made)} pairs: {output}"
    # The human English is whole and in order; six steps do not teach the model Chinese that is worth reading.
    human = [" ".join(en.split()) for _, en in seed_pairs]
    assert made
    assert [en for _, en in made] == [en for en in human if en in {english for _, english in made}]
    assert len(list(tmp_path.glob("made*"))) == 1

    # Sampling depends on nothing but the seed, and what stands already is not made again.
    again = translate(tmp_path / "c.yaml", tmp_path / "again.tsv.xz", "--source", "pairs")
    assert again.returncode == 0
    assert lzma.decompress((tmp_path / "again.tsv.xz").read_bytes()).decode("utf-8") == text
    parts = tmp_path / "third.tsv.xz.parts"
    parts.mkdir()
    (parts / "settings.json").write_text('{"step": 1}')
    refused = translate(tmp_path / "c.yaml", tmp_path / "third.tsv.xz")
    assert refused.returncode == 2
    assert "was begun with other settings" in refused.stderr.splitlines()[-1]
    unknown = translate(tmp_path / "c.yaml", output, "--source", "pears")
    assert unknown.returncode == 2
    assert unknown.stderr.splitlines()[-1].endswith("no such source; take of pairs, terms")
