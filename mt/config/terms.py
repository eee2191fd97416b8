"""The ``terms`` section."""

from mt.config.section import OptionalText, Section, Share


class TermsConfig(Section):
    """Soft constraints: which terms are annotated in the sources of training, and how often."""

    glossary: OptionalText = None
    """Glossary file whose terms are annotated; null for none."""
    annotated_share: Share = 0.6
    """Share of the segments with terms that are annotated, drawn again each epoch."""
    drop_share: Share = 0.2
    """Share of the terms of an annotated segment that are left out, so that the model does without as well."""
    invented_share: Share = 0.1
    """Share of annotated segments in which a term's target is replaced by an invented word on both sides: teaches the
    model to copy what it has never seen."""
    sampled_share: Share = 0.3
    """Share of a segment's other recurring phrase pairs, found by association in the training data, that are annotated
    as if they were terms: teaches the model to obey any term."""
