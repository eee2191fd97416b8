"""Translation on several machines or processes with Ray Data: one translator in each worker.

Whole documents are the unit, so that the first mention of a term is the same as in one process. What is done is on
disk at once; a worker that is lost is started again by Ray, with what it was given.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mt.documents.formats import DocumentOptions
from mt.errors import DataError, ModelError, UserError
from mt.glossary.glossary import Glossary, GlossaryLike
from mt.inference.documents import lazy_aligner, translate_file
from mt.inference.translation import Translation
from mt.inference.translator import Translator
from mt.io.files import write_text

if TYPE_CHECKING:
    from datasets import Dataset

_log = logging.getLogger(__name__)


class _FileWorker:
    """Translates files, given by name and content: the machine of a worker need not have them."""

    def __init__(self, model: str, glossary: Glossary | None, settings: dict[str, Any]) -> None:
        documents, mark = settings.pop("documents", None), settings.pop("mark_terms", False)
        self._translator = Translator.from_pretrained(model, glossary, **settings)
        self._options: dict[str, Any] = {"options": documents, "mark_terms": mark, "align": lazy_aligner(model)}

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / Path(row["name"]).name
            path.write_bytes(row["content"])
            try:
                content, translations = translate_file(path, self._translator, **self._options)
            except UserError as error:
                return {"number": row["number"], "content": b"", "translations": "[]", "error": error.advice}
        reports = json.dumps([translation.to_dict() for translation in translations])
        return {"number": row["number"], "content": content, "translations": reports, "error": ""}


class _TextWorker:
    """Translates shards of documents."""

    def __init__(self, model: str, glossary: Glossary | None, settings: dict[str, Any]) -> None:
        self._translator = Translator.from_pretrained(model, glossary, **settings)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        texts, documents = json.loads(row["texts"]), json.loads(row["documents"])
        translations = self._translator.translate(texts, documents=documents)
        return {"number": row["number"], "texts": json.dumps([str(translation) for translation in translations])}


def translate_folder(
    files: Sequence[Path],
    model: str | Path,
    glossary: GlossaryLike | None = None,
    *,
    workers: int = 2,
    documents: DocumentOptions | None = None,
    **settings: Any,
) -> Iterator[tuple[int, bytes, list[Translation]]]:
    """Translate files on Ray's workers.

    Args:
        files: in any format of :mod:`mt.documents`; read here and sent to the workers.
        model: a folder or hub name that every worker can load.
        workers: how many translators.
        documents: what of a document is translated.
        settings: as for :meth:`mt.inference.translator.Translator.from_pretrained`, and ``mark_terms``.

    Yields:
        The number of a file, as soon as it is done, its translated content, and the translations of its segments.

    Raises:
        ModelError: Ray is not installed.
        DataError: files could not be translated: after all others.
    """
    rows = ({"number": number, "name": str(path), "content": path.read_bytes()} for number, path in enumerate(files))
    failed = 0
    settings = settings | {"documents": documents}
    for row in _on_workers(_FileWorker, list(rows), workers, str(model), Glossary.coerce(glossary), settings):
        number = int(row["number"])
        if row["error"]:
            failed += 1
            _log.error("%s: %s", files[number], row["error"])
            continue
        translations = [Translation.from_dict(value) for value in json.loads(row["translations"])]
        yield number, row["content"], translations
    if failed:
        raise DataError(f"{failed} of {len(files)} files could not be translated", hint="see the errors above")


def translate_dataset(
    dataset: Dataset,
    output: str | Path,
    model: str | Path,
    glossary: GlossaryLike | None = None,
    *,
    column: str = "zh",
    document: str | None = None,
    workers: int = 2,
    rows_per_shard: int = 256,
    **settings: Any,
) -> Dataset:
    """Translate a column of a Hugging Face dataset on Ray's workers.

    Each shard of whole documents is a file in ``output`` once it is done; called again, what is there is not
    translated again.

    Args:
        dataset: with texts in ``column``; rows of one value of the column ``document`` that follow each other are one
            document, without it each row is.
        output: a folder for the shards.
        model: a folder or hub name that every worker can load.
        workers: how many translators.
        rows_per_shard: least rows of a shard.
        settings: as for :meth:`mt.inference.translator.Translator.from_pretrained`.

    Returns:
        The dataset with a column ``en``.

    Raises:
        ModelError: Ray is not installed.
        DataError: there is no such column.
    """
    for name in filter(None, (column, document)):
        if name not in dataset.column_names:
            raise DataError(f"the dataset has no column '{name}'", hint=f"it has {', '.join(dataset.column_names)}")
    names = dataset[document] if document is not None else range(len(dataset))
    shards = list(_shards(list(names), rows_per_shard))
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{start:09}-{end:09}.json" for start, end in shards]
    rows = [
        {"number": number, "texts": json.dumps(list(dataset[start:end][column])),
         "documents": json.dumps(list(names[start:end]), default=str)}
        for number, (start, end) in enumerate(shards)
        if not files[number].exists()
    ]  # fmt: skip
    if len(rows) < len(shards):
        _log.info("%d of %d shards are there already", len(shards) - len(rows), len(shards))
    for row in _on_workers(_TextWorker, rows, workers, str(model), Glossary.coerce(glossary), settings):
        write_text(files[int(row["number"])], row["texts"])
    english = [text for file in files for text in json.loads(file.read_text("utf-8"))]
    return dataset.add_column("en", english)


def _shards(documents: Sequence[Any], rows: int) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of shards of whole documents with at least so many rows."""
    start = end = 0
    for _, group in groupby(documents):
        end += len(list(group))
        if end - start >= rows:
            yield start, end
            start = end
    if start < end:
        yield start, end


def _on_workers(worker: type, rows: list[dict[str, Any]], workers: int, *arguments: Any) -> Iterator[dict[str, Any]]:
    """Yield what the workers make of each row, in the order in which they are done."""
    if not rows:
        return
    try:
        import ray
        from ray.data import ActorPoolStrategy, DataContext
    except ImportError:
        raise ModelError("Ray is not installed", hint="pip install 'zhen-mt[ray]'") from None
    if not ray.is_initialized():
        ray.init(log_to_driver=False, logging_level=logging.ERROR)
    context = DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    # Ray Data starts a lost worker again, and gives it again what it had, as often as need be.
    pool = ActorPoolStrategy(size=min(workers, len(rows)))
    done = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
        worker, fn_constructor_args=arguments, compute=pool, num_cpus=1
    )
    yield from done.iter_rows()
