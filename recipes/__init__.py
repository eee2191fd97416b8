"""Recipes: how models were made with :mod:`mt`. They import it; it never imports them."""
