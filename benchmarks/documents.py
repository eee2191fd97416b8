"""What becomes of documents: text missed, inline codes kept and in the right place, terms met, pages a second.

    python benchmarks/documents.py [--quick] [--model models/starter] [-o FILE]

The seed document's paragraphs are written as Word, PowerPoint, Excel, HTML, Markdown and XLIFF, with bold words, links,
nested tables, headers and notes, and translated with the seed's glossary. Beside them, where argos-translate-files
(LibreTranslate's library for files) is installed, the same documents go through it, with the same model behind it.
A page is 500 Chinese characters. Whether codes are in the right place is measured on the hand-aligned pairs of
tests/inference/word_alignments.jsonl: each run of up to three aligned words is taken for a code of the Chinese, and its
place in the English compared with that by hand, function words at its edges aside.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docx
import openpyxl  # type: ignore[import-untyped]
import pptx
from _outcome import tell

from mt import Translator
from mt.documents.formats import open_document
from mt.documents.placement import place_codes, proportional_links
from mt.documents.segment import Code, Segment
from mt.inference.alignment import Aligner
from mt.inference.documents import translate_document
from mt.text.han import HAN, has_han

ROOT = Path(__file__).resolve().parent.parent
GOLD = ROOT / "tests/inference/word_alignments.jsonl"
EDGES = "the a an of our to in on by with be is was will we or also has have and its"
LEADING = re.compile(rf"^(?:{EDGES.replace(' ', '|')})\s+|^[,;]\s*", re.I)
TRAILING = re.compile(r"(?:\s+(?:of|the|a|and|on|with|in|to)|[,.;]|'s)$", re.I)


def paragraphs(copies: int) -> list[str]:
    lines = (ROOT / "seeds/next.zh.txt").read_text("utf-8").splitlines()
    return [line for line in lines if has_han(line)] * copies


def halves(text: str) -> tuple[str, str, str]:
    """A text with four of its characters apart, to be made bold."""
    # No punctuation beside them: CommonMark takes ** there for text.
    found = re.search(f"(?<=[{HAN}])[{HAN}]{{4}}(?=[{HAN}])", text[len(text) // 3 :])
    start = len(text) // 3 + (found.start() if found else 0)
    return text[:start], text[start : start + 4], text[start + 4 :]


def write_word(path: Path, texts: list[str]) -> None:
    document = docx.Document()
    document.add_heading("工作报告", 1)
    document.sections[0].header.paragraphs[0].text = "内部资料"
    for text in texts:
        first, bold, last = halves(text)
        paragraph = document.add_paragraph(first)
        paragraph.add_run(bold).bold = True
        paragraph.add_run(last)
    cell = document.add_table(1, 2).cell(0, 0)
    cell.text = "职务"
    cell.add_table(1, 1).cell(0, 0).text = "秘书长"
    document.save(str(path))


def write_slides(path: Path, texts: list[str]) -> None:
    deck = pptx.Presentation()
    for text in texts:
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = "工作报告"
        first, bold, last = halves(text)
        paragraph = slide.placeholders[1].text_frame.paragraphs[0]
        for part in (first, bold, last):
            run = paragraph.add_run()
            run.text, run.font.bold = part, part is bold or None
        slide.notes_slide.notes_text_frame.text = "备注内容"
    deck.save(str(path))


def write_sheet(path: Path, texts: list[str]) -> None:
    book = openpyxl.Workbook()
    for number, text in enumerate(texts):
        book.active.append([text, number, f"=B{number + 1}*2"])
    book.save(path)


def write_html(path: Path, texts: list[str]) -> None:
    rows = (f'<p>{a}<b>{b}</b>{c}<a href="http://a.b/?x=1&amp;y=2">详情</a></p>' for a, b, c in map(halves, texts))
    path.write_text(f"<html lang=zh><body>{''.join(rows)}<ul><li>职务<ul><li>秘书长</ul></ul></body></html>", "utf-8")


def write_markdown(path: Path, texts: list[str]) -> None:
    path.write_text("# 工作报告\n\n" + "\n\n".join(f"{a}**{b}**{c}" for a, b, c in map(halves, texts)) + "\n", "utf-8")


def write_xliff(path: Path, texts: list[str]) -> None:
    units = (
        f'<trans-unit id="{number}"><source>{a}<g id="1">{b}</g>{c}<x id="2"/></source></trans-unit>'
        for number, (a, b, c) in enumerate(map(halves, texts))
    )
    path.write_text(
        '<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2"><file original="a" source-language="zh" '
        f'target-language="en" datatype="plaintext"><body>{"".join(units)}</body></file></xliff>',
        "utf-8",
    )


WRITERS: dict[str, Callable[[Path, list[str]], None]] = {
    "docx": write_word, "pptx": write_slides, "xlsx": write_sheet, "html": write_html, "md": write_markdown,
    "xlf": write_xliff,
}  # fmt: skip
CODES = {
    "docx": "<w:b/>", "pptx": 'b="1"', "html": r"<b>|</b>|<a |</a>", "md": r"\*\*", "xlf": r"<target.*?</target>",
    "xlsx": "<f>",
}  # fmt: skip


def content(path: Path) -> str:
    """All text and markup of a document that a reader sees."""
    if not zipfile.is_zipfile(path):
        return path.read_text("utf-8")
    with zipfile.ZipFile(path) as parts:
        seen = [
            name for name in parts.namelist() if re.search(r"document|header|slides/|notesSlides|sheet|shared", name)
        ]
        return "".join(parts.read(name).decode() for name in seen if name.endswith(".xml"))


def missed(path: Path) -> int:
    """How many pieces of text are still Chinese; sources of XLIFF are to stay."""
    text = re.sub(r"<source>.*?</source>", "", content(path), flags=re.S)
    return sum(has_han(piece) for piece in re.split(r"<[^>]*>|\n", text))


def codes(path: Path) -> int:
    kind = path.suffix[1:]
    found = re.findall(CODES[kind], content(path), re.S)
    return sum(len(re.findall(r"<g |<x ", own)) for own in found) if kind == "xlf" else len(found)


def of_kind(kind: str, texts: list[str], folder: Path, translator: Translator, aligner: Aligner) -> dict[str, float]:
    given, written = folder / f"a.{kind}", folder / f"b.{kind}"
    WRITERS[kind](given, texts)
    expected = 2 * len(texts) if kind == "xlf" else codes(given)
    start = time.perf_counter()
    document = open_document(given)
    targets, translations = translate_document(document, translator, align=aligner.align)
    written.write_bytes(document.write(targets))
    seconds = time.perf_counter() - start
    terms = [term.met for translation in translations for term in translation.terms]
    pages = sum(len(translation.source) for translation in translations) / 500
    return {
        "parts_missed": missed(written),
        "tags_kept": 100 * codes(written) / expected,
        "terms_met": 100 * sum(terms) / max(len(terms), 1),
        "pages_per_second": pages / seconds,
    }


def spans(row: dict[str, Any]) -> Iterator[tuple[int, int, int, int]]:
    """Runs of aligned words whose English is a run of words of its own."""
    sure, possible = sorted(row["sure"]), row["possible"]
    for first in range(len(sure)):
        for size in (1, 2, 3):
            group = sure[first : first + size]
            if len(group) < size or any(a[1] != b[0] for a, b in itertools.pairwise(group)):
                continue
            start, end = group[0][0], group[-1][1]
            low, high = min(one[2] for one in group), max(one[3] for one in group)
            others = [one for one in (*sure, *possible) if one not in group]
            apart = all(one[1] <= start or end <= one[0] for one in others)
            apart &= all(one[3] <= low or high <= one[2] for one in others)
            if apart and 2 * sum(one[3] - one[2] for one in group) >= high - low:
                yield start, end, low, high


def core(text: str) -> str:
    while (shorter := TRAILING.sub("", LEADING.sub("", text.strip()))) != text:
        text = shorter
    return text


def in_place(aligner: Aligner) -> dict[str, float]:
    """Percent of codes whose place is that by hand, with the alignment and by the share of the way alone."""
    rows = [json.loads(line) for line in GOLD.read_text("utf-8").splitlines()]
    right = {"tags_in_place": 0, "tags_in_place_by_share": 0, "tags_touching": 0}
    total = 0
    for row, links in zip(rows, aligner.align([r["zh"] for r in rows], [r["en"] for r in rows]), strict=True):
        for start, end, low, high in spans(row):
            if end - start < 2:
                continue
            segment, english = Segment(row["zh"], (Code(start, end),)), row["en"]
            total += 1
            (own,) = place_codes(segment, english, links)
            (by_share,) = place_codes(segment, english, proportional_links(segment, english, []))
            expected = core(english[low:high])
            right["tags_in_place"] += core(english[own.start : own.end]) == expected
            right["tags_in_place_by_share"] += core(english[by_share.start : by_share.end]) == expected
            right["tags_touching"] += own.start < high and low < own.end
    return {name: 100 * count / total for name, count in right.items()} | {"tags": total}


def peer(kind: str, folder: Path, translator: Translator) -> dict[str, float] | None:
    """The same of argos-translate-files, for the formats that it has."""
    try:
        from argostranslatefiles import argostranslatefiles  # type: ignore[import-not-found]
    except ImportError:
        return None

    class Language:
        code = "en"

    class Underlying:
        from_lang = to_lang = Language()

        def translate(self, text: str) -> str:
            return str(translator.translate(text))

        def hypotheses(self, text: str, num_hypotheses: int = 1) -> list[Any]:
            return [type("Hypothesis", (), {"value": self.translate(text), "score": 0.0})]

    given = folder / f"a.{kind}"
    if not any(f".{kind}" in form.supported_file_extensions for form in argostranslatefiles.get_supported_formats()):
        return None
    start = time.perf_counter()
    written = Path(argostranslatefiles.translate_file(Underlying(), str(given)))
    seconds = time.perf_counter() - start
    figures = {"parts_missed": missed(written), "tags_kept": 100 * codes(written) / max(codes(given), 1)}
    return figures | {"seconds": seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one copy of the document, not ten")
    parser.add_argument("--model", default=str(ROOT / "models/starter"))
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    translator = Translator.from_pretrained(options.model, glossary=ROOT / "seeds/glossary.tsv")
    aligner = Aligner.from_pretrained(options.model)
    figures: dict[str, Any] = in_place(aligner)
    against: dict[str, Any] = {}
    texts = paragraphs(1 if options.quick else 10)
    with tempfile.TemporaryDirectory() as name:
        for kind in WRITERS:
            own = of_kind(kind, texts, Path(name), translator, aligner)
            figures |= {f"{kind}_{key}": round(value, 2) for key, value in own.items()}
            theirs = peer(kind, Path(name), translator)
            against |= {f"{kind}_{key}": round(value, 2) for key, value in (theirs or {}).items()}
            print(f"{kind:5}", own, theirs or "")
    figures = {key: round(value, 1) for key, value in figures.items()}
    tell({"benchmark": "documents", "figures": figures, "against": {"argos-translate-files": against}}, options.output)


if __name__ == "__main__":
    main()
