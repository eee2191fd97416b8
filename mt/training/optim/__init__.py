"""Optimisers and losses."""
