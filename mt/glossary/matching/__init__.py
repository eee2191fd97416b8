"""Terms found in the source, and their targets in the output."""
