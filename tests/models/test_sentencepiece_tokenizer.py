"""The tokenizer on SentencePiece alone gives what transformers' MarianTokenizer gives."""

import json
import lzma
import shutil
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import MarianTokenizer

from mt.errors import ModelError
from mt.models.sentencepiece_tokenizer import SentencePieceTokenizer

ROOT = Path(__file__).resolve().parents[2]
STARTER = ROOT / "models" / "starter"


_LOADED = SentencePieceTokenizer.load(STARTER)
assert _LOADED is not None
BOTH = MarianTokenizer.from_pretrained(STARTER), _LOADED


def test_vocabularies_are_equal() -> None:
    theirs, ours = BOTH
    assert len(ours) == len(theirs)
    assert ours.get_vocab() == theirs.get_vocab()
    assert ours.all_special_tokens == theirs.all_special_tokens
    assert ours.all_special_ids == theirs.all_special_ids
    for name in ("eos_token_id", "pad_token_id", "unk_token_id", "model_max_length"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert ours.convert_ids_to_tokens(range(len(ours))) == theirs.convert_ids_to_tokens(list(range(len(ours))))
    added = {number: (token.content, token.special) for number, token in theirs.added_tokens_decoder.items()}
    assert {number: (token.content, token.special) for number, token in ours.added_tokens_decoder.items()} == added


_SPECIAL = ("<term>", "<trans>", "</term>", "</s>", "<pad>", "<unk>", "<length-5>", ">>eng<<", ">>", "<<")
_PIECES = st.sampled_from([*_SPECIAL, *"▁ \n\u3000\x00é😀", "川促会", "SUCPEB", "1.5"])


@given(st.lists(_PIECES | st.text(max_size=6), max_size=8).map("".join))
def test_any_text_is_encoded_and_decoded_alike(text: str) -> None:
    theirs, ours = BOTH
    for side in ("text", "text_target"):
        for special in (True, False):
            ids = theirs(**{side: text}, add_special_tokens=special)["input_ids"]
            assert ours(**{side: text}, add_special_tokens=special)["input_ids"] == ids
            for skip in (True, False):
                assert ours.decode(ids, skip_special_tokens=skip) == theirs.decode(ids, skip_special_tokens=skip)


@pytest.mark.shared
@pytest.mark.parametrize(("folder", "count"), [("models/starter", 100_000), ("../shared/opus-mt-zh-en", 10_000)])
def test_100_000_segments_have_the_same_ids(shared: Path, folder: str, count: int) -> None:
    texts: list[str] = []
    for path in sorted((shared / "corpus" / "other").glob("*.tsv.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as file:
            texts += (cell for line in islice(file, 100_000) for cell in line.rstrip("\n").split("\t")[:2])
    texts = texts[:: len(texts) // count][:count]
    assert len(texts) == count
    theirs, ours = MarianTokenizer.from_pretrained(ROOT / folder), SentencePieceTokenizer.load(ROOT / folder)
    assert ours is not None
    assert ours(texts)["input_ids"] == theirs(texts)["input_ids"]


def test_leaves_other_tokenizers_to_transformers(tmp_path: Path) -> None:
    shutil.copytree(STARTER, tmp_path / "model", ignore=shutil.ignore_patterns("*.safetensors"))
    path = tmp_path / "model" / "tokenizer_config.json"
    config = json.loads(path.read_text("utf-8"))
    for change in ({"separate_vocabs": True}, {"clean_up_tokenization_spaces": True}):
        path.write_text(json.dumps(config | change), "utf-8")
        assert SentencePieceTokenizer.load(tmp_path / "model") is None
    config["added_tokens_decoder"]["0"]["lstrip"] = True
    path.write_text(json.dumps(config), "utf-8")
    assert SentencePieceTokenizer.load(tmp_path / "model") is None
    (tmp_path / "model" / "source.spm").unlink()
    assert SentencePieceTokenizer.load(tmp_path / "model") is None


@pytest.mark.parametrize("name", ["source.spm", "vocab.json", "tokenizer_config.json"])
def test_damaged_files_are_refused_by_name(tmp_path: Path, name: str) -> None:
    shutil.copytree(STARTER, tmp_path / "model", ignore=shutil.ignore_patterns("*.safetensors"))
    (tmp_path / "model" / name).write_text("[1]" if name == "vocab.json" else "none", "utf-8")
    with pytest.raises(ModelError, match=name):
        SentencePieceTokenizer.load(tmp_path / "model")
