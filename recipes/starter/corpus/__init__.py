"""From filtered pairs to packed token ids: sources and their weights, vocabulary, derived pairs."""
