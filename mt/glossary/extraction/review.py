"""Candidates as a table that a person reviews: TSV, which loads as a glossary, or a workbook with a filter."""

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape as xml_escape

from mt.glossary.extraction.extract import Candidate
from mt.glossary.formats.options import escape, format_options, guarded
from mt.io.files import replaced_file

COLUMNS = "source target options confidence kind zh_count en_count renderings zh_example en_example".split()
_WIDTHS = (24, 44, 40, 11, 12, 9, 9, 40, 60, 80)  # in characters

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/book.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/sheet.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="{office}/{kind}" Target="{target}"/></Relationships>'
)
_BOOK = (
    f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name="candidates" sheetId="1" r:id="r1"/></sheets>'
    "</workbook>"
)
_PANE = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'


def rows(candidates: Sequence[Candidate]) -> Iterator[list[str | float]]:
    """Yield a row for each candidate, with the values of ``COLUMNS``."""
    for item in candidates:
        term = item.term
        yield [
            escape(term.source, ""),
            "|".join(escape(target, "|") for target in term.targets),
            format_options(term),
            item.confidence,
            item.kind,
            item.source_count,
            item.target_count,
            "; ".join(f"{target} ({count})" for target, count in item.renderings),
            item.source_example,
            item.target_example,
        ]


def candidates_tsv(candidates: Sequence[Candidate]) -> str:
    """Write candidates as TSV: once a person has struck out what is wrong, it is a glossary."""
    cells = ([guarded(cell) if isinstance(cell, str) else str(cell) for cell in row] for row in rows(candidates))
    lines = [COLUMNS, *cells]
    return "".join("\t".join(line) + "\n" for line in lines)


def write_workbook(candidates: Sequence[Candidate], path: str | Path) -> None:
    """Write candidates as a workbook of one sheet, its heading fixed and its columns to be filtered (ECMA-376)."""
    table: list[list[str | float]] = [list(COLUMNS), *rows(candidates)]
    last = f"{chr(ord('A') + len(COLUMNS) - 1)}{len(table)}"
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, width in enumerate(_WIDTHS, 1)
    )
    cells = "".join("<row>" + "".join(map(_cell, row)) + "</row>" for row in table)
    sheet = (
        f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">{_PANE}</sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData>{cells}</sheetData>"
        f'<autoFilter ref="A1:{last}"/></worksheet>'
    )
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATIONS.format(office=_OFFICE, kind="officeDocument", target="book.xml"),
        "book.xml": _BOOK,
        "_rels/book.xml.rels": _RELATIONS.format(office=_OFFICE, kind="worksheet", target="sheet.xml"),
        "sheet.xml": sheet,
    }
    with replaced_file(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + text)


def _cell(value: str | float) -> str:
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    text = "".join(character for character in value if character.isprintable())
    return f'<c t="inlineStr"><is><t xml:space="preserve">{xml_escape(text)}</t></is></c>'
