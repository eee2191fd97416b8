"""Training a Marian model from random weights through the loop of ``mt``."""
