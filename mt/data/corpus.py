"""Large bilingual files of one tab-separated pair per line, streamed, cleaned and filtered by rule."""

from collections import Counter
from collections.abc import Iterator

from mt.config import CorpusSource
from mt.data.rules import drop_reason
from mt.errors import DataError
from mt.io.text import stream_lines
from mt.text.english_repairs import repair_english
from mt.text.normalise import normalise_source


def read_pairs(source: CorpusSource, drops: Counter[str]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of one file that pass ``mt.data.rules``, each once; ``drops`` counts the others by reason.

    Raises:
        DataError: the file cannot be read, or a line has too few columns.
    """
    seen: set[int] = set()
    for pair in clean_pairs(source):
        if reason := drop_reason(*pair) or ("repeated" if hash(pair) in seen else None):
            drops[reason] += 1
        else:
            seen.add(hash(pair))
            yield pair


def clean_pairs(source: CorpusSource) -> Iterator[tuple[str, str]]:
    """Yield every pair of one file, the source as a model will see it, the target repaired; errors as above."""
    last = max(source.zh, source.en)
    for number, line in enumerate(stream_lines(source.path, hint="correct the path in the configuration"), 1):
        columns = line.split("\t")
        if len(columns) <= last:
            message = f"{len(columns)} columns where {last + 1} are needed"
            raise DataError(message, path=source.path, line=number, hint="separate the columns by one tab")
        zh = normalise_source(columns[source.zh])
        yield zh, repair_english(zh, columns[source.en])
