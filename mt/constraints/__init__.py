"""Terminology constraints: soft ones written into the source, hard ones that the search must meet."""
