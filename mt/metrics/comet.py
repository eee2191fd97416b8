"""COMET (Rei et al. 2020, 2022) as its own command ``comet-score --to_json FILE`` measured it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mt.errors import DataError
from mt.io.files import sha256
from mt.io.text import read_json
from mt.metrics.base import Metric
from mt.metrics.row_scores import Array

_HINT = "run comet-score --to_json on the same source, reference and translations (docs/guides/evaluate.md)"


class Comet(Metric):
    """The mean of COMET's segment scores, times 100; against the first reference, or none for models without.

    Segments are recognised by their text, so one file may hold any number of systems.
    """

    key = "comet"
    name = "COMET"

    def __init__(self, path: str | Path, **given: Any) -> None:
        self.path = path
        found = read_json(path, hint=_HINT)
        try:
            rows = [row for own in found.values() for row in own]
            self.scores = {(row["src"], row["mt"], row.get("ref")): float(row["COMET"]) for row in rows}
        except (AttributeError, KeyError, TypeError, ValueError):
            raise DataError("is not a file of comet-score", path=path, hint=_HINT) from None
        self.settings = {"scores": Path(path).name, "sha256": sha256(path)[:16]}
        super().__init__(**given)

    def statistics(self, hypotheses: Sequence[str]) -> Array:
        """Collect (score, 1) of each segment."""
        rows = []
        for number, texts in enumerate(zip(self.sources, hypotheses, self.references[0], strict=True), 1):
            source, hypothesis, reference = (text.strip() for text in texts)  # as comet-score reads them
            known = [(source, hypothesis, own) for own in (reference, None) if (source, hypothesis, own) in self.scores]
            if not known:
                raise DataError(f"has no score of segment {number} of a system", path=self.path, hint=_HINT)
            rows.append((self.scores[known[0]], 1.0))
        return np.array(rows)

    def score_rows(self, rows: Array) -> Array:
        """Average, times 100."""
        return 100.0 * rows[:, 0] / np.maximum(1.0, rows[:, 1])
