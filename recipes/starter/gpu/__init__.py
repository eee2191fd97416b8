"""Training on a lent GPU machine: ``python -m recipes.starter.gpu``."""
