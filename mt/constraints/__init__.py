"""Terminology constraints: soft ones written into the source, hard ones held to by the search."""
