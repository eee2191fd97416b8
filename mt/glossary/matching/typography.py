"""A term's rendering in the glossary's own apostrophes, dashes, dots and quotation marks."""

from mt.glossary.matching.folding import fold_width
from mt.glossary.matching.forms import allowed_forms
from mt.glossary.term import Term


def with_glossary_typography(rendering: str, term: Term) -> str:
    """Write a rendering with the punctuation of its glossary: "Hong Kong's" as "Hong Kong’s" if that is how it writes.

    Letters and their case are kept, and so is a rendering that some allowed form spells exactly, or no form of its
    length.
    """
    folded = fold_width(rendering)
    if folded.starts is not None:
        return rendering
    alike = [
        form.written
        for form in allowed_forms(term)
        if len(form.written) == len(rendering) and fold_width(form.written).text.lower() == folded.text.lower()
    ]
    if not alike or any(form.lower() == rendering.lower() for form in alike):
        return rendering
    return "".join(
        written if character.lower() != written.lower() else character
        for character, written in zip(rendering, alike[0], strict=True)
    )
