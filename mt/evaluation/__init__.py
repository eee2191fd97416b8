"""Scores of translations against the human one, term metrics, significance, and the report."""
