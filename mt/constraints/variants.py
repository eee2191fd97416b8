"""A term's target strings → the token sequences that spell them in running text.

A sequence is kept only when the tokenizer decodes it back to the string between other words. Sequences are spelled as
after a space and as right after an opening mark ("(", "“"), where SentencePiece leaves out the mark of a new word.
"""

import copy
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from mt.constraints.constraint import CONTINUES, OPENS, Constraint, Tokens
from mt.glossary.matching.folding import fold_width, is_word_character
from mt.glossary.matching.forms import allowed_forms, is_name
from mt.glossary.term import Term
from mt.models.tags import special_ids

_SPACES = ("▁", "Ġ")  # how SentencePiece and byte-level BPE write a space before a word
_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_OPENERS = ("(", "“", '"')


def written_variants(form: str, *, exact: bool = False) -> list[str]:
    """Return the ways to write ``form``, the form itself first.

    Unless ``exact``, also with a capital, as at the head of a sentence, and in title case if all is in lower case.
    """
    words = form.split()
    form, capitals = " ".join(words), [word[:1].upper() + word[1:] for word in words]
    others = [] if exact else [form[:1].upper() + form[1:], " ".join(capitals) if form == form.lower() else form]
    return list(filter(None, dict.fromkeys([form, *others])))


def _class(piece: str) -> int:
    """Return the class of a piece of the vocabulary."""
    if not piece:
        return 0
    if byte := _BYTE.fullmatch(piece):
        # SentencePiece's byte fallback: a letter, or a part of any other character of a word.
        piece = chr(int(byte[1], 16)) if int(byte[1], 16) < 128 else "é"
    text = piece.lstrip("".join(_SPACES))
    # A decimal point and digits continue a number: "3" is not met by "3.5".
    number = text[:1] in (".", ",") and text[1:2].isdecimal()
    continues = text == piece and (is_word_character(text[0]) or number)
    return CONTINUES * continues + OPENS * (not text or not is_word_character(text[-1]))


class TermSpeller:
    """Spells terms with the target side of one tokenizer, and caches the results; ``boundaries`` are token classes."""

    def __init__(self, tokenizer: Any) -> None:
        # Encoding the target side switches a slow tokenizer's state meanwhile, which other threads must not see.
        self.tokenizer = tokenizer if tokenizer.is_fast else copy.copy(tokenizer)
        self._pieces: list[str] = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
        self._special = special_ids(tokenizer)
        self._spelled: dict[str, tuple[Tokens | None, tuple[Tokens, ...]]] = {}
        self.boundaries = tuple(0 if token in self._special else _class(p) for token, p in enumerate(self._pieces))

    def constraint(self, forms: Iterable[tuple[str, bool]], source_span: tuple[int, int] | None = None) -> Constraint:
        """Spell a term that may take any of several forms: (string, whether its case must be kept), preferred first.

        The constraint has no alternatives where none of them can be spelled.
        """
        spelled = [self._spell(variant) for form, exact in forms for variant in written_variants(form, exact=exact)]
        free = dict.fromkeys(after_space for after_space, _ in spelled if after_space is not None)
        joined = dict.fromkeys(sequence for _, after_opener in spelled for sequence in after_opener)
        return Constraint(tuple(free), tuple(joined), source_span)

    def term(self, term: Term, target: str | None = None, source_span: tuple[int, int] | None = None) -> Constraint:
        """Spell a glossary entry in the forms :func:`mt.glossary.matching.output_checker.check_terms` accepts.

        Except that a name has no plural here: no translation is made to have "Banks of China". ``target``: the only
        one of the entry's targets that will do, as for a first mention.
        """
        forms = [
            (form.written, form.exact)
            for form in allowed_forms(term)
            if (target is None or form.target == target) and (form.written == form.target or not is_name(form.target))
        ]
        if target is not None and not forms:
            forms = [(target, term.case == "exact")]
        return self.constraint(forms, source_span)

    def _spell(self, text: str) -> tuple[Tokens | None, tuple[Tokens, ...]]:
        """Return the sequence after a space (``None``: cannot be spelled), and those right after an opening mark."""
        if text not in self._spelled:
            self._spelled[text] = (self._spell_after_space(text), self._spell_after_openers(text))
        return self._spelled[text]

    def _encode(self, text: str) -> Tokens:
        # Fast tokenizers have one vocabulary for both sides; only their special tokens differ.
        side = "text" if self.tokenizer.is_fast else "text_target"
        return tuple(self.tokenizer(**{side: text}, add_special_tokens=False).input_ids)

    def _spells(self, before: str, sequence: Sequence[int], after: str, text: str) -> bool:
        """Whether the tokens decode to ``text`` between two other strings."""
        if not sequence or not self._special.isdisjoint(sequence):
            return False
        tokens = [*self._encode(before), *sequence, *self._encode(after)]
        decoded = self.tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return fold_width(decoded).text.strip() == fold_width(text).text

    def _spell_after_space(self, text: str) -> Tokens | None:
        for sequence in (self._encode(text), self._fewest_pieces(text)):
            begins = sequence and not self.boundaries[sequence[0]] & CONTINUES
            if begins and self._spells("of", sequence, "and", f"of {text} and"):
                return sequence
        return None

    def _spell_after_openers(self, text: str) -> tuple[Tokens, ...]:
        if text[0].isdecimal():
            return ()  # a digit may continue the number before the mark
        found: dict[Tokens, None] = {}
        for opener in _OPENERS:
            mark, whole = self._encode(opener), self._encode(opener + text)
            sequence = whole[len(mark) :]
            if whole[: len(mark)] != mark or not self.boundaries[mark[-1]] & OPENS:
                continue  # the mark and the word are one token
            if self._spells(opener, sequence, "and", f"{opener}{text} and"):
                found[sequence] = None
        return tuple(found)

    def _fewest_pieces(self, text: str) -> Tokens:
        """Spell with the fewest pieces of the vocabulary, for where the tokenizer's own choice is not in it."""
        space = "Ġ" if "Ġ" in self._by_piece and "▁" not in self._by_piece else "▁"
        written = space + text.replace(" ", space)
        best: dict[int, Tokens] = {0: ()}
        for end in range(1, len(written) + 1):
            nearby = range(max(0, end - 24), end)
            starts = [start for start in nearby if start in best and written[start:end] in self._by_piece]
            if starts:
                start = min(starts, key=lambda start: len(best[start]))
                best[end] = (*best[start], self._by_piece[written[start:end]])
        return best.get(len(written), ())

    @cached_property
    def _by_piece(self) -> dict[str, int]:
        return {piece: token for token, piece in enumerate(self._pieces) if token not in self._special}
