"""What ``zhen-mt translate`` says of terms, numbers, names and protected spans: its report, its log lines."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from mt.io.text import inert_cell

if TYPE_CHECKING:
    from mt.inference.translation import Translation

# The file, None for text, and its translations.
Results: TypeAlias = "list[tuple[Path | None, list[Translation]]]"
_log = logging.getLogger("mt.cli")
_COLUMNS = ("kind", "source", "requested", "target", "status", "reason")


def report_on(results: Results, *, table: bool) -> str:
    """One JSON object per line for each term, number, name and span; or a table with their lines, to read."""
    found = [
        ({} if path is None else {"file": str(path)}, number, translation, result)
        for path, translations in results
        for number, translation in enumerate(translations)
        for result in (*translation.terms, *translation.entities)
    ]
    rows = [file | {"segment": number, **result.to_dict()} for file, number, _, result in found]
    if not table:
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    cells = [
        [*file.values(), number + 1, *map(row.get, _COLUMNS), translation.source, translation.text]
        for row, (file, number, translation, _) in zip(rows, found, strict=True)
    ]
    in_files = bool(results) and results[0][0] is not None
    head = [*(["file"] if in_files else []), "line", *_COLUMNS, "source text", "translation"]
    # A spreadsheet would take a cell that begins with one of these for a formula.
    inert = [[inert_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in cells]
    text = io.StringIO()
    csv.writer(text, "excel-tab", lineterminator="\n").writerows([head, *inert])
    return text.getvalue()


def log_results(translations: list[Translation], *, with_terms: bool, file: Path | None) -> None:
    """Say how many terms and entities were met; none that was not goes unseen."""
    found: list[tuple[int, Any]] = [
        (number, result)
        for number, translation in enumerate(translations, 1)
        for result in (*(translation.terms if with_terms else ()), *translation.entities)
    ]
    labels = {"term": "terms", "number": "numbers", "name": "names"}
    for label in (*labels.values(), "protected spans"):
        own = [entry for entry in found if labels.get(entry[1].kind, "protected spans") == label]
        statuses = Counter(result.status for _, result in own)
        requested = len(own) - statuses["doubtful"]
        if requested or (label == "terms" and with_terms):
            met = requested - statuses["unsatisfied"]
            how = f" ({statuses['model']} by the model, {statuses['constrained']} constrained)"
            where = "" if file is None else f"{file}: "
            _log.info("%s%s: %d of %d met%s", where, label, met, requested, how if label == "terms" else "")
        for number, result in own:
            place = f"line {number}: {result.kind}" if file is None else f"{file}, segment {number}: {result.kind}"
            if result.status == "doubtful":
                _log.warning("%s doubtful: %s → %s", place, result.source, result.target or "please check the output")
            elif not result.met:
                why = f": {result.reason}" if result.kind == "term" else ""
                _log.warning("%s not met: %s → %s%s", place, result.source, result.requested, why)
