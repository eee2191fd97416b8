"""How ``models/starter`` was made, from corpora to release: see README.md."""
