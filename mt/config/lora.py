"""The ``lora`` section."""

from mt.config.section import Count, Natural, Section, Share


class LoraConfig(Section):
    """Fine-tuning low-rank matrices beside the frozen weights of the base (Hu et al. 2022).

    They are merged into the weights when the model is saved.
    """

    rank: Natural = 0
    """Rank of the trained matrices; 0 trains all weights instead."""
    alpha: Count = 32
    """The product of the matrices is scaled by alpha / rank."""
    dropout: Share = 0.05
    """Dropout on the input of the matrices."""
    targets: list[str] = []
    """Names of the linear layers to adapt; empty for all those of attention and feed-forward."""
