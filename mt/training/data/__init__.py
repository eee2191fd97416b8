"""Training pairs as token ids, annotated, mixed and batched."""
