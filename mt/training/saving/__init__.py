"""Checkpoints, the choice among them, and published model folders."""
