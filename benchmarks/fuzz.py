"""Random byte strings through every reader of term bases: nothing but clear errors may come out.

    python benchmarks/fuzz.py [--quick] [--count 200000] [--seed 1]

In equal parts the strings are random bytes, random pieces of the formats' own alphabet, valid files with some bytes
changed, cut or doubled, and well-formed tables, JSON and XML of random content. Each goes through every reader. Any
exception but GlossaryError is a defect, and so is an error message of more than one line.
"""

from __future__ import annotations

import argparse
import html
import json
import random
import sys
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial

from mt.errors import GlossaryError
from mt.glossary.formats.registry import READERS, WRITERS, parse
from mt.glossary.term import Term, make_term

_PIECES = [
    b"source\ttarget\toptions\n", b"zh,en\n", b"\t", b",", b";", b"|", b"\n", b"\r\n", b'"', b'""', b"\\", b"\\|",
    b"=", b"case=exact", b"keep", b"acronym=AB", b"note=", b"policy=none", b",ZH,EN", b"\xef\xbb\xbf", b"\xff\xfe",
    b"\xfe\xff", b"{", b"}", b"[", b"]", b":", b'"zh"', b'"en"', b'"source"', b'"target"', b'"targets"', b'"terms"',
    b'"proper"', b"null", b"true", b"1e999", b"NaN", b"<tbx>", b"</tbx>", b"<martif>", b"<tmx>", b"</tmx>", b"<tu>",
    b"</tu>", b'<tuv xml:lang="zh">', b'<tuv xml:lang="en">', b"</tuv>", b"<seg>", b"</seg>", b"<termEntry>",
    b"</termEntry>", b'<langSet xml:lang="zh">', b"</langSet>", b"<tig>", b"</tig>", b"<term>", b"</term>", b"<note/>",
    b"&amp;", b"&x;", b'<?xml version="1.0" encoding="UTF-16"?>', b'<!DOCTYPE tbx [<!ENTITY x "y">]>', b"<![CDATA[",
    b"]]>", b"<!--", "川渝".encode(), "重庆".encode("utf-16-le"), "成都".encode("gb18030"), b"\x00", b"\xed\xa0\x80",
    b"Chengdu", b"A" * 300,
]  # fmt: skip
_WORDS = ["", " ", "川促会", "SUCPEB", "zh", "en", "ZH", "EN", "a|b", "|", "\\", 'x"y', "case=exact", "keep", "keep=2",
          "acronym", "note=;", "preferredTerm-admn-sts", "no", "acronym=A", "1", "\x0b", "\u2028"]  # fmt: skip
_KEYS = ["source", "target", "targets", "zh", "en", "terms", "proper", "case", "acronym", "full", "keep", "inflect",
         "policy", "note", "domain", "line", "重庆", ""]  # fmt: skip
_TAGS = ["termEntry", "conceptEntry", "langSet", "langSec", "tig", "ntig", "termGrp", "termSec", "term", "termNote",
         "descrip", "note", "admin", "body", "text", "tu", "tuv", "seg", "prop", "bpt", "hi", "header"]  # fmt: skip
_TYPES = ["", "termType", "administrativeStatus", "subjectField", "definition", "translationNote", "x-zhen-mt:case",
          "x-zhen-mt:keep", "x-zhen-mt:", "x-zhen-mt:none"]  # fmt: skip
_TERMS = [
    make_term("川促会", ["SUCPEB", "a|b"], acronym="SUCPEB", full="Sichuan Union Council", case="exact", note="so; s"),
    Term("成都", ("Chengdu", 'the "city"'), domain="place", inflect=False, policy="none"),
    Term("iPhone", ("iPhone",), keep=True),
]


def shaped_table(rng: random.Random) -> bytes:
    separator = rng.choice("\t,;")
    lines = [separator.join(rng.choices([*_WORDS, *_KEYS], k=rng.randint(1, 6))) for _ in range(rng.randint(1, 4))]
    return "\n".join(lines).encode(rng.choice(("utf-8", "utf-8-sig", "utf-16")))


def shaped_json(rng: random.Random) -> bytes:
    def value(depth: int) -> object:
        kind = rng.randrange(9 if depth else 5)
        if kind < 3:
            return rng.choice(_WORDS)
        if kind < 5:
            return rng.choice([None, True, 3, 1.5, -1])
        if kind < 7:
            return [value(depth - 1) for _ in range(rng.randrange(4))]
        return {rng.choice(_KEYS): value(depth - 1) for _ in range(rng.randrange(5))}

    return "\n".join(json.dumps(value(4)) for _ in range(rng.randint(1, 3))).encode()


def shaped_xml(rng: random.Random) -> bytes:
    def node(tag: str, depth: int) -> str:
        inside = "".join(node(rng.choice(_TAGS), depth - 1) for _ in range(rng.randrange(5))) if depth else ""
        text = html.escape(rng.choice(_WORDS).replace("\x0b", "")) if rng.random() < 0.7 else ""
        language = rng.choice(['xml:lang="zh"', 'xml:lang="en-GB"', 'lang="zh-Hant"', ""])
        return f'<{tag} {language} type="{rng.choice(_TYPES)}">{text}{inside}</{tag}>'

    return node(rng.choice(("tbx", "martif", "tmx", "tbx", "html")), 5).encode()


def random_bytes(rng: random.Random) -> bytes:
    return rng.randbytes(rng.choice((1, 3, 8, 30, 120)))


def random_pieces(rng: random.Random) -> bytes:
    return b"".join(rng.choices(_PIECES, k=rng.randint(1, 25)))


def damaged(files: list[bytes], rng: random.Random) -> bytes:
    data = bytearray(rng.choice(files))
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(data)) if data else 0
        action = rng.randrange(5)
        if action == 0 and data:
            data[place] = rng.randrange(256)
        elif action == 1:
            del data[place : place + rng.randint(1, 40)]
        elif action == 2:
            data[place:place] = rng.choice(_PIECES)
        elif action == 3:
            data += data[place : place + 200]
        else:
            del data[place:]
    return bytes(data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="under 50 seconds on two cores")
    parser.add_argument("--count", type=int, help="strings (default 200,000; quick 9,000)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    count = options.count or (9_000 if options.quick else 200_000)
    rng = random.Random(options.seed)
    files = [write(_TERMS).encode() for write in WRITERS.values()]
    files += [WRITERS[name](_TERMS).encode("utf-16") for name in ("tsv", "csv")]
    makers: list[Callable[[random.Random], bytes]] = [
        random_bytes,
        random_pieces,
        partial(damaged, files),
        shaped_table,
        shaped_json,
        shaped_xml,
    ]
    outcomes: Counter[tuple[str, str]] = Counter()
    seconds: dict[str, float] = defaultdict(float)
    defects: list[str] = []
    for number in range(count):
        data = makers[number % len(makers)](rng)
        for format in READERS:
            start = time.perf_counter()
            try:
                parsed = parse(data, format)
                outcome = "refused entries" if parsed.errors else "read"
                messages = [str(error) for error in parsed.errors]
            except GlossaryError as error:
                outcome, messages = "refused", [str(error)]
            except Exception:  # what this looks for
                outcome, messages = "DEFECT", []
                defects.append(f"{format} on {data[:200]!r}:\n{traceback.format_exc()}")
            seconds[format] += time.perf_counter() - start
            if any(not message or "\n" in message for message in messages):
                outcome = "DEFECT"
                defects.append(f"{format} on {data[:200]!r}: message {messages!r}")
            outcomes[format, outcome] += 1
    kinds = ("read", "refused entries", "refused", "DEFECT")
    print(f"{count:,} strings, seed {options.seed}")
    print(f"{'reader':<10}" + "".join(f"{kind:>17}" for kind in kinds) + f"{'µs each':>10}")
    for format in READERS:
        cells = "".join(f"{outcomes[format, kind]:>17,}" for kind in kinds)
        print(f"{format:<10}{cells}{seconds[format] / count * 1e6:>10.0f}")
    for defect in defects[:10]:
        print(defect, file=sys.stderr)
    figures = {"strings": count, "parses": count * len(READERS), "defects": len(defects)}
    print(json.dumps({"benchmark": "fuzz", "figures": figures, "against": "any exception but GlossaryError"}))
    if defects:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
