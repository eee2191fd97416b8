"""Draw docs/images/terms.svg, the picture in the README: a sentence translated without and with the seed glossary.

    python docs/picture.py

The translations are the starter's own; tests/test_readme.py holds the picture to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from mt import Translation, Translator

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "terms.svg"
SOURCE = "重庆市政府外办与川促会签署合作备忘录。"
COLOURS = ("#00796b", "#b71c5c", "#3949ab", "#b35900")
WIDTH, LINE, LEFT, LETTERS = 860, 26, 150, 80

# A piece of text and its colour.
Piece = tuple[str, str]


def translations() -> tuple[Translation, Translation]:
    """Translate the sentence without and with the glossary."""
    translator = Translator.from_pretrained(ROOT / "models" / "starter", glossary=ROOT / "seeds" / "glossary.tsv")
    using = translator.translate(SOURCE)
    translator.glossary_mode = "off"
    return translator.translate(SOURCE), using


def coloured(text: str, spans: Sequence[tuple[int, int]]) -> list[Piece]:
    """Cut a text at the spans of its terms; each term has a colour of its own, the rest none."""
    pieces, end = [], 0
    for place, (first, last) in sorted(enumerate(spans), key=lambda item: item[1]):
        pieces += [(text[end:first], ""), (text[first:last], COLOURS[place % len(COLOURS)])]
        end = last
    return [piece for piece in (*pieces, (text[end:], "")) if piece[0]]


def wrapped(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Break English at blanks into lines of at most ``LETTERS`` letters."""
    line: list[Piece] = []
    length = 0
    for text, colour in pieces:
        for place, word in enumerate(text.split(" ")):
            piece = word if place == 0 else f" {word}"
            if length + len(piece) > LETTERS:
                yield line
                line, length, piece = [], 0, piece.lstrip()
            if line and line[-1][1] == colour:
                piece = line.pop()[0] + piece
            line.append((piece, colour))
            length = sum(len(piece) for piece, _ in line)
    yield line


def draw(off: Translation, using: Translation) -> str:
    """Return the picture as SVG."""
    spans = [(term.source_start, term.source_end) for term in using.terms]
    targets = [(term.target_start or 0, term.target_end or 0) for term in using.terms]
    pairs = [[(f"{term.source} → {term.requested}", COLOURS[place])] for place, term in enumerate(using.terms)]
    rows = [
        ("source", [coloured(SOURCE, spans)], 18),
        ("glossary", pairs, 14),
        ("without it", list(wrapped([(off.text, "")])), 15),
        ("with it", list(wrapped(coloured(using.text, targets))), 15),
    ]
    parts, top = [], 14
    for label, lines, size in rows:
        parts.append(f'<text x="24" y="{top + 20}" class="label">{label}</text>')
        for line in lines:
            spanned = "".join(
                f'<tspan fill="{colour}" font-weight="600">{escape(text)}</tspan>' if colour else escape(text)
                for text, colour in line
            )
            parts.append(f'<text x="{LEFT}" y="{top + 20}" font-size="{size}" xml:space="preserve">{spanned}</text>')
            top += LINE
        top += 12
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top + 4}" '
        'font-family="Helvetica, Arial, \'Noto Sans CJK SC\', sans-serif" fill="#222">\n'
        "<style>.label { font-size: 13px; fill: #777 }</style>\n"
        f'<rect width="{WIDTH}" height="{top + 4}" rx="8" fill="#fafafa" stroke="#ddd"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


if __name__ == "__main__":
    PICTURE.write_text(draw(*translations()), "utf-8")
