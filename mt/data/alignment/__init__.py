"""Sentence alignment within a pair of paragraphs."""
