"""Scores of translations: corpus scores, term metrics and checks. No torch."""
