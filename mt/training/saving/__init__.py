"""Checkpoints to resume from, candidates for the final weights and the choice among them, and model folders."""
