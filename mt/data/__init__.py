"""Documents and corpora: reading, cleaning, aligning, splitting."""
