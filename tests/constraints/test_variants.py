from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt.constraints.constraint import CONTINUES, OPENS
from mt.constraints.variants import TermSpeller, written_variants
from mt.glossary.matching.folding import fold_width, word_bounded
from mt.glossary.term import Term

TEXT = [
    "The Bank of China opened a branch in Chengdu, and the banks of Chongqing followed.",
    "The level-2 counselor said (in 2021) that the “Economic Circle” is going global.",
    "A report of the Foreign Affairs Office: the secretary-general met counselors; 3.5 million people live here.",
    "Banking and bankers are not the bank; Chinese and China's are not China, nor is the Chengdu-Chongqing line.",
    "Jackdaws love my big sphinx of quartz, “said” the quick brown fox (who jumps over the lazy dog) (Bank).",
    '"Bank" (Chengdu) "China" (counselor) "Foreign" (level) "Economic" (of) "Office"',
]


@pytest.fixture(scope="module")
def speller(tmp_path_factory: pytest.TempPathFactory) -> TermSpeller:
    """A Marian tokenizer trained on the sentences above."""
    import sentencepiece
    from transformers import MarianTokenizer

    folder = tmp_path_factory.mktemp("tokenizer")
    (folder / "text").write_text("\n".join(TEXT * 3), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "text"),
        model_prefix=str(folder / "target"),
        vocab_size=110,
        character_coverage=1.0,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "target.model"))
    pieces = [model.id_to_piece(number) for number in range(model.get_piece_size())]
    pieces = ["</s>", "<unk>", *(piece for piece in pieces if piece not in ("</s>", "<s>", "<unk>")), "<pad>"]
    for name in ("source.spm", "target.spm"):
        (folder / name).write_bytes((folder / "target.model").read_bytes())
    (folder / "vocab.json").write_text(json.dumps({piece: number for number, piece in enumerate(pieces)}))
    tokenizer = MarianTokenizer(
        source_spm=str(folder / "source.spm"), target_spm=str(folder / "target.spm"), vocab=str(folder / "vocab.json")
    )
    return TermSpeller(tokenizer)


def decoded(speller: TermSpeller, *parts: Any) -> str:
    tokens = [t for part in parts for t in (speller._encode(part) if isinstance(part, str) else part)]
    return str(speller.tokenizer.decode(tokens, skip_special_tokens=True))


def test_written_variants():
    assert written_variants("bank of China") == ["bank of China", "Bank of China"]
    assert written_variants("going global") == ["going global", "Going global", "Going Global"]
    assert written_variants("SUCPEB") == ["SUCPEB"]
    assert written_variants("bank", exact=True) == ["bank"]
    assert written_variants(" two\u3000words ", exact=True) == ["two words"]
    assert written_variants("  ") == []


def test_every_sequence_spells_a_variant_in_context(speller):
    term = Term("银行", ("bank", "Bank of China"))
    spelled = speller.term(term)
    strings = {decoded(speller, "of", sequence, "and") for sequence in spelled.alternatives}
    assert strings == {f"of {form} and" for form in ("bank", "Bank", "banks", "Banks", "Bank of China")}
    for sequence in spelled.joined:
        inside = decoded(speller, "(", sequence, ")")
        assert inside[0] == "("
        assert inside[1:-1].lower().strip() in ("bank", "banks", "bank of china")
    assert spelled.joined


def test_alternatives_are_not_repeated(speller):
    constraint = speller.constraint([("Bank", False), ("Bank", True), ("bank", False)])
    assert len(set(constraint.alternatives)) == len(constraint.alternatives)
    assert len(set(constraint.joined)) == len(constraint.joined)
    assert set(constraint.alternatives).isdisjoint(constraint.joined)


def test_case_and_requested_target(speller):
    exact = speller.term(Term("银行", ("Bank",), case="exact", inflect=False))
    assert [decoded(speller, sequence) for sequence in exact.alternatives] == ["Bank"]
    only = speller.term(Term("某", ("Office", "Bank"), inflect=False), "Bank")
    assert {decoded(speller, sequence) for sequence in only.alternatives} == {"Bank"}
    other = speller.term(Term("某", ("Office",), inflect=False), "Foreign Office (Bank)")
    assert {decoded(speller, sequence) for sequence in other.alternatives} == {"Foreign Office (Bank)"}


def test_what_the_vocabulary_lacks_is_unspellable(speller):
    spelled = speller.constraint([("重庆", False), ("Žižek", False), ("", False)])
    assert spelled.alternatives == ()
    mixed = speller.constraint([("重庆", False), ("Chongqing", False)])
    assert mixed == speller.constraint([("Chongqing", False)])
    assert mixed.alternatives


def test_spelled_by_pieces_where_the_tokenizer_chooses_an_unknown_one(speller):
    sequence = speller._fewest_pieces("Bank of")
    assert decoded(speller, sequence) == "Bank of"
    assert speller._fewest_pieces("重") == ()


def test_boundaries_agree_with_the_check_on_strings(speller):
    pieces, boundaries = speller._pieces, speller.boundaries
    by_piece = {piece: number for number, piece in enumerate(pieces)}
    assert boundaries[by_piece["s"]] == CONTINUES
    assert not boundaries[by_piece[","]] & CONTINUES
    assert not any(boundaries[number] & CONTINUES for piece, number in by_piece.items() if piece.startswith("▁"))
    assert (boundaries[by_piece["▁("]] | boundaries[by_piece["("]]) & OPENS
    bank = speller.constraint([("Bank", True)]).alternatives[0]
    for token, piece in enumerate(pieces):
        if token in speller._special or len(piece) != 1 or piece == "▁":
            continue
        text = fold_width(decoded(speller, bank, [token])).text
        assert bool(boundaries[token] & CONTINUES) is not word_bounded(text, 0, 4), piece


@settings(max_examples=60, deadline=None)
@given(st.text("abcdefghijklmnopqrstuvwxyzBCFO -", min_size=1, max_size=24))
def test_what_a_sequence_spells_is_the_string(speller, text):
    spelled = speller.constraint([(text, True)])
    spaced = " ".join(text.split())
    for sequence in spelled.alternatives:
        assert decoded(speller, "of", sequence, "and") == f"of {spaced} and"


@pytest.mark.shared
def test_real_vocabulary(shared: Path):
    from transformers import AutoTokenizer

    speller = TermSpeller(AutoTokenizer.from_pretrained(shared / "opus-mt-zh-en"))
    spelled = speller.term(Term("川促会", ("SUCPEB", "Chengdu-Chongqing Economic Circle")))
    pieces = [speller.tokenizer.convert_ids_to_tokens(list(sequence)) for sequence in spelled.alternatives]
    assert ["▁SU", "CP", "EB"] in pieces
    joined = [speller.tokenizer.convert_ids_to_tokens(list(sequence)) for sequence in spelled.joined]
    assert ["SU", "CP", "EB"] in joined
    assert speller.constraint([("重庆", False)]).alternatives
    assert sum(token_class & CONTINUES for token_class in speller.boundaries) > 1000


@pytest.mark.shared
def test_spelling_leaves_the_tokenizer_of_other_threads_alone(shared: Path):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(shared / "opus-mt-zh-en")
    speller = TermSpeller(tokenizer)
    source = "重庆市政府外办主任赴成都调研。"
    expected = tokenizer(source).input_ids
    assert tokenizer(text_target=source).input_ids != expected
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(1) as pool:
            spelling = pool.submit(lambda: [speller.constraint([(f"Word {n}", False)]) for n in range(60)])
            while not spelling.done():
                assert tokenizer(source).input_ids == expected
    finally:
        sys.setswitchinterval(switch)
