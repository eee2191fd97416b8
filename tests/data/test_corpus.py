from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from mt.config import CorpusSource
from mt.data.corpus import read_pairs
from mt.errors import DataError


def test_corpus_faults_name_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("你好\thello\nno tab\n", "utf-8")
    with pytest.raises(DataError, match=r"a\.tsv:2: 1 columns where 2 are needed"):
        list(read_pairs(CorpusSource(path=str(path)), Counter()))
    (tmp_path / "b.xz").write_bytes(b"not xz")
    with pytest.raises(DataError, match="is damaged or not xz-compressed"):
        list(read_pairs(CorpusSource(path=str(tmp_path / "b.xz")), Counter()))
